"""Rules: which events, or what times, are told to whom."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.schedules import BadSchedule
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.finding import Found, get_bus, get_rule, rule_arn
from skyglobe.services.events.matching import note_change
from skyglobe.services.events.operations.patterns import checked_pattern
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import ENABLED, EventBus, Rule, rules, targets
from skyglobe.services.events.refusals import invalid, managed, not_built, over_limit
from skyglobe.services.events.scheduling import check_schedule, reschedule
from skyglobe.services.events.tagging import tags_in

MAX_RULES = 300  # of a bus; user guide, "Amazon EventBridge quotas"


@events.operation
def put_rule(
    call: Call,
    name: str,
    schedule_expression: str = "",
    event_pattern: str = "",
    state: str = ENABLED,
    description: str = "",
    role_arn: str = "",
    tags: list[dict[str, str]] | None = None,
    event_bus_name: str | None = None,
) -> dict[str, Any]:
    """Create a rule, or give one other terms: what is left out is not kept. Tags count when it is made only.

    Raises ResourceNotFoundException for the bus, InvalidEventPatternException, ValidationException,
    LimitExceededException, ManagedRuleException.
    """
    found = get_bus(call, event_bus_name)
    _check(found.bus, schedule_expression, event_pattern, state)
    terms = {
        "pattern": event_pattern,
        "schedule": schedule_expression,
        "state": state,
        "description": description,
        "role": role_arn,
    }
    before = rules.find(found.scope, found.bus.id, name)
    if before is not None:
        check_managed(call, before)
        rule = replace(before, **terms)
        rules.replace(found.scope, before, rule)
    else:
        rule = _make(call, found, name, tags_in(tags), terms)
    _changed(found.scope, found.bus, rule)
    return {"RuleArn": rule.arn}


def _check(bus: EventBus, schedule: str, pattern: str, state: str) -> None:
    if not schedule and not pattern:
        raise invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if state not in (ENABLED, "DISABLED"):
        raise not_built("rules for CloudTrail's management events")
    if schedule:
        if not bus.is_default:
            raise invalid("ScheduleExpression is supported only on the default event bus.")
        try:
            check_schedule(schedule)
        except BadSchedule as error:
            raise invalid("Parameter ScheduleExpression is not valid.") from error
    if pattern:
        checked_pattern(pattern)


def _make(call: Call, found: Found, name: str, tags: dict[str, str], terms: dict[str, str]) -> Rule:
    scope, bus = found
    if sum(1 for _ in rules.scan(scope, bus.id)) >= MAX_RULES:
        raise over_limit()
    check_tags(tags, invalid)
    principal = call.principal
    is_service = principal.type == "service" and not principal.source_arn
    rule = Rule(
        arn=rule_arn(scope, bus.id, name),
        id=name,
        owner=scope.account,
        created_at=call.now,
        tags=tags,
        bus=bus.id,
        number=call.kernel.next_order(),
        managed_by=principal.arn if is_service else "",
        creator=call.account,
        **terms,
    )
    rules.insert(scope, rule)
    return rule


def check_managed(call: Call, rule: Rule, force: bool = False) -> None:
    """Raise ManagedRuleException for a rule that a service made, unless it is the service that asks, or ``force``."""
    if rule.managed_by and not force and call.principal.arn != rule.managed_by:
        raise managed(rule.id)


def _changed(scope: Scope, bus: EventBus, rule: Rule) -> None:
    note_change(scope, bus)
    reschedule(scope, rule)


@events.operation
def delete_rule(call: Call, name: str, event_bus_name: str | None = None, force: bool = False) -> None:
    """Delete a rule without targets; nothing happens when there is none.

    Raises ValidationException, ManagedRuleException; ResourceNotFoundException for the bus.
    """
    scope, bus = get_bus(call, event_bus_name)
    rule = rules.find(scope, bus.id, name)
    if rule is None:
        return
    check_managed(call, rule, force)
    if next(iter(targets.scan(scope, rule.number, limit=1)), None) is not None:
        raise invalid("Rule can't be deleted since it has targets.")
    rules.delete(scope, rule)
    _changed(scope, bus, replace(rule, state="DELETED"))


@events.operation
def describe_rule(call: Call, name: str, event_bus_name: str | None = None) -> dict[str, Any]:
    """Return a rule. Raises ResourceNotFoundException."""
    rule = get_rule(call, event_bus_name, name).rule
    return {**_shown(rule), "CreatedBy": rule.creator}


@events.operation
def enable_rule(call: Call, name: str, event_bus_name: str | None = None) -> None:
    """Let a rule trigger. Raises ResourceNotFoundException, ManagedRuleException."""
    _set_state(call, name, event_bus_name, ENABLED)


@events.operation
def disable_rule(call: Call, name: str, event_bus_name: str | None = None) -> None:
    """Keep a rule from triggering. Raises ResourceNotFoundException, ManagedRuleException."""
    _set_state(call, name, event_bus_name, "DISABLED")


def _set_state(call: Call, name: str, bus_name: str | None, state: str) -> None:
    scope, bus, rule = get_rule(call, bus_name, name)
    check_managed(call, rule)
    if rule.state != state:
        changed = replace(rule, state=state)
        rules.replace(scope, rule, changed)
        _changed(scope, bus, changed)


@events.operation
def list_rules(
    call: Call,
    name_prefix: str = "",
    event_bus_name: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List the rules of a bus by name. Raises ResourceNotFoundException."""
    scope, bus = get_bus(call, event_bus_name)
    return page(
        call,
        f"rules:{bus.arn}:{name_prefix}",
        "Rules",
        lambda past: rules.scan(scope, bus.id, past=past, starting=name_prefix),
        lambda rule: (rule.id,),
        _shown,
        next_token,
        limit,
    )


@events.operation
def list_rule_names_by_target(
    call: Call,
    target_arn: str,
    event_bus_name: str | None = None,
    next_token: str | None = None,
    limit: int | None = None,
) -> dict[str, Any]:
    """List the rules of a bus that have a target, by name. Raises ResourceNotFoundException for the bus."""
    scope, bus = get_bus(call, event_bus_name)

    def names_past(past: Any) -> Any:
        found = targets.scan_by(scope, "arn", bus.id, target_arn, past=past)
        return dict.fromkeys(target.rule for target in found)

    listing = f"names:{bus.arn}:{target_arn}"
    return page(call, listing, "RuleNames", names_past, lambda name: (name,), lambda name: name, next_token, limit)


def _shown(rule: Rule) -> dict[str, Any]:
    shown: dict[str, Any] = {"Name": rule.id, "Arn": rule.arn, "State": rule.state, "EventBusName": rule.bus}
    further = {
        "EventPattern": rule.pattern,
        "ScheduleExpression": rule.schedule,
        "Description": rule.description,
        "RoleArn": rule.role,
        "ManagedBy": rule.managed_by,
    }
    return {**shown, **{name: value for name, value in further.items() if value}}
