"""Who else may put events on a bus."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.events import events
from skyglobe.services.events.finding import get_bus
from skyglobe.services.events.records import EventBus, buses
from skyglobe.services.events.refusals import invalid, not_found
from skyglobe.services.events.rules.permissions import MAX_POLICY_BYTES, statement, statements_of, write_policy


@events.operation
def put_permission(
    call: Call,
    event_bus_name: str | None = None,
    action: str | None = None,
    principal: str | None = None,
    statement_id: str | None = None,
    condition: dict[str, str] | None = None,
    policy: str | None = None,
) -> None:
    """Add a statement to a bus's policy, or give it another policy.

    Raises ResourceNotFoundException, ValidationException; PolicyLengthExceededException above 10 KB.
    """
    bus = get_bus(call, event_bus_name).bus
    if policy is not None:
        if action or principal or statement_id or condition:
            raise invalid("Parameter Policy cannot be specified together with other parameters.")
        _keep(call, bus, policy)
        return
    if not action or not principal or not statement_id:
        raise invalid("Parameters Action, Principal and StatementId are required.")
    if action != "events:PutEvents":
        raise invalid("Provided value in parameter 'action' is not supported.")
    if condition is not None and principal != "*":
        raise invalid("Parameter Condition requires the principal '*'.")
    made = statement(statement_id, principal, action, bus.arn, condition)
    others = [one for one in statements_of(bus.policy) if one.get("Sid") != statement_id]
    _keep(call, bus, write_policy([*others, made]))


@events.operation
def remove_permission(
    call: Call, statement_id: str | None = None, remove_all_permissions: bool = False, event_bus_name: str | None = None
) -> None:
    """Take a statement out of a bus's policy, or all of them. Raises ResourceNotFoundException."""
    bus = get_bus(call, event_bus_name).bus
    if not bus.policy:
        if remove_all_permissions:
            return
        raise not_found("EventBus does not have a policy.")
    if remove_all_permissions:
        buses.put(call, replace(bus, policy="", changed_at=call.now))
        return
    if statement_id is None:
        raise invalid("Parameter StatementId is required.")
    found = statements_of(bus.policy)
    kept = [one for one in found if one.get("Sid") != statement_id]
    if len(kept) == len(found):
        raise not_found("Statement with the provided id does not exist.")
    buses.put(call, replace(bus, policy=write_policy(kept), changed_at=call.now))


def _keep(call: Call, bus: EventBus, policy: str) -> None:
    if len(policy.encode("utf-8", "surrogatepass")) > MAX_POLICY_BYTES:
        raise events.errors.PolicyLengthExceededException("The policy of the event bus must not exceed 10 KB.")
    try:
        parse_policy(policy, "resource")
    except MalformedPolicy as reason:
        raise invalid(f"Parameter Policy is not valid. Reason: {reason}") from reason
    buses.put(call, replace(bus, policy=policy, changed_at=call.now))
