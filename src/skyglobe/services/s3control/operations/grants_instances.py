"""Instances of S3 Access Grants, and who of other accounts may use one."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.s3control import finding, grants, refusals, s3control
from skyglobe.services.s3control.grants import Instance, get_instance, instances, locations
from skyglobe.services.s3control.rules.grants import bucket_in, covers
from skyglobe.services.s3control.tagging import tags_in


@s3control.operation
def create_access_grants_instance(
    call: Call, account_id: str, identity_center_arn: str | None = None, tags: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Make the instance of this region. Raises AccessGrantsInstanceAlreadyExists, NotImplemented for directories."""
    if identity_center_arn is not None:
        text = "IAM Identity Center is not built: grants are for users and roles."
        raise s3control.error("NotImplemented", text, status=501)
    there = call.within(account_id)
    if instances.find(there, "default") is not None:
        text = "Access Grants Instance already exists"
        raise s3control.error("AccessGrantsInstanceAlreadyExists", text, status=409)
    made = Instance(
        arn=grants.instance_arn(call, account_id),
        id="default",
        owner=account_id,
        created_at=call.now,
        tags=tags_in(tags or []),
    )
    instances.insert(there, made)
    return _told(made)


def _told(found: Instance) -> dict[str, Any]:
    return {
        "CreatedAt": found.created_at / 1000,
        "AccessGrantsInstanceId": found.id,
        "AccessGrantsInstanceArn": found.arn,
    }


@s3control.operation
def get_access_grants_instance(call: Call, account_id: str) -> dict[str, Any]:
    """Describe the instance of this region."""
    return _told(get_instance(call, account_id)[1])


@s3control.operation
def list_access_grants_instances(
    call: Call, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """Return the instance of this region, if there is one."""
    there = call.within(account_id)
    rows = instances.scan(there)
    found, following = finding.page(there, "s3control.instances", rows, next_token, max_results)
    return {"AccessGrantsInstancesList": [_told(each) for each in found], **following}


@s3control.operation
def get_access_grants_instance_for_prefix(call: Call, account_id: str, s3_prefix: str) -> dict[str, Any]:
    """Return the instance that has a location for a prefix. Raises AccessGrantsInstanceNotExistsError."""
    there, found = get_instance(call, account_id)
    wanted = s3_prefix if s3_prefix.startswith("s3://") else f"s3://{s3_prefix}"
    known = any(covers(_open(each.scope), wanted) for each in locations.scan(there))
    if not known or not bucket_in(wanted):
        text = "Access Grants Instance does not exist for the prefix"
        raise s3control.error("AccessGrantsInstanceNotExistsError", text, status=404)
    return {"AccessGrantsInstanceArn": found.arn, "AccessGrantsInstanceId": found.id}


def _open(scope: str) -> str:
    return scope if scope.endswith("*") else f"{scope}*"


@s3control.operation
def delete_access_grants_instance(call: Call, account_id: str) -> None:
    """Delete an instance without locations. Raises AccessGrantsInstanceNotEmptyError."""
    scope, found = get_instance(call, account_id)
    if next(locations.scan(scope, limit=1), None) is not None:
        text = "Access Grants Instance must not contain any locations"
        raise s3control.error("AccessGrantsInstanceNotEmptyError", text)
    instances.delete(scope, found)


@s3control.operation
def put_access_grants_instance_resource_policy(
    call: Call, account_id: str, policy: str, organization: str | None = None
) -> dict[str, Any]:
    """Let other accounts use the instance. Raises InvalidResourcePolicy."""
    if organization is not None:
        raise refusals.invalid_request("Name the organization in the policy: aws:PrincipalOrgID.")
    scope, found = get_instance(call, account_id)
    try:
        parse_policy(policy, "resource")
    except MalformedPolicy as error:
        raise s3control.error("InvalidResourcePolicy", str(error)) from error
    kept = replace(found, policy=policy, policy_at=call.now)
    instances.replace(scope, found, kept)
    return {"Policy": policy, "CreatedAt": kept.policy_at / 1000}


@s3control.operation
def get_access_grants_instance_resource_policy(call: Call, account_id: str) -> dict[str, Any]:
    """Return the policy of an instance. Raises AccessGrantsInstanceResourcePolicyNotExists."""
    _, found = get_instance(call, account_id)
    if not found.policy:
        text = "Access Grants Instance Resource Policy does not exist"
        raise s3control.error("AccessGrantsInstanceResourcePolicyNotExists", text, status=404)
    return {"Policy": found.policy, "CreatedAt": found.policy_at / 1000}


@s3control.operation
def delete_access_grants_instance_resource_policy(call: Call, account_id: str) -> None:
    """Remove the policy of an instance; nothing happens when there is none."""
    scope, found = get_instance(call, account_id)
    instances.replace(scope, found, replace(found, policy="", policy_at=0))
