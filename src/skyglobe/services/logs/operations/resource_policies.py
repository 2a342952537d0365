"""Resource policies: which AWS services may write logs into the account, or into one group."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import get_identified
from skyglobe.services.logs.paging import DEFAULT_LISTED, page
from skyglobe.services.logs.records import ResourcePolicy, resource_policies
from skyglobe.services.logs.refusals import invalid, not_found, over_limit

MAX_POLICIES = 10  # of an account in a region; API reference of PutResourcePolicy
MAX_BYTES = 5_120  # of an account's policy; user guide, "CloudWatch Logs quotas". The model has the bound of a group's


@logs.operation
def put_resource_policy(
    call: Call,
    policy_name: str | None = None,
    policy_document: str | None = None,
    resource_arn: str | None = None,
    expected_revision_id: str | None = None,
) -> dict[str, Any]:
    """Let services write logs. Raises LimitExceededException; OperationAbortedException for another revision."""
    if policy_document is None:
        raise invalid("policyDocument must be specified.")
    try:
        parse_policy(policy_document, "resource")
    except MalformedPolicy as reason:
        raise invalid(f"Unable to parse the policy document: {reason}") from reason
    if resource_arn is not None:
        return _put_on_group(call, resource_arn, policy_name or "", policy_document, expected_revision_id)
    if not policy_name:
        raise invalid("policyName must be specified.")
    if len(policy_document.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise invalid(f"The policy document must not be larger than {MAX_BYTES} bytes.")
    others = [one for one in resource_policies.scan(call, "") if one.name != policy_name]
    if len(others) >= MAX_POLICIES:
        raise over_limit()
    made = ResourcePolicy(group="", name=policy_name, document=policy_document, updated_at=call.now)
    resource_policies.insert(call, made)
    return {"resourcePolicy": _shown(made)}


def _put_on_group(call: Call, arn: str, name: str, document: str, revision: str | None) -> dict[str, Any]:
    scope, group = get_identified(call, arn)
    before = next(resource_policies.scan(scope, group.arn, limit=1), None)
    if before is not None:
        _check_revision(before, revision)
        resource_policies.drop(scope, group.arn, before.name)
    elif revision is not None:
        raise invalid("expectedRevisionId must not be specified for the first resource policy of a log group.")
    made = ResourcePolicy(
        group=group.arn, name=name, document=document, updated_at=call.now, revision=call.kernel.ids.uuid()
    )
    resource_policies.insert(scope, made)
    return {"resourcePolicy": _shown(made), "revisionId": made.revision}


def _check_revision(found: ResourcePolicy, expected: str | None) -> None:
    if expected is None:
        raise invalid("expectedRevisionId must be specified for the resource policy of a log group.")
    if expected != found.revision:
        raise logs.errors.OperationAbortedException("The resource policy was changed: its revision is another.")


@logs.operation
def delete_resource_policy(
    call: Call,
    policy_name: str | None = None,
    resource_arn: str | None = None,
    expected_revision_id: str | None = None,
) -> None:
    """Take a policy back. Raises ResourceNotFoundException."""
    if resource_arn is not None:
        scope, group = get_identified(call, resource_arn)
        found = next(resource_policies.scan(scope, group.arn, limit=1), None)
        if found is None or policy_name not in (None, found.name):
            raise not_found("resource policy")
        _check_revision(found, expected_revision_id)
        resource_policies.drop(scope, group.arn, found.name)
        return
    if policy_name is None:
        raise invalid("policyName must be specified.")
    if resource_policies.find(call, "", policy_name) is None:
        raise logs.errors.ResourceNotFoundException(f"Policy with name [{policy_name}] does not exist")
    resource_policies.drop(call, "", policy_name)


@logs.operation
def describe_resource_policies(
    call: Call,
    next_token: str | None = None,
    limit: int = DEFAULT_LISTED,
    resource_arn: str | None = None,
    policy_scope: str = "ACCOUNT",
) -> dict[str, Any]:
    """List the account's policies by name, or those of groups."""
    listing = f"policies:{resource_arn}:{policy_scope}"
    if resource_arn is not None:
        scope, group = get_identified(call, resource_arn)
        rows = list(resource_policies.scan(scope, group.arn))
    elif policy_scope == "ACCOUNT":
        rows = list(resource_policies.scan(call, ""))
    else:
        rows = list(resource_policies.scan(call, past=("",)))
    shown, following = page(call, listing, rows, lambda one: f"{one.group}\0{one.name}", next_token, limit)
    return {"resourcePolicies": [_shown(one) for one in shown], **following}


def _shown(one: ResourcePolicy) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "policyDocument": one.document,
        "lastUpdatedTime": one.updated_at,
        "policyScope": "RESOURCE" if one.group else "ACCOUNT",
    }
    if one.name:
        shown["policyName"] = one.name
    if one.group:
        shown |= {"resourceArn": one.group, "revisionId": one.revision}
    return shown
