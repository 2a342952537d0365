"""BatchGetItem and BatchWriteItem."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyglobe.services.dax.counting import count_looks
from skyglobe.services.dax.recalling import item_answer, item_key, ttl_of
from skyglobe.services.dax.rules import requests
from skyglobe.services.dax.rules.answers import capacity_bytes, collections_of
from skyglobe.services.dax.rules.keys import Schema, key_bytes
from skyglobe.services.dax.rules.parameters import RECORD_TTL
from skyglobe.services.dax.rules.values import Item, encode

if TYPE_CHECKING:
    from skyglobe.services.dax.performing import Performer

MAX_KEYS = 100  # DynamoDB's API reference of BatchGetItem
Found = list[tuple[Item, bytes]]
"""Keys, and what is there."""


async def batch_get(performer: Performer) -> bytes:
    """Answer from the item cache what is there, and ask DynamoDB for the rest, which it then remembers."""
    schemas = await performer.schemas()
    params, paths = requests.batch_get_from(performer.arguments, schemas)
    asked = params["RequestItems"]
    found: dict[str, Found] = {}
    # What is too much is for DynamoDB to refuse, whatever is remembered of it.
    if sum(len(one["Keys"]) for one in asked.values()) <= MAX_KEYS:
        for table, one in asked.items():
            found[table] = _recall(performer, table, schemas[table], one)
    wanted = {table: one for table, one in asked.items() if one["Keys"] or table not in found}
    answer: dict[str, Any] = {}
    if wanted or not asked:
        began = performer.cache.begin_read()
        answer = await performer.call("BatchGetItem", params | {"RequestItems": wanted})
        for table, one in wanted.items():
            unread = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
            read = _Read(table, one, answer["Responses"].get(table, []), unread)
            found.setdefault(table, []).extend(await _keep(performer, schemas[table], read, began))
    items = {table: _items(performer, schemas[table], there, paths[table]) for table, there in found.items() if there}
    unread_keys = {
        table: [key_bytes(schemas[table], key) for key in one["Keys"]]
        for table, one in answer.get("UnprocessedKeys", {}).items()
    }
    capacities = [capacity_bytes(one) for one in answer.get("ConsumedCapacity", ())]
    return encode([items, unread_keys]) + encode(capacities)


class _Read:
    """What DynamoDB answered about one table."""

    def __init__(self, table: str, asked: requests.Params, items: list[Item], unread: list[Item]) -> None:
        self.table = table
        self.is_consistent = "ConsistentRead" in asked
        self.keys = asked["Keys"]
        self.items = items
        self.unread = unread


def _recall(performer: Performer, table: str, schema: Schema, asked: requests.Params) -> Found:
    """Return what is remembered of one table, and leave in ``asked`` the keys of what is not."""
    if "ConsistentRead" in asked:
        return []
    now, ttl_for = performer.kernel.clock.now(), ttl_of(performer.node, RECORD_TTL)
    found: Found = []
    missed = []
    for key in asked["Keys"]:
        entry = performer.cache.items.find(item_key(table, schema, key), now, ttl_for)
        if entry is None:
            missed.append(key)
        elif entry.content is not None:
            found.append((key, entry.content))
    hits = len(asked["Keys"]) - len(missed)
    count_looks(performer.kernel, performer.cluster, performer.node, performer.name, hits, len(missed))
    asked["Keys"] = missed
    return found


async def _keep(performer: Performer, schema: Schema, read: _Read, began: int) -> Found:
    """Remember what was read, and what was found not to be there."""
    contents = {item_key(read.table, schema, item): await performer.content(schema, item) for item in read.items}
    unread = {item_key(read.table, schema, key) for key in read.unread}
    found: Found = []
    now = performer.kernel.clock.now()
    for key in read.keys:
        name = item_key(read.table, schema, key)
        if name in unread:
            continue
        content = contents.get(name)
        if not read.is_consistent:
            performer.cache.keep_read(name, content, now, began)
        if content is not None:
            found.append((key, content))
    return found


def _items(performer: Performer, schema: Schema, found: Found, paths: Any) -> list[Any]:
    if paths is not None:
        return [item_answer(performer.memory, content, key, paths) for key, content in found]
    return [part for key, content in found for part in (key_bytes(schema, key), content)]


async def batch_write(performer: Performer) -> bytes:
    """Write to DynamoDB, and remember what was written."""
    schemas = await performer.schemas()
    params = requests.batch_write_from(performer.arguments, schemas, await performer.lists())
    answer = await performer.call("BatchWriteItem", params)
    unwritten = answer.get("UnprocessedItems", {})
    for table, asked in params["RequestItems"].items():
        left = {_name(table, schemas[table], one) for one in unwritten.get(table, ())}
        for one in asked:
            name = _name(table, schemas[table], one)
            if name not in left:
                order = performer.cache.note_write(name)
                item = one["PutRequest"]["Item"] if "PutRequest" in one else None
                content = await performer.content(schemas[table], item) if item is not None else None
                performer.cache.keep_written(name, content, performer.kernel.clock.now(), order)
    left_over = {table: await _unwritten(performer, schemas[table], left) for table, left in unwritten.items()}
    capacities = [capacity_bytes(one) for one in answer.get("ConsumedCapacity", ())]
    return encode(left_over) + encode(capacities) + encode(collections_of(answer))


def _name(table: str, schema: Schema, request: requests.Params) -> tuple[str | bytes, ...]:
    item = request["PutRequest"]["Item"] if "PutRequest" in request else request["DeleteRequest"]["Key"]
    return item_key(table, schema, item)


async def _unwritten(performer: Performer, schema: Schema, left: list[requests.Params]) -> list[Any]:
    found: list[Any] = []
    for one in left:
        if "PutRequest" in one:
            item = one["PutRequest"]["Item"]
            found += [key_bytes(schema, item), await performer.content(schema, item)]
        else:
            found += [key_bytes(schema, one["DeleteRequest"]["Key"]), None]
    return found
