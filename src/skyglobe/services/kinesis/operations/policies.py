"""Resource policies of streams and consumers. They decide, with the callers' own, who may do what."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.finding import get_consumer, get_stream, parse_consumer_arn
from skyglobe.services.kinesis.records import Policy, policies
from skyglobe.services.kinesis.refusals import in_use, invalid

MAX_POLICY_BYTES = 20_480  # developer guide, "Resource-based policy limits"


@kinesis.operation(unused=("StreamId",))
def put_resource_policy(call: Call, resource_arn: str, policy: str) -> None:
    """Give a stream or consumer a policy, in place of the one it has."""
    scope = _owned(call, resource_arn)
    if len(policy.encode("utf-8", "surrogatepass")) > MAX_POLICY_BYTES:
        raise invalid(f"The policy must not be larger than {MAX_POLICY_BYTES} bytes.")
    try:
        parse_policy(policy, "resource")
    except MalformedPolicy as reason:
        raise invalid(f"The policy is not valid: {reason}") from reason
    policies.insert(scope, Policy(arn=resource_arn, document=policy))


@kinesis.operation(unused=("StreamId",))
def get_resource_policy(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return the policy of a stream or consumer, empty when it has none."""
    scope = _owned(call, resource_arn)
    found = policies.find(scope, resource_arn)
    return {"Policy": found.document if found is not None else "{}"}


@kinesis.operation(unused=("StreamId",))
def delete_resource_policy(call: Call, resource_arn: str) -> None:
    """Take away the policy of a stream or consumer. Raises ResourceNotFoundException when it has none."""
    scope = _owned(call, resource_arn)
    if policies.find(scope, resource_arn) is None:
        raise kinesis.errors.ResourceNotFoundException(f"Resource {resource_arn} has no policy.")
    policies.drop(scope, resource_arn)


def _owned(call: Call, arn: str) -> Scope:
    """Return where a stream or consumer lives. Raises AccessDeniedException for another account's."""
    if parse_consumer_arn(arn) is not None:
        scope, _, _ = get_consumer(call, arn)
    else:
        scope, stream = get_stream(call, None, arn)
        if stream.status in ("CREATING", "DELETING"):
            raise in_use(
                f"Stream {stream.id} under account {stream.owner} not ACTIVE, instead in state {stream.status}"
            )
    if scope.account != call.account:
        raise kinesis.errors.AccessDeniedException(f"Only the owner of {arn} may see and change its policy.")
    return scope
