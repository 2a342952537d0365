"""UpdateTable, which keeps what a table was as a version of it."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.tables import Table
from skyglobe.services.glue import finding, glue
from skyglobe.services.glue.finding import catalog_of
from skyglobe.services.glue.operations.tables import checked_input, given_of, refuse_transactions
from skyglobe.services.glue.records import TableVersion, counts, indexes, partitions, tables, versions
from skyglobe.services.glue.refusals import invalid, not_built, over_limit
from skyglobe.services.glue.rules.tables import is_keyed_alike

MAX_VERSIONS = 100_000  # of a table; General Reference, "AWS Glue endpoints and quotas"


@glue.operation
def update_table(
    call: Call,
    database_name: str,
    table_input: dict[str, Any] | None = None,
    catalog_id: str | None = None,
    name: str | None = None,
    skip_archive: bool = False,
    transaction_id: str | None = None,
    version_id: str | None = None,
    view_update_action: str | None = None,
    force: bool = False,
    update_open_table_format_input: dict[str, Any] | None = None,
) -> None:
    """Put a new version in a table's place; the old one is kept unless ``SkipArchive`` is given.

    With a ``VersionId`` only if that is the table's version still: raises ConcurrentModificationException.
    """
    refuse_transactions(transaction_id)
    if update_open_table_format_input is not None or name is not None:
        raise not_built("Iceberg tables of its own making (UpdateOpenTableFormatInput)")
    if view_update_action is not None or force:
        raise not_built("views of several dialects (ViewUpdateAction, Force)")
    there = catalog_of(call, catalog_id)
    given = checked_input(table_input)
    table = finding.get_table(there, database_name, given["Name"])
    if version_id is not None and version_id != str(table.version):
        raise glue.errors.ConcurrentModificationException("Update table failed due to concurrent modifications.")
    contents: tuple[Table[Any], ...] = (partitions, indexes)
    is_empty = all(next(one.scan(there, table.number, limit=1), None) is None for one in contents)
    if not is_empty and not is_keyed_alike(table.given, given):
        raise invalid("Partition keys of a table with partitions or indexes cannot be changed.")
    if not skip_archive:
        if counts.get(there, f"versions:{table.number}") >= MAX_VERSIONS:
            raise over_limit("versions of a table", MAX_VERSIONS)
        counts.add(there, f"versions:{table.number}", 1)
        old = TableVersion(table=table.number, version=table.version, updated_at=table.updated_at, given=table.given)
        versions.insert(there, old)
    changed = replace(table, version=table.version + 1, updated_at=call.now, given=given_of(given))
    tables.replace(there, table, changed)
