"""Answers from memory: what a cluster knows without asking DynamoDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.services.dax.records import Node
from skyglobe.services.dax.rules import requests
from skyglobe.services.dax.rules.answers import ITEM, SUCCESS, projected
from skyglobe.services.dax.rules.expressions import Path
from skyglobe.services.dax.rules.keys import Schema, key_text
from skyglobe.services.dax.rules.parameters import QUERY_TTL, RECORD_TTL
from skyglobe.services.dax.rules.values import Item, attribute_of, decode_all, encode

if TYPE_CHECKING:
    from skyglobe.services.dax.calling import Reached
    from skyglobe.services.dax.memory import ClusterMemory

NOTHING = SUCCESS + b"\xf6"
"""The answer to a GetItem of what is not there."""


def recall(reached: Reached, name: str, arguments: list[Any], now: Instant) -> bytes | None:
    """Return the answer to a call if the cluster remembers it. Raises ``Malformed``."""
    if name == "GetItem":
        return _recall_item(reached, arguments, now)
    if name in ("Query", "Scan"):
        return _recall_page(reached, name, arguments, now)
    return None


def ttl_of(node: Node, name: str) -> int:
    """Return how long a node remembers, in milliseconds; 0 is for as long as there is room."""
    return int(node.parameters[name])


def item_key(table: str, schema: Schema, item: Item) -> tuple[str | bytes, ...]:
    """Return what an item is remembered by."""
    return (table, *key_text(schema, item))


def page_key(name: str, asked: requests.Asked) -> bytes:
    """Return what the answer of a query or scan is remembered by: all that it depends on."""
    params = {key: value for key, value in asked.params.items() if key != "ReturnConsumedCapacity"}
    return msgspec.msgpack.encode([name, params, asked.paths])


def item_of(memory: ClusterMemory, content: bytes, key: Item) -> Item:
    """Return an item from what is remembered of it: its attribute list's number and its values."""
    number, *values = decode_all(content)
    names = memory.find_names(number)
    assert names is not None, "what is remembered is of lists that are"
    return {**key, **{name: attribute_of(value) for name, value in zip(names, values, strict=True)}}


def item_answer(memory: ClusterMemory, content: bytes, key: Item, paths: list[Path] | None) -> Any:
    """Return an item as GetItem answers it."""
    return content if paths is None else projected(item_of(memory, content, key), paths)


def _recall_item(reached: Reached, arguments: list[Any], now: Instant) -> bytes | None:
    memory = reached.memory
    table = requests.text_in(arguments[0])
    schema = memory.find_schema(table)
    if schema is None:
        return None
    asked = requests.get_from(arguments, {table: schema})
    if "ConsistentRead" in asked.params:
        return None
    key = asked.params["Key"]
    entry = memory.cache.items.find(item_key(table, schema, key), now, ttl_of(reached.node, RECORD_TTL))
    if entry is None:
        return None
    if entry.content is None:
        return NOTHING
    return SUCCESS + encode({ITEM: item_answer(memory, entry.content, key, asked.paths)})


def _recall_page(reached: Reached, name: str, arguments: list[Any], now: Instant) -> bytes | None:
    memory = reached.memory
    table = requests.text_in(arguments[0])
    schema = memory.find_schema(table)
    if schema is None:
        return None
    asked = asked_page(name, arguments, {table: schema})
    if "ConsistentRead" in asked.params:
        return None
    entry = memory.cache.queries.find(page_key(name, asked), now, ttl_of(reached.node, QUERY_TTL))
    return SUCCESS + entry.content if entry is not None and entry.content is not None else None


def asked_page(name: str, arguments: list[Any], schemas: requests.Schemas) -> requests.Asked:
    """Return a Query or Scan."""
    return requests.query_from(arguments, schemas) if name == "Query" else requests.scan_from(arguments, schemas)
