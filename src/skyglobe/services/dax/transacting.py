"""Transactions, which pass through: reads are not remembered, and what was written is read again afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dax.recalling import item_answer, item_key
from skyglobe.services.dax.rules import requests
from skyglobe.services.dax.rules.answers import capacity_map, collections_of
from skyglobe.services.dax.rules.keys import Schema
from skyglobe.services.dax.rules.values import Item, encode

if TYPE_CHECKING:
    from skyglobe.services.dax.performing import Performer

Schemas = dict[str, Schema]


async def transact_get(performer: Performer) -> bytes:
    """Ask DynamoDB, whatever is remembered."""
    schemas = await performer.schemas()
    params, paths = requests.transact_get_from(performer.arguments, schemas)
    answer = await _call(performer, params, schemas)
    found: list[Any] = []
    for asked, one, wanted in zip(params["TransactItems"], answer["Responses"], paths, strict=True):
        get = asked["Get"]
        item = one.get("Item")
        if item is None:
            found.append(None)
        else:
            content = await performer.content(schemas[get["TableName"]], item)
            found.append(item_answer(performer.memory, content, get["Key"], wanted))
    return encode([found, _capacities(answer)])


def _capacities(answer: dict[str, Any]) -> list[dict[int, Any]]:
    return [capacity_map(one) for one in answer.get("ConsumedCapacity", ())]


async def transact_write(performer: Performer) -> bytes:
    """Write to DynamoDB, and read again in the background what the cluster may have remembered.

    That reading costs the table read capacity, as on AWS; developer guide, "Using transactional APIs with DAX".
    """
    schemas = await performer.schemas()
    params = requests.transact_write_from(performer.arguments, schemas, await performer.lists())
    answer = await _call(performer, params, schemas)
    written = []
    for asked in params["TransactItems"]:
        ((kind, one),) = asked.items()
        if kind != "ConditionCheck":
            table, key = one["TableName"], _key_of(schemas[one["TableName"]], one)
            performer.cache.note_write(item_key(table, schemas[table], key))
            written.append({"Get": {"TableName": table, "Key": key}})
    if written:
        performer.kernel.spawn(_read_again(performer, schemas, written))
    return encode([[], _capacities(answer), collections_of(answer)])


def _key_of(schema: Schema, write: requests.Params) -> Item:
    item = write.get("Item") or write["Key"]
    return {part.name: item[part.name] for part in schema}


async def _read_again(performer: Performer, schemas: Schemas, written: list[requests.Params]) -> None:
    began = performer.cache.begin_read()
    try:
        answer = await performer.call("TransactGetItems", {"TransactItems": written})
    except ServiceError:
        return  # the next who asks reads it
    for asked, one in zip(written, answer["Responses"], strict=True):
        get = asked["Get"]
        schema = schemas[get["TableName"]]
        item = one.get("Item")
        content = await performer.content(schema, item) if item is not None else None
        name = item_key(get["TableName"], schema, get["Key"])
        performer.cache.keep_read(name, content, performer.kernel.clock.now(), began)


async def _call(performer: Performer, params: requests.Params, schemas: Schemas) -> dict[str, Any]:
    """Call DynamoDB. Raises its ``ServiceError``, with the reasons of a cancelled transaction as clients read them."""
    try:
        return await performer.call(performer.name, params)
    except ServiceError as error:
        if "CancellationReasons" in error.fields:
            error.fields["dax:reasons"] = await _reasons(performer, params, schemas, error)
        raise


async def _reasons(performer: Performer, params: requests.Params, schemas: Schemas, error: ServiceError) -> list[Any]:
    found: list[Any] = []
    for asked, reason in zip(params["TransactItems"], error.fields["CancellationReasons"], strict=True):
        (one,) = asked.values()
        item = reason.get("Item")
        content = await performer.content(schemas[one["TableName"]], item) if item else None
        found += [reason.get("Code"), reason.get("Message"), content]
    return found
