"""Calls that go on to DynamoDB, as the cluster's role, and what the cluster remembers of them."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dax.batching import batch_get, batch_write
from skyglobe.services.dax.changing import find_place, listener_name
from skyglobe.services.dax.counting import count_looks
from skyglobe.services.dax.recalling import asked_page, item_answer, item_key, page_key
from skyglobe.services.dax.records import Cluster
from skyglobe.services.dax.rules import requests
from skyglobe.services.dax.rules.answers import (
    ATTRIBUTES,
    CAPACITY,
    COLLECTION,
    ITEM,
    SUCCESS,
    capacity_bytes,
    collection_bytes,
    names_in,
    page_of,
    stream_of,
)
from skyglobe.services.dax.rules.keys import Schema
from skyglobe.services.dax.rules.values import Item, encode, value_of
from skyglobe.services.dax.transacting import transact_get, transact_write

if TYPE_CHECKING:
    from skyglobe.services.dax.calling import Reached
    from skyglobe.services.dax.serving import Server

_WHOLE = ("ALL_OLD", "ALL_NEW")
LEADER, REPLICA = 1, 2
"""Roles of nodes."""


class Performer:
    """One call under way."""

    def __init__(self, server: Server, reached: Reached, name: str, arguments: list[Any]) -> None:
        self.server = server
        self.kernel = server.kernel
        self.memory = reached.memory
        self.cache = reached.memory.cache
        self.cluster: Cluster = reached.cluster
        self.node = reached.node
        self.name = name
        self.arguments = arguments

    async def call(self, operation: str, params: requests.Params) -> dict[str, Any]:
        """Call DynamoDB as the cluster's role. Raises its ``ServiceError``, or STS's as one of access."""
        try:
            caller = await self.memory.caller()
        except ServiceError as error:
            text = f"DAX is unable to assume the role {self.cluster.role}: {error.message}"
            raise ServiceError(text, code="AccessDeniedException", status=400) from error
        try:
            answer: dict[str, Any] = await caller.call("dynamodb", operation, params)
        except ServiceError as error:
            if error.code == "ResourceNotFoundException" and "TableName" in params:
                self.memory.forget_schema(params["TableName"])
            raise
        return {name: value for name, value in answer.items() if value is not None}

    async def schemas(self) -> dict[str, Schema]:
        """Return the keys of all tables the call is about."""
        tables = sorted(requests.tables_in(self.name, self.arguments))
        return {table: await self.memory.schema(table) for table in tables}

    async def lists(self) -> dict[int, tuple[str, ...]]:
        """Return all attribute lists the call's items go by."""
        numbers = sorted(requests.lists_in(self.name, self.arguments))
        return {number: await self.memory.names(number) for number in numbers}

    async def content(self, schema: Schema, item: Item) -> bytes:
        """Return an item as it is remembered and answered: without its key."""
        names = names_in(schema, item)
        return stream_of(names, await self.memory.number(names), item)


async def perform(performer: Performer, refuse: Callable[[BaseException], bytes]) -> bytes:
    """Return the answer to a call."""
    try:
        return SUCCESS + await _PERFORMED[performer.name](performer)
    except Exception as error:
        return refuse(error)


async def _get(performer: Performer) -> bytes:
    schemas = await performer.schemas()
    asked = requests.get_from(performer.arguments, schemas)
    table, key = asked.params["TableName"], asked.params["Key"]
    began = performer.cache.begin_read()
    answer = await performer.call("GetItem", asked.params)
    content = await performer.content(schemas[table], answer["Item"]) if "Item" in answer else None
    if "ConsistentRead" not in asked.params:
        count_looks(performer.kernel, performer.cluster, performer.node, performer.name, hits=0, misses=1)
        name = item_key(table, schemas[table], key)
        performer.cache.keep_read(name, content, performer.kernel.clock.now(), began)
    found: dict[int, Any] = _capacity(answer)
    if content is not None:
        found[ITEM] = item_answer(performer.memory, content, key, asked.paths)
    return encode(found or None)


def _capacity(answer: dict[str, Any]) -> dict[int, Any]:
    capacity = answer.get("ConsumedCapacity")
    return {CAPACITY: capacity_bytes(capacity)} if capacity else {}


async def _put(performer: Performer) -> bytes:
    schemas = await performer.schemas()
    asked = requests.put_from(performer.arguments, schemas, await performer.lists())
    table, item = asked.params["TableName"], asked.params["Item"]
    content = await performer.content(schemas[table], item)
    name = item_key(table, schemas[table], item)
    answer = await _write(performer, asked.params, name)
    performer.cache.keep_written(name, content, performer.kernel.clock.now())
    return await _written(performer, schemas[table], asked.params, answer)


async def _write(performer: Performer, params: requests.Params, name: tuple[str | bytes, ...]) -> dict[str, Any]:
    """Call DynamoDB. What fails for reasons of its own may have been written: it is not remembered any more."""
    try:
        return await performer.call(performer.name, params)
    except ServiceError as error:
        if error.status >= 500:
            performer.cache.note_write(name)
        raise


