"""TransactGetItems and TransactWriteItems: all or nothing, across tables.

An operation is atomic here anyway, so transactions never see each other half done; where they conflict nevertheless is
told in ``flights``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.consumption import Ledger
from skyglobe.services.dynamodb.counting import measured
from skyglobe.services.dynamodb.finding import Found, get_table
from skyglobe.services.dynamodb.flights import CONFLICT, cancelled, flies_for, fly, is_held, take_off
from skyglobe.services.dynamodb.idempotency import is_known, remember
from skyglobe.services.dynamodb.items import Stored, read_item, write_item
from skyglobe.services.dynamodb.layout import MISMATCH
from skyglobe.services.dynamodb.operations.items import projection_from
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.capacity import read_units, write_units
from skyglobe.services.dynamodb.strong import NOT_IN_TRANSACTIONS
from skyglobe.services.dynamodb.throughput import spend_reads, spend_writes
from skyglobe.services.dynamodb.writing import (
    CONDITION_FAILED,
    Made,
    Request,
    Write,
    collection_metrics,
    prepare_check,
    prepare_delete,
    prepare_put,
    prepare_update,
)

MAX_BYTES = 4 * 1024 * 1024  # of all items of a transaction; same page
TIMES = 2  # units of a transaction are twice those of single operations; developer guide, "Capacity management"

_PREPARE: dict[str, Callable[[Found, Request], Write]] = {
    "ConditionCheck": prepare_check,
    "Put": prepare_put,
    "Delete": prepare_delete,
    "Update": prepare_update,
}
_REASONS = ("One or more parameter values", "Item size", MISMATCH)
"""How the refusals of single items begin that cancel a transaction. Others refuse the request as such."""
_NONE = {"Code": "None"}
Reason = dict[str, Any]
Decided = tuple[Stored | None, Made | None]


def _reason(error: ServiceError) -> Reason:
    if error.code == "ValidationException" and not error.message.startswith(_REASONS):
        raise error
    code = {
        "ValidationException": "ValidationError",
        "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
        "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
        "ThrottlingException": "ThrottlingError",
    }.get(error.code)
    if code is None:
        raise error
    return {"Code": code, "Message": error.message}


@dynamodb.operation
@measured
def transact_write_items(call: Call, request: Request) -> Any:
    """Perform up to a hundred writes and condition checks, all or none."""
    token = request.get("ClientRequestToken")
    is_repeated = token is not None and is_known(call, token, request["TransactItems"])
    writes, names = _prepare_all(call, request["TransactItems"])
    if is_repeated:
        mode = request.get("ReturnConsumedCapacity")
        return {"ConsumedCapacity": _replayed(writes, names).shown(mode, "Read")}
    if flies_for(call):
        return begin_flight(call, writes, token, request["TransactItems"], lambda now: _perform(now, request))
    return _performed(call, request, writes, names)


def begin_flight(call: Call, writes: list[Write], token: str | None, content: Any, land: Callable[[Call], Any]) -> Any:
    """Look whether a transaction can be performed, and return a coroutine that does so when its flight is over."""
    decide(writes)
    keys = [write.key for write in writes]
    flight = take_off(call, keys)
    if token is not None:
        remember(call, token, content, until=flight.until)
    return fly(call, keys, flight, land)


def _perform(call: Call, request: Request) -> dict[str, Any]:
    writes, names = _prepare_all(call, request["TransactItems"])
    return _performed(call, request, writes, names)


def _performed(call: Call, request: Request, writes: list[Write], names: list[str]) -> dict[str, Any]:
    token = request.get("ClientRequestToken")
    ledger = perform_all(writes, names)
    if token is not None:
        remember(call, token, request["TransactItems"])
    answer: dict[str, Any] = {"ConsumedCapacity": ledger.shown(request.get("ReturnConsumedCapacity"), "Write")}
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics: dict[str, list[dict[str, Any]]] = {}
        for given, write, name in zip(request["TransactItems"], writes, names, strict=True):
            ((_, part),) = given.items()
            told = collection_metrics(write.found, request, part.get("Item") or part.get("Key"))
            if told is not None and told not in metrics.setdefault(name, []):
                metrics[name].append(told)
        answer["ItemCollectionMetrics"] = metrics
    return answer


def _prepare_all(call: Call, items: list[Request]) -> tuple[list[Write], list[str]]:
    writes: list[Write | None] = []
    names: list[str] = []
    reasons: list[Reason] = []
    for given in items:
        if len(given) != 1:
            raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        ((kind, part),) = given.items()
        if kind == "ConditionCheck" and not part.get("ConditionExpression"):
            raise invalid("ConditionExpression must be provided for ConditionCheck")
        names.append(part["TableName"])
        try:
            writes.append(_PREPARE[kind](_in_transaction(get_table(call, part["TableName"])), part))
            reasons.append(_NONE)
        except ServiceError as error:
            reasons.append(_reason(error))
            writes.append(None)
    ready = [write for write in writes if write is not None]
    if len({write.key for write in ready}) < len(ready):
        raise invalid("Transaction request cannot include multiple operations on one item")
    if len(ready) < len(writes):
        raise cancelled(reasons)
    return ready, names


def _in_transaction(found: Found) -> Found:
    if found.table.is_strong:
        raise invalid(NOT_IN_TRANSACTIONS)
    return found


def perform_all(writes: list[Write], names: list[str]) -> Ledger:
    """Decide on all writes, then write all. Raises TransactionCanceledException."""
    return _write_all(writes, names, decide(writes))


def decide(writes: list[Write]) -> list[Decided]:
    """Return what each item is and is to be. Raises TransactionCanceledException."""
    reasons: list[Reason] = []
    decided: list[Decided] = []
    size = 0
    for write in writes:
        old = write.read()
        made: Made | None = None
        reason: Reason = _NONE
        if is_held(write.found.scope, write.key):
            reason = CONFLICT
        elif not write.is_met(old):
            reason = {"Code": "ConditionalCheckFailed", "Message": CONDITION_FAILED}
            if write.returns_old and old is not None:
                reason["Item"] = old.item
        elif not write.is_check:
            try:
                made = write.make(old)
                size += made[1]
            except ServiceError as error:
                if error.code != "ValidationException":
                    raise
                reason = {"Code": "ValidationError", "Message": error.message}
        reasons.append(reason)
        decided.append((old, made))
    if any(reason is not _NONE for reason in reasons):
        raise cancelled(reasons)
    if size > MAX_BYTES:
        raise invalid("Transaction request size exceeds the maximum of 4 MB")
    return decided


def _write_all(writes: list[Write], names: list[str], decided: list[Decided]) -> Ledger:
    ledger = Ledger()
    for place, (write, name, (old, made)) in enumerate(zip(writes, names, decided, strict=True)):
        consumed = ledger.of(write.found, name)
        if made is None:
            units = write_units(old.size if old is not None else 0)
            spend_writes(write.found, units * TIMES, {}, old.item if old is not None else {})
            consumed.add(units, times=TIMES)
            continue
        try:
            written = write_item(write.found, write.key, old, *made, times=TIMES)
        except ServiceError as error:
            reasons = [_NONE] * len(writes)
            reasons[place] = _reason(error)
            raise cancelled(reasons) from error
        consumed.add(written.units, written.index_units, times=TIMES)
    return ledger


def _replayed(writes: list[Write], names: list[str]) -> Ledger:
    """Return what a repeated request consumes: reads instead of writes."""
    ledger = Ledger()
    for write, name in zip(writes, names, strict=True):
        old = write.read()
        units = read_units(old.size if old is not None else 0, consistent=True)
        ledger.of(write.found, name).add(units, times=TIMES)
    return ledger


@dynamodb.operation
@measured
def transact_get_items(call: Call, request: Request) -> dict[str, Any]:
    """Return up to a hundred items of several tables as they are at one moment."""
    ledger = Ledger()
    responses: list[dict[str, Any]] = []
    reasons: list[Reason] = []
    size = 0
    for given in request["TransactItems"]:
        part = given["Get"]
        found = _in_transaction(get_table(call, part["TableName"]))
        try:
            projection = projection_from(part)
            key = found.table.layout.primary.of_key(part["Key"])
            if is_held(found.scope, key):
                reasons.append(CONFLICT)
                continue
            stored = read_item(found.scope, key)
            units = read_units(stored.size if stored is not None else 0, consistent=True)
            spend_reads(found, units * TIMES, "", part["Key"])
        except ServiceError as error:
            reasons.append(_reason(error))
            continue
        reasons.append(_NONE)
        ledger.of(found, part["TableName"]).add(units, times=TIMES)
        if stored is None:
            responses.append({})
            continue
        size += stored.size
        responses.append({"Item": projection(stored.item) if projection is not None else stored.item})
    if any(reason is not _NONE for reason in reasons):
        raise cancelled(reasons)
    if size > MAX_BYTES:
        raise invalid("Transaction request size exceeds the maximum of 4 MB")
    return {
        "Responses": responses,
        "ConsumedCapacity": ledger.shown(request.get("ReturnConsumedCapacity"), "Read"),
    }
