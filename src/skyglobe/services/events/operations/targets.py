"""Targets of rules."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.events import events
from skyglobe.services.events.connecting import name_in
from skyglobe.services.events.finding import get_rule
from skyglobe.services.events.operations.rules import check_managed
from skyglobe.services.events.paging import page
from skyglobe.services.events.records import Rule, Target, api_destinations, targets
from skyglobe.services.events.refusals import invalid, no_such, not_built, over_limit
from skyglobe.services.events.rules.targets import (
    MAX_PUT,
    MAX_TARGETS,
    BadTarget,
    ForeignTarget,
    check_target,
    parse_target,
)


@events.operation
def put_targets(
    call: Call,
    rule: str,
    targets: list[dict[str, Any]],  # the model's member
    event_bus_name: str | None = None,
) -> dict[str, Any]:
    """Give a rule targets, or replace those of the same ids.

    Raises ResourceNotFoundException, ValidationException, ManagedRuleException; LimitExceededException for a sixth
    target; NotImplemented (501) for targets of services that are not there.
    """
    scope, _, found = get_rule(call, event_bus_name, rule)
    check_managed(call, found)
    if len(targets) > MAX_PUT:
        raise invalid(f"The number of targets must not exceed {MAX_PUT}.")
    ids = [one["Id"] for one in targets]
    if len(set(ids)) < len(ids):
        raise invalid("Duplicate target ids are not allowed in one request.")
    for one in targets:
        _check(call, one, found)
    _keep(scope, found, targets)
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _check(call: Call, target: dict[str, Any], rule: Rule) -> None:
    try:
        check_target(target, rule.role)
    except ForeignTarget as error:
        raise not_built(f"targets of the service {error}") from error
    except BadTarget as error:
        raise invalid(str(error)) from error
    kind, place = parse_target(target["Arn"])
    if kind == "api":
        found = api_destinations.find(call.within(place.account, place.region), name_in(target["Arn"]))
        if found is None or found.arn != target["Arn"]:
            raise no_such("ApiDestination", target["Arn"])
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letters is not None and parse_arn(dead_letters).region != call.region:
        raise invalid("Parameter DeadLetterConfig.Arn is not valid. Reason: the queue must be in the rule's Region.")


def _keep(scope: Scope, rule: Rule, given: list[dict[str, Any]]) -> None:
    known = {target.id: target for target in targets.scan(scope, rule.number)}
    if len(known | {one["Id"]: None for one in given}) > MAX_TARGETS:
        raise over_limit()
    for one in given:
        made = Target(rule_number=rule.number, id=one["Id"], bus=rule.bus, rule=rule.id, arn=one["Arn"], settings=one)
        if one["Id"] in known:
            targets.replace(scope, known[one["Id"]], made)
        else:
            targets.insert(scope, made)


@events.operation
def remove_targets(
    call: Call, rule: str, ids: list[str], event_bus_name: str | None = None, force: bool = False
) -> dict[str, Any]:
    """Take targets from a rule; ids it does not have are told as failed.

    Raises ResourceNotFoundException, ManagedRuleException.
    """
    scope, _, found = get_rule(call, event_bus_name, rule)
    check_managed(call, found, force)
    failed = []
    for identity in ids:
        target = targets.find(scope, found.number, identity)
        if target is None:
            text = f"Rule {found.id} does not have target {identity}."
            failed.append({"TargetId": identity, "ErrorCode": "ResourceNotFoundException", "ErrorMessage": text})
        else:
            targets.delete(scope, target)
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@events.operation
def list_targets_by_rule(
    call: Call, rule: str, event_bus_name: str | None = None, next_token: str | None = None, limit: int | None = None
) -> dict[str, Any]:
    """List a rule's targets by id. Raises ResourceNotFoundException."""
    scope, _, found = get_rule(call, event_bus_name, rule)
    return page(
        call,
        f"targets:{found.number}",
        "Targets",
        lambda past: targets.scan(scope, found.number, past=past),
        lambda target: (target.id,),
        lambda target: target.settings,
        next_token,
        limit,
    )