async def _update(performer: Performer) -> bytes:
    schemas = await performer.schemas()
    asked = requests.change_from(performer.arguments, schemas)
    table, wanted = asked.params["TableName"], asked.params.get("ReturnValues", "NONE")
    name = item_key(table, schemas[table], asked.params["Key"])
    is_told = wanted in ("NONE", "ALL_NEW")
    answer = await _write(performer, asked.params | ({"ReturnValues": "ALL_NEW"} if is_told else {}), name)
    order = performer.cache.note_write(name)
    if is_told and "Attributes" in answer:
        content = await performer.content(schemas[table], answer["Attributes"])
        performer.cache.keep_written(name, content, performer.kernel.clock.now(), order)
    if wanted == "NONE":
        answer.pop("Attributes", None)
    return await _written(performer, schemas[table], asked.params, answer)


async def _delete(performer: Performer) -> bytes:
    schemas = await performer.schemas()
    asked = requests.change_from(performer.arguments, schemas)
    table = asked.params["TableName"]
    name = item_key(table, schemas[table], asked.params["Key"])
    answer = await _write(performer, asked.params, name)
    performer.cache.keep_written(name, None, performer.kernel.clock.now())
    return await _written(performer, schemas[table], asked.params, answer)


async def _written(performer: Performer, schema: Schema, params: requests.Params, answer: dict[str, Any]) -> bytes:
    """Return the answer to a write of one item."""
    found = _capacity(answer)
    attributes = answer.get("Attributes")
    if attributes:
        if params.get("ReturnValues") in _WHOLE:
            found[ATTRIBUTES] = await performer.content(schema, attributes)
        else:
            names = tuple(sorted(attributes))
            values = {place: value_of(attributes[name]) for place, name in enumerate(names)}
            found[ATTRIBUTES] = encode(await performer.memory.number(names)) + encode(values)
    if answer.get("ItemCollectionMetrics"):
        found[COLLECTION] = collection_bytes(answer["ItemCollectionMetrics"])
    return encode(found or None)


async def _page(performer: Performer) -> bytes:
    schemas = await performer.schemas()
    asked = asked_page(performer.name, performer.arguments, schemas)
    answer = await performer.call(performer.name, asked.params)
    schema = schemas[asked.params["TableName"]]
    lists = set() if asked.paths is not None else {names_in(schema, item) for item in answer.get("Items", ())}
    numbers = await performer.memory.numbers(lists)
    found = page_of(answer, schema, numbers, asked.paths, is_index="IndexName" in asked.params)
    if "ConsistentRead" not in asked.params:
        count_looks(performer.kernel, performer.cluster, performer.node, performer.name, hits=0, misses=1)
        name = page_key(performer.name, asked)
        performer.cache.queries.keep(name, encode(found), performer.kernel.clock.now())
    return encode(found | _capacity(answer))


async def _define_key_schema(performer: Performer) -> bytes:
    schema = await performer.memory.schema(requests.text_in(performer.arguments[0]))
    return encode({part.name: part.type for part in schema})


async def _define_list(performer: Performer) -> bytes:
    names = await performer.memory.names(requests.expect(performer.arguments[0], int))
    return encode(list(names))


async def _define_list_id(performer: Performer) -> bytes:
    names = requests.expect(performer.arguments[0], list)
    return encode(await performer.memory.number(tuple(requests.text_in(name) for name in names)))


async def _endpoints(performer: Performer) -> bytes:
    """Tell all nodes that are available; the first is the primary."""
    cluster, listener = performer.cluster, performer.server.listener
    nodes = [node for node in cluster.nodes if node.status == "available"]
    names = [listener_name(cluster, node.id) for node in nodes]
    places = await performer.kernel.transact(
        lambda scope: [find_place(scope, name, is_tls=cluster.is_tls) for name in names],
        listener.account,
        listener.region,
    )
    found = []
    for node, place in zip(nodes, places, strict=True):
        if place is not None:
            address, port = place
            role = LEADER if node == cluster.primary else REPLICA
            number, session = node.number & 0x7FFF_FFFF, cluster.memory & 0x7FFF_FFFF
            packed = socket.inet_aton(address)
            found.append({0: number, 1: address, 2: packed, 3: port, 4: role, 5: node.zone, 6: session})
    return encode(found)


_PERFORMED = {
    "GetItem": _get,
    "PutItem": _put,
    "UpdateItem": _update,
    "DeleteItem": _delete,
    "Query": _page,
    "Scan": _page,
    "BatchGetItem": batch_get,
    "BatchWriteItem": batch_write,
    "TransactGetItems": transact_get,
    "TransactWriteItems": transact_write,
    "DefineKeySchema": _define_key_schema,
    "DefineAttributeList": _define_list,
    "DefineAttributeListId": _define_list_id,
    "Endpoints": _endpoints,
}
