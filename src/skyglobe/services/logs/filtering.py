"""What metric filters, subscription filters and account policies have in common."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.records import LogGroup, Taps, taps
from skyglobe.services.logs.refusals import bad_pattern, invalid, not_built, over_limit
from skyglobe.services.logs.rules.patterns import BadPattern, compile_pattern
from skyglobe.services.logs.rules.patterns.regexes import MAX_PATTERNS_IN_GROUP


def taps_of(scope: Scope, group: LogGroup) -> Taps:
    """Return a group's filters; none when it has had none so far."""
    return taps.find(scope, group.number) or Taps(group=group.number, group_name=group.id)


def check_pattern(text: str) -> int:
    """Return how many regular expressions a pattern has. Raises InvalidParameterException."""
    try:
        return compile_pattern(text).regexes
    except BadPattern as reason:
        raise bad_pattern(reason) from reason


def check_pattern_of_group(tapped: Taps, text: str, name: str) -> None:
    """Raise unless a pattern may be added to a group's, in place of those of filters called ``name``."""
    if not check_pattern(text):
        return
    patterns = [one.pattern for one in tapped.metrics if one.name != name]
    patterns += [one.pattern for one in tapped.subscriptions if one.name != name]
    if sum(1 for pattern in patterns if compile_pattern(pattern).regexes) >= MAX_PATTERNS_IN_GROUP:
        raise over_limit(
            f"A log group can have at most {MAX_PATTERNS_IN_GROUP} filter patterns with regular expressions."
        )


def refuse_other_classes(group: LogGroup, what: str) -> None:
    """Raise InvalidParameterException for groups whose class is without ``what``."""
    if group.kind != "STANDARD":
        raise invalid(f"{what} are not supported on log groups of the {group.kind} log class.")


def refuse_unbuilt(*, transformed: bool, criteria: str, fields: list[str]) -> None:
    """Raise for what filters of transformed or centralized logs ask for.

    Raises InvalidOperationException for transformed logs, as no group has a transformer; NotImplemented (501) else.
    """
    if transformed:
        raise logs.errors.InvalidOperationException(
            "applyOnTransformedLogs is valid only for log groups that have an active log transformer."
        )
    if criteria or fields:
        raise not_built("system fields of centralized logs (fieldSelectionCriteria, emitSystemFields)")
