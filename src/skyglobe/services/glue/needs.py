"""What each call to the Data Catalog needs to be allowed.

Developer guide, "AWS Glue resource ARNs": an action needs its permission on the resource and on all that it is in, and
deleting a database on all that is in it.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.glue import access, glue
from skyglobe.services.glue.finding import catalog_account
from skyglobe.services.glue.rules.names import folded

__all__ = ["access", "find_needs"]

_OF_CATALOG = frozenset(
    {
        "CreateConnection",
        "GetDatabases",
        "PutResourcePolicy",
        "GetResourcePolicy",
        "DeleteResourcePolicy",
        "GetResourcePolicies",
    }
)
_OF_TAGS = frozenset({"TagResource", "UntagResource", "GetTags"})
_OF_DATABASE = frozenset({"CreateDatabase", "GetDatabase", "UpdateDatabase", "DeleteDatabase"})
_OF_ALL_TABLES = frozenset({"GetTables"})


@glue.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, on the catalog, on the database, and on the tables it names."""
    if operation in _OF_TAGS:
        return [_of_tagged(call, operation, params)]
    # The operation refuses what names no catalog of an account's.
    account = catalog_account(call, params.get("CatalogId")) or call.account
    there = call if account == call.account else call.within(account)
    places = ["catalog", *_places(operation, params)]
    return [Need(f"glue:{operation}", make_arn(there, "glue", place), account) for place in places]


def _places(operation: str, params: dict[str, Any]) -> list[str]:
    if operation in _OF_CATALOG:
        return []
    if operation == "SearchTables":
        return ["database/*", "table/*/*"]
    if "Connection" in operation:
        return [f"connection/{name}" for name in _connections(params)]
    if operation in _OF_DATABASE:
        name = folded(params["Name"] if "Name" in params else params["DatabaseInput"]["Name"])
        inner = [f"table/{name}/*", f"userDefinedFunction/{name}/*"] if operation == "DeleteDatabase" else []
        return [f"database/{name}", *inner]
    database = folded(params["DatabaseName"])
    return [f"database/{database}", *(f"table/{database}/{name}" for name in _tables(operation, params))]


def _tables(operation: str, params: dict[str, Any]) -> list[str]:
    if operation in _OF_ALL_TABLES:
        return ["*"]
    if "TablesToDelete" in params:
        return sorted(set(map(folded, params["TablesToDelete"])))
    name = params.get("TableName") or (params.get("TableInput") or {}).get("Name") or params.get("Name")
    return [folded(name)] if name else []


def _connections(params: dict[str, Any]) -> list[str]:
    if "ConnectionNameList" in params:
        return sorted(set(params["ConnectionNameList"]))
    name = params.get("Name") or params.get("ConnectionName") or (params.get("ConnectionInput") or {}).get("Name")
    return [name or "*"]


def _of_tagged(call: Call, operation: str, params: dict[str, Any]) -> Need:
    arn = params["ResourceArn"]
    try:
        account = parse_arn(arn).account or call.account
    except ValueError:
        account = call.account  # the operation refuses it
    tags = params.get("TagsToAdd") or dict.fromkeys(params.get("TagsToRemove") or (), "")
    return Need(f"glue:{operation}", arn, account, _tagging(tags, with_values="TagsToAdd" in params))


def _tagging(tags: dict[str, str], *, with_values: bool = True) -> dict[str, str | list[str]]:
    if not tags:
        return {}
    values = {f"aws:requesttag/{name.lower()}": value for name, value in tags.items()} if with_values else {}
    return {**values, "aws:tagkeys": list(tags)}
