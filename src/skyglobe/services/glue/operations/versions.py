"""What tables were before they were updated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.keys import Part
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of, get_table
from skyglobe.services.glue.paging import page_of_scan
from skyglobe.services.glue.records import CatalogTable, TableVersion, counts, versions
from skyglobe.services.glue.refusals import error_detail, invalid, not_found
from skyglobe.services.glue.shapes import table_shape


@glue.operation(unused=("AuditContext",))
def get_table_version(
    call: Call, database_name: str, table_name: str, version_id: str | None = None, catalog_id: str | None = None
) -> dict[str, Any]:
    """Return a table as it was in a version, the latest where none is named. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    number = table.version if version_id is None else _number(version_id)
    return {"TableVersion": _shown(table, None if number == table.version else _get(there, table, number))}


def _number(version_id: str) -> int:
    if not (version_id.isascii() and version_id.isdigit()) or len(version_id) > 18:
        raise invalid(f"VersionId {version_id} is not a number.")
    return int(version_id)


def _get(scope: Scope, table: CatalogTable, number: int) -> TableVersion:
    found = versions.find(scope, table.number, number)
    if found is None:
        raise not_found(f"Version {number} of table {table.id} not found.")
    return found


def _shown(table: CatalogTable, version: TableVersion | None) -> dict[str, Any]:
    shown = table_shape(table, version)
    return {"Table": shown, "VersionId": shown["VersionId"]}


@glue.operation(unused=("AuditContext",))
def get_table_versions(
    call: Call,
    database_name: str,
    table_name: str,
    catalog_id: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List what a table is and was, the latest version first."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)

    def rows(past: tuple[Part, ...] | None) -> Iterator[TableVersion | None]:
        if past is None:
            yield None
        before = past[0] if past is not None else table.version
        yield from versions.scan(there, table.number, stop=(before,), reverse=True)

    def position(version: TableVersion | None) -> tuple[Part, ...]:
        return (table.version if version is None else version.version,)

    listing = f"versions:{table.number}"
    found, following = page_of_scan(there, listing, rows, position, next_token, max_results)
    return {"TableVersions": [_shown(table, one) for one in found], **following}


@glue.operation
def delete_table_version(
    call: Call, database_name: str, table_name: str, version_id: str, catalog_id: str | None = None
) -> None:
    """Forget what a table was in a version. Raises EntityNotFoundException."""
    there = catalog_of(call, catalog_id)
    _delete(there, get_table(there, database_name, table_name), version_id)


def _delete(scope: Scope, table: CatalogTable, version_id: str) -> None:
    number = _number(version_id)
    if number == table.version:
        raise invalid("The latest version of a table cannot be deleted.")
    versions.delete(scope, _get(scope, table, number))
    counts.add(scope, f"versions:{table.number}", -1)


@glue.operation
def batch_delete_table_version(
    call: Call, database_name: str, table_name: str, version_ids: list[str], catalog_id: str | None = None
) -> dict[str, Any]:
    """Forget up to 100 versions, each by itself; return those that could not be."""
    there = catalog_of(call, catalog_id)
    table = get_table(there, database_name, table_name)
    errors = []
    for version_id in version_ids:
        try:
            _delete(there, table, version_id)
        except ServiceError as error:
            errors.append({"TableName": table.id, "VersionId": version_id, "ErrorDetail": error_detail(error)})
    return {"Errors": errors} if errors else {}
