"""Making tables: for CreateTable, for restores and for imports."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.records import (
    DynamoTable,
    SecondaryIndex,
    Stream,
    StreamRecord,
    streams,
    table_count,
    tables,
)
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.schemas import (
    check_attributes_used,
    check_indexes,
    check_table_keys_defined,
    plan_attributes,
    plan_global,
    plan_keys,
    plan_local,
    plan_on_demand,
    plan_throughput,
    plan_warm,
)
from skyglobe.services.dynamodb.trimming import keep_trimming

MAX_TABLES = 2500  # of an account in a region; DynamoDB quotas, "Tables per account, per Region"

REALISTIC_FOR = 8_000  # milliseconds; small tables of AWS are ready within about ten seconds

Given = dict[str, Any]


def delay_of(scope: Scope) -> int:
    """Return how long, in milliseconds, changes of tables take.

    Nothing, unless the cloud keeps a realistic pace, or ``shake dynamodb delay SECONDS`` says otherwise.
    """
    slow = scope.kernel.faults.get("dynamodb", "delay")
    if slow:
        return round(slow * 1000)
    return REALISTIC_FOR if scope.kernel.config.pace == "realistic" else 0


def plan_table(scope: Scope, name: str, given: Given, tags: dict[str, str]) -> DynamoTable:
    """Return the table that CreateTable's input describes. Raises ValidationException."""
    billing = given.get("BillingMode") or "PROVISIONED"
    throughput = given.get("ProvisionedThroughput")
    if billing == "PROVISIONED" and throughput is None:
        raise invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        )
    if billing == "PAY_PER_REQUEST" and throughput is not None:
        raise invalid_values(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        )
    if billing == "PROVISIONED" and given.get("OnDemandThroughput") is not None:
        raise invalid_values("OnDemandThroughput cannot be specified when BillingMode is PROVISIONED")
    types = plan_attributes(given.get("AttributeDefinitions") or [])
    keys = plan_keys(given.get("KeySchema") or [])
    check_table_keys_defined(types, keys)
    indexes = _plan_indexes(given, keys, is_provisioned=billing == "PROVISIONED")
    check_attributes_used(types, [keys, *(index.keys for index in indexes)])
    return DynamoTable(
        arn=make_arn(scope, "dynamodb", f"table/{name}"),
        id=name,
        owner=scope.account,
        created_at=scope.now,
        tags=tags,
        number=scope.kernel.next_order(),
        uid=scope.kernel.ids.uuid(),
        status="CREATING",
        ready_at=scope.now + delay_of(scope),
        attributes=types,
        keys=keys,
        indexes=tuple(indexes),
        billing=billing,
        billing_changed_at=scope.now if billing == "PAY_PER_REQUEST" else None,
        throughput=plan_throughput(throughput),
        on_demand=plan_on_demand(given.get("OnDemandThroughput")),
        warm=plan_warm(given.get("WarmThroughput")),
        table_class=given.get("TableClass") or "",
        is_protected=bool(given.get("DeletionProtectionEnabled")),
        kms_key=plan_encryption(scope, given.get("SSESpecification")),
        next_index=len(indexes) + 1,
    )


def _plan_indexes(given: Given, keys: Any, *, is_provisioned: bool) -> list[SecondaryIndex]:
    indexes: list[SecondaryIndex] = []
    local, wide = given.get("LocalSecondaryIndexes"), given.get("GlobalSecondaryIndexes")
    if local is not None:
        indexes += plan_local(local, keys, 1)
    if wide is not None:
        if not wide:
            raise invalid_values("List of GlobalSecondaryIndexes is empty")
        first = len(indexes) + 1
        indexes += [plan_global(index, at, is_provisioned=is_provisioned) for at, index in enumerate(wide, first)]
    check_indexes(indexes)
    return indexes


def plan_encryption(scope: Scope, given: Given | None) -> str:
    """Return the ARN of the key a table is said to be encrypted with; empty for DynamoDB's own."""
    if not given:
        return ""
    key = given.get("KMSMasterKeyId")
    if not given.get("Enabled"):
        if key or given.get("SSEType"):
            raise invalid_values("SSEType and KMSMasterKeyId cannot be specified when Enabled is false")
        return ""
    if given.get("SSEType", "KMS") != "KMS":
        raise invalid_values("SSEType AES256 is not supported")
    if not key:
        key = "alias/aws/dynamodb"
    if key.startswith("arn:"):
        return str(key)
    return make_arn(scope, "kms", key if key.startswith("alias/") else f"key/{key}")


def add_table(scope: Scope, table: DynamoTable, stream: Given | None = None) -> DynamoTable:
    """Write a new table. Raises ResourceInUseException and LimitExceededException."""
    if tables.find(scope, table.id) is not None:
        raise dynamodb.errors.ResourceInUseException(f"Table already exists: {table.id}")
    if table_count.get(scope, "") >= MAX_TABLES:
        raise dynamodb.errors.LimitExceededException(
            f"Subscriber limit exceeded: There is a limit of {MAX_TABLES} tables per subscriber"
        )
    if stream is not None and stream.get("StreamEnabled"):
        table = with_stream(scope, table, stream)
    elif stream is not None and stream.get("StreamViewType"):
        raise _view_without_stream()
    tables.insert(scope, table)
    table_count.add(scope, "", 1)
    return table


def _view_without_stream() -> Exception:
    return invalid_values("Table is being created with an invalid stream specification: StreamViewType without stream")


def with_stream(scope: Scope, table: DynamoTable, given: Given) -> DynamoTable:
    """Return a table with a new stream, and write the stream."""
    view = given.get("StreamViewType")
    if view is None:
        raise invalid_values("StreamViewType must be specified when StreamEnabled is true")
    if table.is_streaming:
        raise invalid(f"Table already has an enabled stream: TableName: {table.id}")
    label = datetime.fromtimestamp(scope.now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{scope.now % 1000:03}"
    stream = Stream(label, view, scope.kernel.next_order())
    record = StreamRecord(
        table_name=table.id,
        label=label,
        arn=f"{table.arn}/stream/{label}",
        number=table.number,
        view=view,
        keys=table.keys,
        since=stream.since,
    )
    streams.insert(scope, record)
    keep_trimming(scope, table.number)
    return replace(table, stream=stream)


def without_stream(scope: Scope, table: DynamoTable) -> DynamoTable:
    """Return a table whose stream has ended, and end the stream. It can be read for 24 hours more."""
    stream = table.stream
    if stream is None or stream.until is not None:
        raise invalid(f"Table has no stream to disable: TableName: {table.id}")
    ended = replace(stream, until=scope.kernel.next_order())
    record = streams.find(scope, table.id, stream.label)
    if record is not None:
        streams.insert(scope, replace(record, until=ended.until))
    return replace(table, stream=ended)
