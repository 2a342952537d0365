"""Databases: created, found, changed and deleted with all that is in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.keys import Part
from skyglobe.kernel.resources import check_tags
from skyglobe.services.glue import finding, glue
from skyglobe.services.glue.engine import forget_database
from skyglobe.services.glue.finding import catalog_of, database_arn
from skyglobe.services.glue.paging import page_of_scan
from skyglobe.services.glue.records import Database, counts, databases
from skyglobe.services.glue.refusals import exists, invalid, not_built, over_limit, refuse_unbuilt
from skyglobe.services.glue.rules.names import folded
from skyglobe.services.glue.shapes import database_shape

MAX_DATABASES = 10_000  # of an account in a region; General Reference, "AWS Glue endpoints and quotas"
UNBUILT = {"TargetDatabase": "resource links", "FederatedDatabase": "federated databases"}


@glue.operation
def create_database(
    call: Call,
    database_input: dict[str, Any],
    catalog_id: str | None = None,
    tags: dict[str, str] | None = None,
) -> None:
    """Create a database. Raises AlreadyExistsException and ResourceNumberLimitExceededException."""
    there = catalog_of(call, catalog_id)
    refuse_unbuilt(database_input, UNBUILT)
    check_tags(tags or {}, invalid)
    name = folded(database_input["Name"])
    if databases.find(there, name) is not None:
        raise exists("Database")
    if counts.get(there, "databases") >= MAX_DATABASES:
        raise over_limit("databases", MAX_DATABASES)
    counts.add(there, "databases", 1)
    made = Database(
        arn=database_arn(there, name),
        id=name,
        owner=there.account,
        created_at=call.now,
        tags=tags or {},
        number=call.kernel.next_order(),
        given=_given(database_input),
    )
    databases.insert(there, made)


def _given(database_input: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in database_input.items() if name != "Name"}


@glue.operation
def get_database(call: Call, name: str, catalog_id: str | None = None) -> dict[str, Any]:
    """Return a database. Raises EntityNotFoundException."""
    return {"Database": database_shape(finding.get_database(catalog_of(call, catalog_id), name))}


@glue.operation
def get_databases(
    call: Call,
    catalog_id: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    resource_share_type: str | None = None,
    attributes_to_get: list[str] | None = None,
) -> dict[str, Any]:
    """List databases by name, or their names alone."""
    there = catalog_of(call, catalog_id)
    if resource_share_type in ("FOREIGN", "FEDERATED"):
        raise not_built("databases that are shared by Lake Formation or federated (ResourceShareType)")

    def rows(past: tuple[Part, ...] | None) -> Iterator[Database]:
        return databases.scan(there, past=past)

    found, following = page_of_scan(there, "databases", rows, lambda one: (one.id,), next_token, max_results)
    if attributes_to_get:
        # There are no resource links: TARGET_DATABASE is nowhere.
        shown = [{"Name": one.id, "CatalogId": one.owner} for one in found]
    else:
        shown = [database_shape(one) for one in found]
    return {"DatabaseList": shown, **following}


@glue.operation
def update_database(call: Call, name: str, database_input: dict[str, Any], catalog_id: str | None = None) -> None:
    """Put other settings in place of all that a database had. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    refuse_unbuilt(database_input, UNBUILT)
    database = finding.get_database(there, name)
    if folded(database_input["Name"]) != database.id:
        raise invalid("Database name cannot be changed.")
    databases.replace(there, database, replace(database, given=_given(database_input)))


@glue.operation
def delete_database(call: Call, name: str, catalog_id: str | None = None) -> None:
    """Delete a database with its tables and their partitions. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    database = finding.get_database(there, name)
    databases.delete(there, database)
    counts.add(there, "databases", -1)
    forget_database(there, database)
