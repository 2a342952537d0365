"""What each call to DynamoDB needs to be allowed, after the service authorization reference of Amazon DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.operations.policies import resource_policy
from skyglobe.services.dynamodb.rules.names import parse_table_arn
from skyglobe.services.dynamodb.speaking import leading_keys, named_attributes

Params = dict[str, Any]
_EVERYWHERE: Final = frozenset(
    [
        "DescribeLimits",
        "DescribeEndpoints",
        "ListTables",
        "ListBackups",
        "ListExports",
        "ListImports",
        "ListGlobalTables",
        "ListContributorInsights",
    ]
)
_TRANSACTED: Final = {
    "ConditionCheck": "ConditionCheckItem",
    "Put": "PutItem",
    "Delete": "DeleteItem",
    "Update": "UpdateItem",
}
_ARNS: Final = ("ResourceArn", "TableArn", "BackupArn", "ExportArn", "ImportArn", "SourceTableArn")
_SELECTING: Final = frozenset(("GetItem", "BatchGetItem", "Query", "Scan"))

dynamodb.resource_policies(resource_policy)


class ItemContext(Mapping[str, "str | list[str]"]):
    """The condition keys of one operation on items, worked out when a policy asks for them."""

    __slots__ = ("_call", "_enclosing", "_operation", "_params", "_table")

    def __init__(self, call: Call, operation: str, table: str, params: Params, enclosing: str) -> None:
        self._call = call
        self._operation = operation
        self._table = table
        self._params = params
        self._enclosing = enclosing

    def _find(self, key: str) -> str | list[str] | None:
        params = self._params
        if key == "dynamodb:leadingkeys":
            return leading_keys(self._call, self._operation, self._table, params)
        if key == "dynamodb:attributes":
            return named_attributes(params)
        if key == "dynamodb:select" and self._operation in _SELECTING:
            return _selected(params)
        if key == "dynamodb:returnvalues":
            return params.get(
                "ReturnValues", "NONE" if self._operation in ("PutItem", "UpdateItem", "DeleteItem") else None
            )
        if key == "dynamodb:returnconsumedcapacity":
            return params.get("ReturnConsumedCapacity")
        if key == "dynamodb:enclosingoperation":
            return self._enclosing or None
        return None

    def __getitem__(self, key: str) -> str | list[str]:
        value = self._find(key)
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return (key for key in _KEYS if self._find(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_KEYS: Final = (
    "dynamodb:attributes",
    "dynamodb:enclosingoperation",
    "dynamodb:leadingkeys",
    "dynamodb:returnconsumedcapacity",
    "dynamodb:returnvalues",
    "dynamodb:select",
)


def _selected(params: Params) -> str:
    given = params.get("Select")
    if given is not None:
        return str(given)
    is_some = params.get("AttributesToGet") is not None or params.get("ProjectionExpression") is not None
    if is_some:
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if params.get("IndexName") else "ALL_ATTRIBUTES"


def table_arn(call: Call, name: str) -> tuple[str, str]:
    """Return the ARN and the account of a table given by name or ARN."""
    if name.startswith("arn:"):
        place = parse_table_arn(name)
        return name, place[1] if place is not None else call.account
    return f"arn:{call.partition}:dynamodb:{call.region}:{call.account}:table/{name}", call.account


@dynamodb.needs
def find_needs(call: Call, operation: str, params: Params) -> list[Need]:
    """List what a call needs: one action, on a table or index; batches and transactions one for each table or item."""
    special = _SPECIAL.get(operation)
    if special is not None:
        return special(call, operation, params)
    if operation in _EVERYWHERE:
        return [Need(f"dynamodb:{operation}", "*", call.account)]
    name = params.get("TableName")
    if name is None:
        arn = next((params[key] for key in _ARNS if params.get(key)), "")
        if arn and not arn.startswith("arn:"):
            arn = table_arn(call, arn)[0]
        return [_on_arn(call, operation, arn)]
    arn, account = table_arn(call, name)
    if params.get("IndexName") and operation in ("Query", "Scan"):
        arn = f"{arn}/index/{params['IndexName']}"
    needs = [Need(f"dynamodb:{operation}", arn, account, ItemContext(call, operation, name, params, ""))]
    if operation == "CreateTable" and params.get("Tags"):
        needs.append(Need("dynamodb:TagResource", arn, account))
    if operation == "UpdateTable":
        needs += _of_regions(arn, account, params)
    return needs


_CHANGES_OF_REGIONS: Final = {
    ("ReplicaUpdates", "Create"): "CreateTableReplica",
    ("ReplicaUpdates", "Delete"): "DeleteTableReplica",
    ("GlobalTableWitnessUpdates", "Create"): "CreateGlobalTableWitness",
    ("GlobalTableWitnessUpdates", "Delete"): "DeleteGlobalTableWitness",
}


def _of_regions(arn: str, account: str, params: Params) -> Iterator[Need]:
    """What adding and removing regions needs beside UpdateTable. Developer guide, "Global tables security"."""
    for (member, kind), action in _CHANGES_OF_REGIONS.items():
        if any(kind in update for update in params.get(member) or ()):
            yield Need(f"dynamodb:{action}", arn, account)


def _on_arn(call: Call, operation: str, arn: str) -> Need:
    place = parse_table_arn(arn)
    return Need(f"dynamodb:{operation}", arn or "*", place[1] if place is not None else call.account)


def _batch(call: Call, operation: str, params: Params) -> list[Need]:
    needs = []
    for name, given in params["RequestItems"].items():
        arn, account = table_arn(call, name)
        inner = {**given} if isinstance(given, dict) else {"Requests": given}
        if params.get("ReturnConsumedCapacity"):
            inner["ReturnConsumedCapacity"] = params["ReturnConsumedCapacity"]
        needs.append(Need(f"dynamodb:{operation}", arn, account, ItemContext(call, operation, name, inner, "")))
    return needs


def _transaction(call: Call, operation: str, params: Params) -> list[Need]:
    needs = []
    for given in params["TransactItems"]:
        for kind, part in given.items():
            action = "GetItem" if kind == "Get" else _TRANSACTED[kind]
            arn, account = table_arn(call, part["TableName"])
            context = ItemContext(call, action, part["TableName"], part, operation)
            needs.append(Need(f"dynamodb:{action}", arn, account, context))
    return needs


def _statements(call: Call, operation: str, params: Params) -> list[Need]:
    """One need for each statement; a statement that cannot be read needs nothing, and is refused by the operation."""
    given = params.get("Statements") or params.get("TransactStatements") or [params]
    enclosing = "" if operation == "ExecuteStatement" else operation
    return [need for one in given if (need := _statement(call, one, enclosing)) is not None]


def _statement(call: Call, given: Params, enclosing: str) -> Need | None:
    from skyglobe.services.dynamodb.partiql.parsing import parse_statement

    try:
        statement = parse_statement(given["Statement"], given.get("Parameters") or [])
    except ServiceError:
        return None
    arn, account = table_arn(call, statement.table)
    if statement.index_name is not None:
        arn = f"{arn}/index/{statement.index_name}"
    verb = {"EXISTS": "Select"}.get(statement.verb, statement.verb.capitalize())
    context: dict[str, str | list[str]] = {"dynamodb:enclosingoperation": enclosing} if enclosing else {}
    if verb == "Select":
        context["dynamodb:fulltablescan"] = str(_reads_all(call, given)).lower()
    return Need(f"dynamodb:PartiQL{verb}", arn, account, context)


def _reads_all(call: Call, given: Params) -> bool:
    from skyglobe.services.dynamodb.operations.statements import bound_of
    from skyglobe.services.dynamodb.partiql.executing import is_scan

    try:
        return is_scan(bound_of(call, given["Statement"], given.get("Parameters")))
    except ServiceError:
        return True


def _backup_of_table(call: Call, operation: str, params: Params) -> list[Need]:
    source = params.get("SourceTableName")
    target, account = table_arn(call, params["TargetTableName"])
    origin = params.get("BackupArn") or params.get("SourceTableArn") or (table_arn(call, source)[0] if source else "*")
    return [
        Need(f"dynamodb:{operation}", origin, call.account),
        Need(f"dynamodb:{operation}", target, account),
    ]


def _import(call: Call, operation: str, params: Params) -> list[Need]:
    name = params["TableCreationParameters"]["TableName"]
    return [Need("dynamodb:ImportTable", make_arn(call, "dynamodb", f"table/{name}"), call.account)]


def _global(call: Call, operation: str, params: Params) -> list[Need]:
    """What operations on global tables of the version 2017.11.29 need; those that write, on the table as well."""
    name = params["GlobalTableName"]
    arn = f"arn:{call.partition}:dynamodb::{call.account}:global-table/{name}"
    needs = [Need(f"dynamodb:{operation}", arn, call.account)]
    if not operation.startswith("Describe"):
        needs.append(Need(f"dynamodb:{operation}", table_arn(call, name)[0], call.account))
    return needs


_SPECIAL: Final = {
    "BatchExecuteStatement": _statements,
    "BatchGetItem": _batch,
    "BatchWriteItem": _batch,
    "CreateGlobalTable": _global,
    "DescribeGlobalTable": _global,
    "DescribeGlobalTableSettings": _global,
    "ExecuteStatement": _statements,
    "ExecuteTransaction": _statements,
    "ImportTable": _import,
    "RestoreTableFromBackup": _backup_of_table,
    "RestoreTableToPointInTime": _backup_of_table,
    "TransactGetItems": _transaction,
    "TransactWriteItems": _transaction,
    "UpdateGlobalTable": _global,
    "UpdateGlobalTableSettings": _global,
}
