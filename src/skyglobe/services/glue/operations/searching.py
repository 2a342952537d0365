"""SearchTables: tables of all databases by their texts, names and times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.finding import catalog_of
from skyglobe.services.glue.records import CatalogTable, databases, tables
from skyglobe.services.glue.refusals import invalid, not_built
from skyglobe.services.glue.rules.searching import BadFilter, filter_of, has_text, sorting_key
from skyglobe.services.glue.shapes import table_shape

DEFAULT_LISTED = 100
MAX_SEARCHED = 20_000  # tables that one search looks at


@glue.operation(unused=("IncludeStatusDetails",))
def search_tables(
    call: Call,
    catalog_id: str | None = None,
    next_token: str | None = None,
    filters: list[dict[str, str]] | None = None,
    search_text: str | None = None,
    sort_criteria: list[dict[str, str]] | None = None,
    max_results: int = DEFAULT_LISTED,
    resource_share_type: str | None = None,
) -> dict[str, Any]:
    """List the tables that have a text and what filters ask for, by a field of theirs or by name.

    Raises InvalidInputException, and NotImplemented (501) where the catalog has more tables than a search reads.
    """
    if resource_share_type in ("FOREIGN", "FEDERATED"):
        raise not_built("tables that are shared by Lake Formation or federated (ResourceShareType)")
    there = catalog_of(call, catalog_id)
    sort = sort_criteria[0] if sort_criteria else {}
    try:
        tests = [filter_of(given) for given in filters or ()]
        key = sorting_key(sort.get("FieldName", "Name"))
    except BadFilter as reason:
        raise invalid(str(reason)) from reason
    shown = [table_shape(table) for table in _all(there)]
    found = [one for one in shown if all(test(one) for test in tests)]
    if search_text:
        found = [one for one in found if has_text(one, search_text)]
    found.sort(key=lambda one: (one["DatabaseName"], one["Name"]))
    found.sort(key=key, reverse=sort.get("Sort") == "DESC")
    places = {id(one): f"{place:08}" for place, one in enumerate(found)}
    listing = f"search:{filters}:{search_text}:{sort}"
    try:
        page, token = page_of(there, listing, found, lambda one: places[id(one)], next_token, max_results)
    except InvalidToken as error:
        raise invalid("The pagination token is not valid.") from error
    return {"TableList": page, **({"NextToken": token} if token is not None else {})}


def _all(scope: Scope) -> Iterator[CatalogTable]:
    read = 0
    for database in databases.scan(scope):
        for table in tables.scan(scope, database.number):
            read += 1
            if read > MAX_SEARCHED:
                raise not_built(f"searches in more than {MAX_SEARCHED} tables")
            yield table
