"""Replication groups of global tables of the version 2017.11.29.

Their tables are made by the user, alike and empty, with streams of both images, and joined then; a table that is taken
out stays as it is. Between them writes go as those of the present version do.
API reference, "CreateGlobalTable" and "UpdateGlobalTable".
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.items import tally_of
from skyglobe.services.dynamodb.records import DynamoTable, GlobalTable, global_tables, tables
from skyglobe.services.dynamodb.refusals import invalid_values

VIEW = "NEW_AND_OLD_IMAGES"


def get_global_table(scope: Scope, name: str) -> GlobalTable:
    """Return a global table. Raises GlobalTableNotFoundException."""
    known = global_tables.find(scope, name)
    if known is None:
        raise dynamodb.errors.GlobalTableNotFoundException(f"Global table not found: Global table with name: '{name}'")
    return known


def replicas_of(scope: Scope, known: GlobalTable) -> list[Found]:
    """Return a global table's tables, in the order of their regions."""
    places = [(scope.within(region=region), region) for region in known.regions]
    found = [(there, tables.find(there, known.name)) for there, _ in places]
    return [Found(there, table) for there, table in found if table is not None]


def candidate(scope: Scope, name: str, region: str) -> Found:
    """Return a table that can be joined. Raises TableNotFoundException and ValidationException."""
    there = scope.within(region=region)
    table = tables.find(there, name)
    if table is None:
        raise dynamodb.errors.TableNotFoundException(f"Table not found: Table: {name} in Region: {region}")
    if table.replicas:
        raise invalid_values(f"Table {name} in Region {region} is part of a global table already")
    if not table.is_streaming or table.stream is None or table.stream.view != VIEW:
        raise invalid_values(f"Table {name} in Region {region} must have a stream with the view type {VIEW}")
    return Found(there, table)


def check_alike(members: list[Found]) -> None:
    """Refuse tables that differ in their keys or indexes, or are not empty. Raises ValidationException."""
    first = members[0].table
    for scope, table in members:
        if _schema(table) != _schema(first):
            raise invalid_values(
                f"Table {table.id} must have the same key schema and indexes in the Regions "
                f"{members[0].scope.region} and {scope.region}"
            )
        if tally_of(scope, table).items:
            raise invalid_values(f"Table {table.id} in Region {scope.region} must be empty")


def _schema(table: DynamoTable) -> Any:
    indexes = sorted((index.name, index.keys, index.is_local) for index in table.indexes)
    return table.keys, table.attributes, indexes


def join(scope: Scope, known: GlobalTable) -> None:
    """Write a global table, and have its tables send their writes to each other."""
    global_tables.insert(scope, known)
    for there, table in replicas_of(scope, known):
        others = tuple(region for region in known.regions if region != there.region)
        tables.replace(there, table, replace(table, replicas=others, is_legacy=True))


def part(scope: Scope, known: GlobalTable, region: str) -> GlobalTable:
    """Take a table out of a global table, which goes with its last one."""
    there = scope.within(region=region)
    table = tables.find(there, known.name)
    if table is not None:
        tables.replace(there, table, replace(table, replicas=(), is_legacy=False))
    left = replace(known, regions=tuple(other for other in known.regions if other != region))
    if left.regions:
        join(scope, left)
    else:
        global_tables.delete(scope, known)
    return left
