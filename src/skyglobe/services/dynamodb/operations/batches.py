"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.protocols.serializing.json_body import ReadyList
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.consumption import Consumption, Ledger
from skyglobe.services.dynamodb.counting import measured
from skyglobe.services.dynamodb.finding import Found, get_table
from skyglobe.services.dynamodb.items import read_item
from skyglobe.services.dynamodb.operations.items import projection_from
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.capacity import read_units
from skyglobe.services.dynamodb.rules.values import Item
from skyglobe.services.dynamodb.throughput import spend_reads
from skyglobe.services.dynamodb.writing import Write, collection_metrics, prepare_delete, prepare_put

MAX_GETS = 100  # API reference of BatchGetItem
MAX_WRITES = 25  # API reference of BatchWriteItem
MAX_ANSWER_BYTES = 16 * 1024 * 1024  # of the items of one answer; API reference of BatchGetItem
THROTTLED = frozenset(("ProvisionedThroughputExceededException", "ThrottlingException"))
DUPLICATES = "Provided list of item keys contains duplicates"

Request = dict[str, Any]


@dynamodb.operation
@measured
def batch_get_item(call: Call, request: Request) -> dict[str, Any]:
    """Return up to a hundred items of several tables; what does not fit, or is throttled, is left to the next call."""
    wanted: dict[str, Request] = request["RequestItems"]
    if sum(len(one["Keys"]) for one in wanted.values()) > MAX_GETS:
        raise invalid("Too many items requested for the BatchGetItem call")
    ledger, left = Ledger(), MAX_ANSWER_BYTES
    responses: dict[str, list[Item]] = {}
    unprocessed: dict[str, Request] = {}
    for name, given in wanted.items():
        found = get_table(call, name)
        projection = projection_from(given)
        primary = found.table.layout.primary
        keys = [primary.of_key(key) for key in given["Keys"]]
        if len(set(keys)) < len(keys):
            raise invalid(DUPLICATES)
        items = responses.setdefault(name, [])
        consumed = ledger.of(found, name)
        is_consistent = bool(given.get("ConsistentRead"))
        for place, (key, wanted_key) in enumerate(zip(keys, given["Keys"], strict=True)):
            stored = read_item(found.scope, key)
            size, item = stored if stored is not None else (0, None)
            if size > left or not _spent(found, consumed, size, wanted_key, is_consistent=is_consistent):
                unprocessed[name] = {**given, "Keys": given["Keys"][place:]}
                break
            left -= size
            if item is not None:
                items.append(projection(item) if projection is not None else item)
    _refuse_if_nothing_was_done(unprocessed, wanted)
    return {
        "Responses": {name: ReadyList(items) for name, items in responses.items()},
        "UnprocessedKeys": unprocessed,
        "ConsumedCapacity": ledger.shown(request.get("ReturnConsumedCapacity")),
    }


def _spent(found: Found, consumed: Consumption, size: int, key: Item, *, is_consistent: bool) -> bool:
    """Take the units of one read; return whether there were enough."""
    units = read_units(size, consistent=is_consistent)
    try:
        spend_reads(found, units, "", key)
    except ServiceError as error:
        if error.code not in THROTTLED:
            raise
        return False
    consumed.add(units)
    return True


def _refuse_if_nothing_was_done(unprocessed: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Throttle the whole call when none of it could be done, as AWS does."""
    if unprocessed and unprocessed == wanted:
        raise dynamodb.errors.ProvisionedThroughputExceededException(
            "The level of configured provisioned throughput for the table was exceeded. "
            "Consider increasing your provisioning level with the UpdateTable API."
        )


@dynamodb.operation
@measured
def batch_write_item(call: Call, request: Request) -> dict[str, Any]:
    """Put and delete up to 25 items of several tables, each by itself."""
    wanted: dict[str, list[Request]] = request["RequestItems"]
    if sum(map(len, wanted.values())) > MAX_WRITES:
        raise invalid("Too many items requested for the BatchWriteItem call")
    prepared = [
        (name, given, _prepare(get_table(call, name), given)) for name, requests in wanted.items() for given in requests
    ]
    if len({write.key for _, _, write in prepared}) < len(prepared):
        raise invalid(DUPLICATES)
    ledger = Ledger()
    unprocessed: dict[str, list[Request]] = {}
    metrics: dict[str, list[dict[str, Any]]] = {}
    for name, given, write in prepared:
        try:
            _, item, written = write.perform()
        except ServiceError as error:
            if error.code not in THROTTLED and error.code != "TransactionConflictException":
                raise
            unprocessed.setdefault(name, []).append(given)
            continue
        ledger.of(write.found, name).add(written.units, written.index_units)
        told = collection_metrics(write.found, request, item or given.get("DeleteRequest", {}).get("Key", {}))
        if told is not None and told not in metrics.setdefault(name, []):
            metrics[name].append(told)
    _refuse_if_nothing_was_done(unprocessed, wanted)
    answer: dict[str, Any] = {
        "UnprocessedItems": unprocessed,
        "ConsumedCapacity": ledger.shown(request.get("ReturnConsumedCapacity")),
    }
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        answer["ItemCollectionMetrics"] = metrics
    return answer


def _prepare(found: Found, given: Request) -> Write:
    put, delete = given.get("PutRequest"), given.get("DeleteRequest")
    if (put is None) == (delete is None):
        raise invalid("Supplied WriteRequest must contain exactly one of PutRequest and DeleteRequest")
    return prepare_put(found, put) if put is not None else prepare_delete(found, delete or {})
