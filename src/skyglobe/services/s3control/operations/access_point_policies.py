"""The policies of access points."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.s3.guards import NO_BLOCKS, blocks_of_account
from skyglobe.services.s3.points import points
from skyglobe.services.s3.rules.bucket_policies import is_public
from skyglobe.services.s3control import finding, policies, refusals, s3control


@s3control.operation
def put_access_point_policy(call: Call, account_id: str, name: str, policy: str) -> None:
    """Give an access point a policy, in place of the one it had. Raises what ``policies.check`` does."""
    scope, found = finding.get_point(call, account_id, name)
    blocks = found.blocks | (blocks_of_account(call, account_id) or NO_BLOCKS)
    policies.check(call, policy, found.arn, blocks)
    points.replace(scope, found, replace(found, policy=policy))


@s3control.operation
def get_access_point_policy(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Return the policy of an access point as it was put. Raises NoSuchAccessPointPolicy."""
    return {"Policy": _policy_of(call, account_id, name)}


@s3control.operation
def get_access_point_policy_status(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Say whether the policy of an access point is public. Raises NoSuchAccessPointPolicy."""
    return {"PolicyStatus": {"IsPublic": is_public(_policy_of(call, account_id, name))}}


@s3control.operation
def delete_access_point_policy(call: Call, account_id: str, name: str) -> None:
    """Remove the policy of an access point. Raises NoSuchAccessPointPolicy when there is none."""
    scope, found = finding.get_point(call, account_id, name)
    if not found.policy:
        raise refusals.no_such_policy(name)
    points.replace(scope, found, replace(found, policy=""))


def _policy_of(call: Call, account: str, name: str) -> str:
    _, found = finding.get_point(call, account, name)
    if not found.policy:
        raise refusals.no_such_policy(name)
    return found.policy
