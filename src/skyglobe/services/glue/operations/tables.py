"""Tables: created, found, and deleted with their versions and partitions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.keys import Part
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import finding, glue
from skyglobe.services.glue.engine import forget_table
from skyglobe.services.glue.finding import catalog_of, get_database, table_arn
from skyglobe.services.glue.operations.partition_indexes import add_index
from skyglobe.services.glue.paging import page_of_scan
from skyglobe.services.glue.records import CatalogTable, Database, counts, tables
from skyglobe.services.glue.refusals import (
    error_detail,
    exists,
    invalid,
    not_built,
    over_limit,
    refuse_unbuilt,
)
from skyglobe.services.glue.rules.names import BadPattern, folded, name_pattern
from skyglobe.services.glue.rules.tables import fault_of_table
from skyglobe.services.glue.shapes import table_shape

MAX_TABLES = 200_000  # of a database; General Reference, "AWS Glue endpoints and quotas"
UNBUILT = {"TargetTable": "resource links", "ViewDefinition": "views of several dialects"}


@glue.operation
def create_table(
    call: Call,
    database_name: str,
    table_input: dict[str, Any] | None = None,
    catalog_id: str | None = None,
    name: str | None = None,
    partition_indexes: list[dict[str, Any]] | None = None,
    transaction_id: str | None = None,
    open_table_format_input: dict[str, Any] | None = None,
) -> None:
    """Create a table. Raises AlreadyExistsException, EntityNotFoundException, ResourceNumberLimitExceededException."""
    there = catalog_of(call, catalog_id)
    refuse_transactions(transaction_id)
    if open_table_format_input is not None or name is not None:
        raise not_built("Iceberg tables of its own making (OpenTableFormatInput)")
    database = get_database(there, database_name)
    made = _make(call, there, database, checked_input(table_input))
    tables.insert(there, made)
    counts.add(there, f"tables:{database.number}", 1)
    for index in partition_indexes or ():
        add_index(there, made, index)


def checked_input(table_input: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a table is to be. Raises InvalidInputException, and NotImplemented (501) for what is not built."""
    if table_input is None:
        raise invalid("TableInput must be specified.")
    refuse_unbuilt(table_input, UNBUILT)
    if fault := fault_of_table(table_input):
        raise invalid(fault)
    return table_input


def refuse_transactions(transaction_id: str | None, query_as_of_time: datetime | None = None) -> None:
    """Raise NotImplemented (501) for what only governed tables of Lake Formation have."""
    if transaction_id is not None or query_as_of_time is not None:
        raise not_built("transactions of Lake Formation (TransactionId, QueryAsOfTime)")


def given_of(table_input: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of a ``TableInput``."""
    return {name: value for name, value in table_input.items() if name != "Name"}


def _make(call: Call, there: Scope, database: Database, table_input: dict[str, Any]) -> CatalogTable:
    name = folded(table_input["Name"])
    if tables.find(there, database.number, name) is not None:
        raise exists("Table")
    if counts.get(there, f"tables:{database.number}") >= MAX_TABLES:
        raise over_limit("tables of a database", MAX_TABLES)
    return CatalogTable(
        arn=table_arn(there, database.id, name),
        id=name,
        owner=there.account,
        created_at=call.now,
        database=database.number,
        database_name=database.id,
        number=call.kernel.next_order(),
        version=0,
        updated_at=call.now,
        created_by=call.principal.arn,
        given=given_of(table_input),
    )


@glue.operation(unused=("AuditContext", "IncludeStatusDetails"))
def get_table(
    call: Call,
    database_name: str,
    name: str,
    catalog_id: str | None = None,
    transaction_id: str | None = None,
    query_as_of_time: datetime | None = None,
) -> dict[str, Any]:
    """Return a table as it is now. Raises EntityNotFoundException."""
    refuse_transactions(transaction_id, query_as_of_time)
    return {"Table": table_shape(finding.get_table(catalog_of(call, catalog_id), database_name, name))}


@glue.operation(unused=("AuditContext", "IncludeStatusDetails"))
def get_tables(
    call: Call,
    database_name: str,
    catalog_id: str | None = None,
    expression: str = "",
    next_token: str | None = None,
    max_results: int | None = None,
    transaction_id: str | None = None,
    query_as_of_time: datetime | None = None,
    attributes_to_get: list[str] | None = None,
) -> dict[str, Any]:
    """List a database's tables by name: all, or those whose whole name matches a regular expression."""
    refuse_transactions(transaction_id, query_as_of_time)
    there = catalog_of(call, catalog_id)
    database = get_database(there, database_name)
    try:
        is_meant = name_pattern(expression) if expression else None
    except BadPattern as error:
        raise invalid(f"Expression {expression!r} is not a valid regular expression.") from error

    def rows(past: tuple[Part, ...] | None) -> Iterator[CatalogTable]:
        return (one for one in tables.scan(there, database.number, past=past) if is_meant is None or is_meant(one.id))

    listing = f"tables:{database.number}:{expression}"
    found, following = page_of_scan(there, listing, rows, lambda one: (one.id,), next_token, max_results)
    return {"TableList": [_shown(one, attributes_to_get) for one in found], **following}


def _shown(table: CatalogTable, attributes: list[str] | None) -> dict[str, Any]:
    whole = table_shape(table)
    if not attributes:
        return whole
    named = {"NAME": "Name", "TABLE_TYPE": "TableType"}
    names = ["CatalogId", "DatabaseName", *(named[one] for one in attributes)]
    return {name: whole[name] for name in ("Name", *names) if name in whole}


@glue.operation
def delete_table(
    call: Call,
    database_name: str,
    name: str,
    catalog_id: str | None = None,
    transaction_id: str | None = None,
) -> None:
    """Delete a table with its versions and partitions. Raises EntityNotFoundException."""
    refuse_transactions(transaction_id)
    there = catalog_of(call, catalog_id)
    forget_table(there, finding.get_table(there, database_name, name))


@glue.operation
def batch_delete_table(
    call: Call,
    database_name: str,
    tables_to_delete: list[str],
    catalog_id: str | None = None,
    transaction_id: str | None = None,
) -> dict[str, Any]:
    """Delete up to 100 tables, each by itself; return those that could not be."""
    refuse_transactions(transaction_id)
    there = catalog_of(call, catalog_id)
    get_database(there, database_name)
    errors = []
    for name in tables_to_delete:
        try:
            forget_table(there, finding.get_table(there, database_name, name))
        except ServiceError as error:
            errors.append({"TableName": name, "ErrorDetail": error_detail(error)})
    return {"Errors": errors} if errors else {}
