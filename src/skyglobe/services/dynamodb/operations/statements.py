"""ExecuteStatement, BatchExecuteStatement, ExecuteTransaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.consumption import Consumption, Ledger
from skyglobe.services.dynamodb.expressions.projections import projection_of
from skyglobe.services.dynamodb.flights import CONFLICT, cancelled, flies_for, is_held
from skyglobe.services.dynamodb.idempotency import is_known, remember
from skyglobe.services.dynamodb.items import read_item
from skyglobe.services.dynamodb.operations.transactions import TIMES, begin_flight, perform_all
from skyglobe.services.dynamodb.partiql.executing import Bound, bind, duplicate, key_of, partition_of, select, write_of
from skyglobe.services.dynamodb.partiql.parsing import parse_statement
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.capacity import read_units
from skyglobe.services.dynamodb.rules.values import Item, Value, measure
from skyglobe.services.dynamodb.strong import NOT_IN_TRANSACTIONS
from skyglobe.services.dynamodb.throughput import spend_reads
from skyglobe.services.dynamodb.writing import Write

MAX_STATEMENTS = 25  # API reference of BatchExecuteStatement
_READS = frozenset(("SELECT",))
_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}
Given = dict[str, Any]


def bound_of(call: Call, text: str, parameters: list[Value] | None) -> Bound:
    """Return a statement made ready. Raises ValidationException."""
    for value in parameters or ():
        measure(value)
    return bind(call, parse_statement(text, parameters or []))


@dynamodb.operation
def execute_statement(
    call: Call,
    statement: str,
    parameters: list[Value] | None = None,
    consistent_read: bool | None = None,
    next_token: str | None = None,
    return_consumed_capacity: str | None = None,
    limit: int | None = None,
    return_values_on_condition_check_failure: str | None = None,
) -> dict[str, Any]:
    """Carry out one PartiQL statement."""
    bound = bound_of(call, statement, parameters)
    verb = bound.statement.verb
    if verb == "EXISTS":
        raise invalid("EXISTS is only supported in ExecuteTransaction")
    consumed = Consumption(bound.found, bound.statement.table)
    if verb in _READS:
        answer = _read(call, bound, consumed, statement, next_token, limit, is_consistent=bool(consistent_read))
    else:
        more = {"ReturnValuesOnConditionCheckFailure": return_values_on_condition_check_failure}
        answer = {"Items": _write(bound, consumed, more)}
    answer["ConsumedCapacity"] = consumed.shown(return_consumed_capacity)
    return answer


def _read(
    call: Call,
    bound: Bound,
    consumed: Consumption,
    text: str,
    token: str | None,
    limit: int | None,
    *,
    is_consistent: bool,
) -> dict[str, Any]:
    index = bound.secondary
    if index is not None and not index.is_local and is_consistent:
        raise invalid("Consistent reads are not supported on global secondary indexes")
    start: Any = None
    if token is not None:
        try:
            (start,) = unseal(call, f"statement:{text}", token)
        except InvalidToken as error:
            raise invalid("Invalid NextToken") from error
    page, following = select(bound, start, limit)
    units = read_units(page.size, consistent=is_consistent)
    spend_reads(bound.found, units, index.name if index is not None else "", partition_of(bound))
    if index is None:
        consumed.add(units)
    else:
        consumed.add(page.fetched_units if is_consistent else page.fetched_units / 2, {index.name: units})
    answer: dict[str, Any] = {"Items": page.items}
    if following is not None:
        answer["NextToken"] = seal(call, f"statement:{text}", (following,))
    return answer


def _write(bound: Bound, consumed: Consumption, more: Given) -> list[Item]:
    write = write_of(bound, more)
    try:
        old, new, written = write.perform()
    except ServiceError as error:
        if bound.statement.verb == "INSERT" and error.code == "ConditionalCheckFailedException":
            raise duplicate() from error
        raise
    consumed.add(written.units, written.index_units)
    returning = bound.statement.returning
    if returning is None:
        return []
    item = (old.item if old is not None else None) if returning.endswith("OLD") else new
    if item is None:
        return []
    if returning.startswith("MODIFIED"):
        item = projection_of(list(write.paths))(item)
    return [item] if item else []


@dynamodb.operation
def batch_execute_statement(
    call: Call, statements: list[Given], return_consumed_capacity: str | None = None
) -> dict[str, Any]:
    """Carry out up to 25 statements on single items, each by itself: all reads or all writes."""
    ledger = Ledger()
    kinds = set()
    responses = []
    for given in statements:
        try:
            bound = bound_of(call, given["Statement"], given.get("Parameters"))
        except ServiceError as error:
            responses.append({"Error": _told(error)})
            continue
        kinds.add(bound.statement.verb in _READS)
        if len(kinds) > 1:
            raise invalid("Reads and writes cannot be mixed in one batch")
        responses.append(_one(bound, given, ledger))
    return {"Responses": responses, "ConsumedCapacity": ledger.shown(return_consumed_capacity)}


def _one(bound: Bound, given: Given, ledger: Ledger) -> dict[str, Any]:
    consumed = ledger.of(bound.found, bound.statement.table)
    answer: dict[str, Any] = {"TableName": bound.statement.table}
    try:
        if bound.statement.verb in _READS:
            item = _get(bound, consumed, is_consistent=bool(given.get("ConsistentRead")))
            items = [item] if item is not None else []
        else:
            items = _write(bound, consumed, given)
    except ServiceError as error:
        return {**answer, "Error": _told(error)}
    if items:
        answer["Item"] = items[0]
    return answer


def _told(error: ServiceError) -> dict[str, Any]:
    if error.code not in _CODES:
        raise error
    told = {"Code": _CODES[error.code], "Message": error.message}
    if "Item" in error.fields:
        told["Item"] = error.fields["Item"]
    return told


def _get(bound: Bound, consumed: Consumption, *, is_consistent: bool, times: int = 1) -> Item | None:
    key = key_of(bound)
    if key is None or bound.secondary is not None:
        raise invalid(
            "Select statements within BatchExecuteStatement and ExecuteTransaction must specify the primary key in the "
            "where clause."
        )
    stored = read_item(bound.found.scope, bound.found.table.layout.primary.of_key(key))
    units = read_units(stored.size if stored is not None else 0, consistent=is_consistent)
    spend_reads(bound.found, units * times, "", key)
    consumed.add(units, times=times)
    if stored is None or (bound.test is not None and not bound.test(stored.item, bound.statement.values)):
        return None
    return bound.projection(stored.item) if bound.projection is not None else stored.item


@dynamodb.operation
def execute_transaction(
    call: Call,
    transact_statements: list[Given],
    client_request_token: str | None = None,
    return_consumed_capacity: str | None = None,
) -> Any:
    """Carry out up to a hundred statements on single items, all or none: all reads or all writes."""
    bounds = _bounds(call, transact_statements)
    if len({bound.statement.verb in _READS for bound in bounds}) > 1:
        raise invalid("Reads and writes cannot be mixed in one transaction")
    if any(bound.found.table.is_strong for bound in bounds):
        raise invalid(NOT_IN_TRANSACTIONS)
    if bounds[0].statement.verb in _READS:
        return _read_all(bounds, return_consumed_capacity)
    if client_request_token is not None and is_known(call, client_request_token, transact_statements):
        return {"Responses": [{} for _ in bounds]}

    def perform(now: Call, bounds: list[Bound]) -> dict[str, Any]:
        ledger = _write_all(bounds, transact_statements)
        if client_request_token is not None:
            remember(now, client_request_token, transact_statements)
        shown = ledger.shown(return_consumed_capacity, "Write")
        return {"Responses": [{} for _ in bounds], "ConsumedCapacity": shown}

    if flies_for(call):
        writes = _writes(bounds, transact_statements)
        with _telling_duplicates(bounds):
            return begin_flight(
                call,
                writes,
                client_request_token,
                transact_statements,
                lambda now: perform(now, _bounds(now, transact_statements)),
            )
    return perform(call, bounds)


def _bounds(call: Call, statements: list[Given]) -> list[Bound]:
    return [bound_of(call, given["Statement"], given.get("Parameters")) for given in statements]


def _read_all(bounds: list[Bound], mode: str | None) -> dict[str, Any]:
    ledger = Ledger()
    responses = []
    held = [_is_held(bound) for bound in bounds]
    if any(held):
        raise cancelled([CONFLICT if is_one else {"Code": "None"} for is_one in held])
    for bound in bounds:
        consumed = ledger.of(bound.found, bound.statement.table)
        item = _get(bound, consumed, is_consistent=True, times=TIMES)
        responses.append({"Item": item} if item is not None else {})
    return {"Responses": responses, "ConsumedCapacity": ledger.shown(mode, "Read")}


def _is_held(bound: Bound) -> bool:
    key = key_of(bound)
    return key is not None and is_held(bound.found.scope, bound.found.table.layout.primary.of_key(key))


def _writes(bounds: list[Bound], given: list[Given]) -> list[Write]:
    writes: list[Write] = [write_of(bound, more) for bound, more in zip(bounds, given, strict=True)]
    if len({write.key for write in writes}) < len(writes):
        raise invalid("Transaction request cannot include multiple operations on one item")
    return writes


def _write_all(bounds: list[Bound], given: list[Given]) -> Ledger:
    with _telling_duplicates(bounds):
        return perform_all(_writes(bounds, given), [bound.statement.table for bound in bounds])


@contextlib.contextmanager
def _telling_duplicates(bounds: list[Bound]) -> Iterator[None]:
    """Have a cancelled transaction say of an INSERT that the item is there, rather than that a condition failed."""
    try:
        yield
    except ServiceError as error:
        reasons = error.fields.get("CancellationReasons")
        if reasons is None:
            raise
        for bound, reason in zip(bounds, reasons, strict=True):
            if bound.statement.verb == "INSERT" and reason["Code"] == "ConditionalCheckFailed":
                reason.update({"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"})
        raise cancelled(reasons) from error
