"""Finding tables: by name or by ARN, in whatever account and region they are."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import Resource
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table
from skyglobe.services.dynamodb.layout import Layout
from skyglobe.services.dynamodb.records import DynamoTable, tables
from skyglobe.services.dynamodb.refusals import invalid, no_such_table
from skyglobe.services.dynamodb.rules.names import check_table_name, parse_table_arn
from skyglobe.services.dynamodb.sealing import check_table_key

R = TypeVar("R", bound=Resource)


class Found(NamedTuple):
    """A table, and the scope it lives in."""

    scope: Scope
    table: DynamoTable

    @property
    def layout(self) -> Layout:
        return self.table.layout


def locate(scope: Scope, name_or_arn: str) -> tuple[Scope, str]:
    """Return where a table would live, and its name. Raises ValidationException for what can be neither."""
    if not name_or_arn.startswith("arn:"):
        check_table_name(name_or_arn)
        return scope, name_or_arn
    place = parse_table_arn(name_or_arn)
    if place is None or place[3]:
        raise invalid(f"Invalid table ARN: {name_or_arn}")
    region, account, name, _ = place
    return scope.within(account, region), name


def find_by_arn(table: Table[R], scope: Scope, arn: str) -> R | None:
    """Return the backup, export or import with an ARN, wherever it lives, or None."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    there = scope.within(place.account or scope.account, place.region or scope.region)
    return next(table.scan_by(there, "arn", arn, limit=1), None)


def get_table(call: Call, name_or_arn: str) -> Found:
    """Return a table that the caller can read and write.

    Raises ResourceNotFoundException, and AccessDeniedException when KMS does not open the table's key for the caller.
    """
    scope: Scope = call
    table = tables.find(scope, name_or_arn)
    if table is None:
        scope, name = locate(scope, name_or_arn)
        table = tables.find(scope, name)
        if table is None:
            raise no_such_table()
    if table.status == "DELETING" or (table.status == "CREATING" and scope.now < table.ready_at):
        raise no_such_table()
    if table.table_key:
        check_table_key(call, table)
    return Found(scope, table)


def describe_table_at(scope: Scope, name_or_arn: str) -> Found:
    """Return a table in whatever state it is. Raises ResourceNotFoundException, which names it."""
    scope, name = locate(scope, name_or_arn)
    table = tables.find(scope, name)
    if table is None:
        raise no_such_table(name)
    return Found(scope, table)
