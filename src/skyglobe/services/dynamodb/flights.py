"""Transactions in flight: the items they hold, and what meets them there.

Operations run one after another here, so that a transaction is over before anything else begins, and nothing ever
conflicts. ``shake dynamodb transactions SECONDS`` keeps write transactions in flight for so long by the clock, between
the look at their conditions and the writes, so that applications can meet what AWS's let them meet. Developer guide,
"Amazon DynamoDB transactions: How it works", "Transaction conflict handling".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.keys import pack
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.records import Flight, flights

ONGOING = "Transaction is ongoing for the item"
CONFLICT = {"Code": "TransactionConflict", "Message": ONGOING}
_MARK = pack(("dynamodb.flying",))
"""Whether any transaction ever was in flight: writes look here, and no further when none was."""


def flies_for(scope: Scope) -> int:
    """Return how long transactions stay in flight, in milliseconds; 0 unless they were made to."""
    return round(scope.kernel.faults.get("dynamodb", "transactions") * 1000)


def is_held(scope: Scope, key: bytes) -> bool:
    """Whether an item is part of a transaction in flight. A flight that is over, and was not landed, is forgotten."""
    if scope.writes.get(_MARK) is None:
        return False
    flight = flights.find(scope, key)
    if flight is None:
        return False
    if flight.until > scope.now:
        return True
    flights.delete(scope, flight)
    return False


def conflict() -> ServiceError:
    """Return TransactionConflictException, as single writes meet it."""
    return dynamodb.errors.TransactionConflictException(ONGOING)


def take_off(scope: Scope, keys: Iterable[bytes]) -> Flight:
    """Hold the items at ``keys``; return the last one's flight, which stands for all of them."""
    scope.writes.put(_MARK, b"1")
    number, until = scope.kernel.next_order(), scope.now + flies_for(scope)
    flight = Flight(item=b"", transaction=number, until=until)
    for key in keys:
        flight = Flight(item=key, transaction=number, until=until)
        flights.insert(scope, flight)
    return flight


async def fly(call: Call, keys: list[bytes], flight: Flight, land: Callable[[Call], Any]) -> Any:
    """Wait until the flight is over, then do ``land``, unless somebody else got hold of an item meanwhile.

    A cloud that is killed meanwhile has performed nothing, and holds nothing once its clock is past the flight.
    """

    def perform(now: Call) -> Any:
        reasons = [_landed(now, key, flight.transaction) for key in keys]
        if not all(reasons):
            told = [{"Code": "None"} if is_ours else CONFLICT for is_ours in reasons]
            raise cancelled(told)
        return land(now)

    def let_go(now: Call) -> None:
        for key in keys:
            _landed(now, key, flight.transaction)

    await _until(call, flight.until)
    try:
        return await call.transact(perform)
    except ServiceError:
        await call.transact(let_go)
        raise


async def _until(call: Call, at: Instant) -> None:
    while call.kernel.clock.now() < at:
        await call.kernel.signals.wait(("dynamodb.flight",), at)


def _landed(scope: Scope, key: bytes, transaction: int) -> bool:
    flight = flights.find(scope, key)
    if flight is None or flight.transaction != transaction:
        return False
    flights.delete(scope, flight)
    return True


def cancelled(reasons: list[dict[str, Any]]) -> ServiceError:
    """Return TransactionCanceledException with a reason for each item, in order."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return dynamodb.errors.TransactionCanceledException(
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        fields={"CancellationReasons": reasons},
    )


def outpaced(operation: str, params: dict[str, Any]) -> ServiceError | None:
    """Return what an operation is told that lost every race for the store: its items were being written elsewhere.

    None for operations that take no part in such conflicts.
    """
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        return conflict()
    items = params.get("TransactItems") or params.get("TransactStatements")
    return cancelled([CONFLICT] * len(items)) if items else None
