"""CreateTable, DescribeTable, DeleteTable, ListTables."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.timers import set_timer
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.creating import add_table, delay_of, plan_table
from skyglobe.services.dynamodb.describing import describe
from skyglobe.services.dynamodb.finding import Found, describe_table_at, locate
from skyglobe.services.dynamodb.operations.tags import plan_tags
from skyglobe.services.dynamodb.records import tables
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.removing import remove_table
from skyglobe.services.dynamodb.replicating import leave
from skyglobe.services.dynamodb.rules.names import check_table_name
from skyglobe.services.dynamodb.sealing import with_table_key

MAX_LISTED = 100  # of one answer; API reference of ListTables


@dynamodb.operation
def create_table(
    call: Call,
    table_name: str,
    attribute_definitions: list[dict[str, Any]] | None = None,
    key_schema: list[dict[str, Any]] | None = None,
    local_secondary_indexes: list[dict[str, Any]] | None = None,
    global_secondary_indexes: list[dict[str, Any]] | None = None,
    billing_mode: str | None = None,
    provisioned_throughput: dict[str, Any] | None = None,
    stream_specification: dict[str, Any] | None = None,
    sse_specification: dict[str, Any] | None = None,
    tags: list[dict[str, str]] | None = None,
    table_class: str | None = None,
    deletion_protection_enabled: bool | None = None,
    warm_throughput: dict[str, Any] | None = None,
    resource_policy: str | None = None,
    on_demand_throughput: dict[str, Any] | None = None,
    global_table_source_arn: str | None = None,
    global_table_settings_replication_mode: str | None = None,
) -> dict[str, Any]:
    """Create a table. It is there at once, unless changes of tables were made slow."""
    scope, name = locate(call, table_name)
    if global_table_source_arn is not None or global_table_settings_replication_mode is not None:
        raise dynamodb.error(
            "NotImplemented", "Skyglobe does not implement replicas of other accounts yet.", status=501
        )
    given = {
        "AttributeDefinitions": attribute_definitions,
        "KeySchema": key_schema,
        "LocalSecondaryIndexes": local_secondary_indexes,
        "GlobalSecondaryIndexes": global_secondary_indexes,
        "BillingMode": billing_mode,
        "ProvisionedThroughput": provisioned_throughput,
        "SSESpecification": sse_specification,
        "TableClass": table_class,
        "DeletionProtectionEnabled": deletion_protection_enabled,
        "WarmThroughput": warm_throughput,
        "OnDemandThroughput": on_demand_throughput,
    }
    table = with_table_key(call, plan_table(scope, name, given, plan_tags(tags)))
    if resource_policy is not None:
        from skyglobe.services.dynamodb.operations.policies import check_policy

        table = replace(table, policy=check_policy(resource_policy), policy_revision=str(scope.kernel.next_order()))
    table = add_table(scope, table, stream_specification)
    return {"TableDescription": describe(Found(scope, table), "CREATING")}


@dynamodb.operation
def describe_table(call: Call, table_name: str) -> dict[str, Any]:
    """Describe a table."""
    return {"Table": describe(describe_table_at(call, table_name))}


@dynamodb.operation
def list_tables(call: Call, exclusive_start_table_name: str | None = None, limit: int | None = None) -> dict[str, Any]:
    """List the names of tables, a hundred a page."""
    if exclusive_start_table_name is not None:
        check_table_name(exclusive_start_table_name)
    limit = limit or MAX_LISTED
    past = (exclusive_start_table_name,) if exclusive_start_table_name is not None else None
    names = [table.id for table in tables.scan(call, past=past, limit=limit + 1)]
    answer: dict[str, Any] = {"TableNames": names[:limit]}
    if len(names) > limit:
        answer["LastEvaluatedTableName"] = names[limit - 1]
    return answer


@dynamodb.operation
def delete_table(call: Call, table_name: str) -> dict[str, Any]:
    """Delete a table and everything in it."""
    found = describe_table_at(call, table_name)
    scope, table = found
    status = table.status_at(scope.now)
    if status in ("CREATING", "UPDATING", "DELETING"):
        word = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}[status]
        raise dynamodb.errors.ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being {word}: {table.id}"
        )
    if table.is_protected:
        raise invalid(
            "Resource cannot be deleted as it is currently protected against deletion. "
            "Disable deletion protection first."
        )
    if table.is_strong:
        raise invalid(
            "A replica of a global table with multi-Region strong consistency cannot be deleted by itself. "
            "Delete the other replicas and the witness with UpdateTable first."
        )
    if table.copies:
        raise dynamodb.errors.ResourceInUseException(
            f"Attempt to change a resource which is still in use: Table is being backed up: {table.id}"
        )
    shown = describe(found, "DELETING")
    leave(scope, table, scope.region)
    scope, table = describe_table_at(call, table_name)  # as it is without the others
    delay = delay_of(scope)
    if delay:
        tables.replace(scope, table, replace(table, status="DELETING"))
        set_timer(scope, "dynamodb", "delete", table.id, scope.now + delay, {"number": table.number})
    else:
        remove_table(scope, table)
    kept = ("TableName", "TableArn", "TableId", "TableStatus", "ItemCount", "TableSizeBytes", "ProvisionedThroughput")
    more = ("DeletionProtectionEnabled", "BillingModeSummary", "TableClassSummary")
    return {"TableDescription": {name: shown[name] for name in (*kept, *more) if name in shown}}
