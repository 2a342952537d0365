"""Rules that trigger themselves: durable timers, each of which sets the next."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.outbox import post
from skyglobe.kernel.schedules import BadSchedule, Schedule, parse_schedule
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.events import events
from skyglobe.services.events.counting import count_for
from skyglobe.services.events.records import DEFAULT_BUS, Rule, rules
from skyglobe.services.events.rules.entries import make_event, write_event


def check_schedule(text: str) -> None:
    """Raise BadSchedule for what is no schedule of a rule: rules know ``rate`` and ``cron``, in UTC."""
    if text.startswith("at("):
        raise BadSchedule("rules have no schedules that come once")
    if parse_schedule(text).next_after(0) is None:
        raise BadSchedule("the schedule never comes")


def _schedule_of(rule: Rule, since: int) -> Schedule:
    return parse_schedule(rule.schedule, since=since)


def reschedule(scope: Scope, rule: Rule) -> None:
    """Set or cancel the timer of a rule that was made, changed, enabled or disabled. Rates count from now on."""
    cancel_timer(scope, "events", "schedule", rule.id)
    if rule.schedule and rule.is_enabled:
        _expect(scope, rule, scope.now, scope.now)


def _expect(scope: Scope, rule: Rule, since: int, after: int) -> None:
    due_at = _schedule_of(rule, since).next_after(after)
    if due_at is not None:
        set_timer(scope, "events", "schedule", rule.id, due_at, {"number": rule.number, "since": since})


@events.timer("schedule")
def trigger(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Send the scheduled event to a rule's targets, and wait for the next time."""
    rule = rules.find(scope, DEFAULT_BUS, key)
    if rule is None or rule.number != payload["number"] or not rule.is_enabled or not rule.schedule:
        return
    event = make_event(
        scope.kernel.ids.uuid(), scope.account, scope.region, scope.now, "aws.events", "Scheduled Event", [rule.arn], {}
    )
    count_for(scope, rule.bus, rule.id, "TriggeredRules")
    letter = {"bus": rule.bus, "rules": [[rule.id, rule.number]], "event": write_event(event)}
    post(scope, "events", "dispatch", {**letter, "at": scope.now, "hops": 0})
    _expect(scope, rule, payload["since"], scope.now)
