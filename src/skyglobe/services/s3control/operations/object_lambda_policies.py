"""The policies of Object Lambda access points, whose actions are those of ``s3-object-lambda``."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.s3.points import lambda_points
from skyglobe.services.s3.rules.bucket_policies import MAX_POLICY_BYTES, is_public, statements_of
from skyglobe.services.s3control import finding, policies, refusals, s3control


@s3control.operation
def put_access_point_policy_for_object_lambda(call: Call, account_id: str, name: str, policy: str) -> None:
    """Give an Object Lambda access point a policy, in place of the one it had.

    Raises MalformedPolicy, PolicyTooLarge, and AccessDenied for a public one: public access is always blocked.
    """
    scope, found = finding.get_lambda_point(call, account_id, name)
    _check(call, policy, found.arn)
    lambda_points.replace(scope, found, replace(found, policy=policy))


def _check(call: Call, text: str, arn: str) -> None:
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise s3control.error("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    try:
        parse_policy(text, "resource")
    except MalformedPolicy as error:
        raise refusals.malformed_policy(str(error)) from error
    for statement in statements_of(text):
        for element, start, reason in (
            ("Action", "s3-object-lambda:", "Policy has invalid action"),
            ("Resource", arn, "Policy has invalid resource"),
        ):
            written = statement.get(element, [])
            values = [written] if isinstance(written, str) else written
            if not values or not all(str(value).startswith(start) for value in values):
                raise refusals.malformed_policy(reason)
    policies.check_principals(call, text)
    if is_public(_as_s3(text)):
        raise policies.public_refused()


def _as_s3(text: str) -> str:
    """Return a policy as if its actions were S3's, by which S3 says what is public."""
    return text.replace("s3-object-lambda:", "s3:")


@s3control.operation
def get_access_point_policy_for_object_lambda(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Return the policy as it was put. Raises NoSuchAccessPointPolicy."""
    return {"Policy": _policy_of(call, account_id, name)}


@s3control.operation
def get_access_point_policy_status_for_object_lambda(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Say whether the policy is public. Raises NoSuchAccessPointPolicy."""
    return {"PolicyStatus": {"IsPublic": is_public(_as_s3(_policy_of(call, account_id, name)))}}


@s3control.operation
def delete_access_point_policy_for_object_lambda(call: Call, account_id: str, name: str) -> None:
    """Remove the policy. Raises NoSuchAccessPointPolicy when there is none."""
    _policy_of(call, account_id, name)
    scope, found = finding.get_lambda_point(call, account_id, name)
    lambda_points.replace(scope, found, replace(found, policy=""))


def _policy_of(call: Call, account: str, name: str) -> str:
    _, found = finding.get_lambda_point(call, account, name)
    if not found.policy:
        raise refusals.no_such_policy(name)
    return found.policy
