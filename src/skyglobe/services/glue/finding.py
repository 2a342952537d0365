"""Finding catalogs, databases and tables."""

from __future__ import annotations

import re

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue.records import CatalogTable, Database, databases, tables
from skyglobe.services.glue.refusals import no_such_database, no_such_table, not_built, not_found
from skyglobe.services.glue.rules.names import folded

_ACCOUNT = re.compile(r"\d{12}")


def catalog_account(call: Call, catalog_id: str | None) -> str | None:
    """Return the account whose catalog is meant, the caller's where none is named; None for names of other catalogs."""
    if catalog_id is None:
        return call.account
    return catalog_id if _ACCOUNT.fullmatch(catalog_id) else None


def catalog_of(call: Call, catalog_id: str | None) -> Scope:
    """Return where a catalog is. Raises EntityNotFoundException; NotImplemented (501) for catalogs within catalogs."""
    account = catalog_account(call, catalog_id)
    if account is None:
        assert catalog_id is not None
        if ":" in catalog_id:
            raise not_built("catalogs other than an account's own (CatalogId)")
        raise not_found(f"Catalog {catalog_id} not found.")
    return call if account == call.account else call.within(account)


def database_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the database of that name where ``scope`` stands."""
    return make_arn(scope, "glue", f"database/{name}")


def table_arn(scope: Scope, database: str, name: str) -> str:
    """Return the ARN of a table where ``scope`` stands."""
    return make_arn(scope, "glue", f"table/{database}/{name}")


def get_database(scope: Scope, name: str) -> Database:
    """Return a database. Raises EntityNotFoundException."""
    found = databases.find(scope, folded(name))
    if found is None:
        raise no_such_database(name)
    return found


def get_table(scope: Scope, database_name: str, name: str) -> CatalogTable:
    """Return a table of a database. Raises EntityNotFoundException."""
    database = get_database(scope, database_name)
    found = tables.find(scope, database.number, folded(name))
    if found is None:
        raise no_such_table(name)
    return found
