"""PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: who else may use a table and its indexes."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.records import tables
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.names import parse_table_arn
from skyglobe.services.dynamodb.rules.values import text_bytes

MAX_POLICY_BYTES = 20_480  # DynamoDB quotas, "Resource-based policy": 20 KB
NO_POLICY = "NO_POLICY"  # the revision of a resource that has none; API reference of PutResourcePolicy


def check_policy(document: str) -> str:
    """Return a policy if it can be one of a table. Raises ValidationException."""
    if text_bytes(document) > MAX_POLICY_BYTES:
        raise invalid(f"Resource policy exceeds the maximum size of {MAX_POLICY_BYTES} bytes")
    try:
        parse_policy(document, "resource")
    except MalformedPolicy as error:
        raise invalid(f"Invalid policy document: {error}") from error
    return document


def _protected(call: Call, arn: str) -> Found:
    place = parse_table_arn(arn)
    if place is None:
        raise invalid(f"Invalid ResourceArn provided as input {arn}")
    if place[3]:
        raise dynamodb.error("NotImplemented", "Skyglobe does not implement policies of streams yet.", status=501)
    region, account, name, _ = place
    scope = call.within(account, region)
    table = tables.find(scope, name)
    if table is None:
        raise dynamodb.errors.ResourceNotFoundException(f"Requested resource not found: Table: {name} not found")
    return Found(scope, table)


def _check_revision(found: Found, expected: str | None) -> None:
    if expected is not None and expected != (found.table.policy_revision or NO_POLICY):
        raise dynamodb.errors.PolicyNotFoundException("Resource-based policy with the expected revision was not found.")


@dynamodb.operation
def put_resource_policy(
    call: Call,
    resource_arn: str,
    policy: str,
    expected_revision_id: str | None = None,
    confirm_remove_self_resource_access: bool | None = None,
) -> dict[str, Any]:
    """Set a table's policy. It decides the very next call."""
    found = _protected(call, resource_arn)
    scope, table = found
    _check_revision(found, expected_revision_id)
    revision = table.policy_revision
    if check_policy(policy) != table.policy:
        revision = str(scope.kernel.next_order())
    tables.replace(scope, table, replace(table, policy=policy, policy_revision=revision))
    return {"RevisionId": revision}


@dynamodb.operation
def get_resource_policy(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return a table's policy."""
    table = _protected(call, resource_arn).table
    if not table.policy:
        raise dynamodb.errors.PolicyNotFoundException(
            f"Resource-based policy not found for the provided ResourceArn: {resource_arn}"
        )
    return {"Policy": table.policy, "RevisionId": table.policy_revision}


@dynamodb.operation
def delete_resource_policy(call: Call, resource_arn: str, expected_revision_id: str | None = None) -> dict[str, Any]:
    """Take a table's policy away. Nothing happens when it has none."""
    found = _protected(call, resource_arn)
    scope, table = found
    _check_revision(found, expected_revision_id)
    if not table.policy:
        return {}
    tables.replace(scope, table, replace(table, policy="", policy_revision=""))
    return {"RevisionId": table.policy_revision}


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of the table an ARN speaks of, itself or one of its indexes; None when it has none."""
    place = parse_table_arn(arn)
    if place is None:
        return None
    region, account, name, rest = place
    if rest.startswith("/stream/"):
        return None
    here = scope.account == account and scope.region == region
    table = tables.find(scope if here else scope.within(account, region), name)
    return table.policy or None if table is not None else None
