"""Policies passed to narrow a session."""

from __future__ import annotations

from collections.abc import Sequence

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.sts import sts
from skyglobe.services.sts.refusals import validation_error

MAX_POLICY_ARNS = 10  # STS API reference, AssumeRole

PolicyArns = Sequence[dict[str, str]]


def plan_policies(policy: str | None, policy_arns: PolicyArns | None) -> tuple[str, ...]:
    """Return the session policies of a request: the inline document first, then ARNs.

    Raises MalformedPolicyDocument with AWS's reason, and ValidationError for too many ARNs.
    """
    arns = [one["arn"] for one in policy_arns or () if "arn" in one]
    if len(arns) > MAX_POLICY_ARNS:
        raise validation_error(
            f"1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_POLICY_ARNS}"
        )
    if policy is None:
        return tuple(arns)
    try:
        parse_policy(policy, "session")
    except MalformedPolicy as error:
        raise sts.errors.MalformedPolicyDocumentException(str(error)) from error
    return (policy, *arns)


async def check_policies(scope: Scope, account: str, policy_arns: PolicyArns) -> None:
    """Refuse managed policies that ``account`` does not have, as IAM tells. Raises ValidationError."""
    iam = ServiceCaller(scope.kernel, "sts", account, scope.region).iam
    for one in policy_arns:
        try:
            await iam.get_policy(PolicyArn=one.get("arn", ""))
        except ServiceError as error:
            raise validation_error(f"Policy {one.get('arn', '')} does not exist or is not attachable.") from error
