"""Storage Lens groups: which filters S3 takes, and which objects they mean.

S3 user guide, "How S3 Storage Lens groups work"; API reference, StorageLensGroupFilter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

MAX_GROUPS = 50  # of an account in a home region; S3 endpoints and quotas, "S3 Storage Lens groups"
MAX_CHOICES = 10  # prefixes, suffixes or tags of one group; user guide, "How S3 Storage Lens groups work"
MIN_CONDITIONS = 2  # of And and Or
DAY = 86_400_000
RANGES = {
    "MatchObjectAge": ("DaysGreaterThan", "DaysLessThan"),
    "MatchObjectSize": ("BytesGreaterThan", "BytesLessThan"),
}


class BadGroup(ValueError):
    """A filter S3 does not take, and why."""


class Subject(NamedTuple):
    """What of an object filters look at."""

    key: str
    tags: Mapping[str, str]
    age: int
    """Days since it was written."""
    size_bytes: int


def check_filter(chosen: Mapping[str, Any]) -> None:
    """Raise BadGroup for a filter that is none: it has one condition, or one And or Or of several."""
    if len(chosen) != 1:
        raise BadGroup("Filter must have exactly one element")
    [(name, given)] = chosen.items()
    if name not in ("And", "Or"):
        _check_condition(name, given)
        return
    if len(given) < MIN_CONDITIONS:
        raise BadGroup(f"{name} must have at least two elements")
    for each, condition in given.items():
        _check_condition(each, condition)


def _check_condition(name: str, given: Any) -> None:
    if name not in RANGES:
        if not 1 <= len(given) <= MAX_CHOICES:
            raise BadGroup(f"{name} must have between 1 and {MAX_CHOICES} elements")
        return
    above, below = (given.get(bound) for bound in RANGES[name])
    if above is None and below is None:
        raise BadGroup(f"{name} must have at least one element")
    if (above or 0) < 0 or (below or 0) < 0 or (above is not None and below is not None and above >= below):
        raise BadGroup(f"{name} must be a range of positive numbers")


def means(chosen: Mapping[str, Any], subject: Subject) -> bool:
    """Whether a filter means an object."""
    [(name, given)] = chosen.items()
    if name in ("And", "Or"):
        outcomes = (_CONDITIONS[each](condition, subject) for each, condition in given.items())
        return all(outcomes) if name == "And" else any(outcomes)
    return _CONDITIONS[name](given, subject)


def _in_range(given: Mapping[str, int], name: str, value: int) -> bool:
    above, below = (given.get(bound) for bound in RANGES[name])
    return (above is None or value > above) and (below is None or value < below)


_CONDITIONS: dict[str, Callable[[Any, Subject], bool]] = {
    "MatchAnyPrefix": lambda given, subject: subject.key.startswith(tuple(given)),
    "MatchAnySuffix": lambda given, subject: subject.key.endswith(tuple(given)),
    "MatchAnyTag": lambda given, subject: any(subject.tags.get(tag["Key"]) == tag["Value"] for tag in given),
    "MatchObjectAge": lambda given, subject: _in_range(given, "MatchObjectAge", subject.age),
    "MatchObjectSize": lambda given, subject: _in_range(given, "MatchObjectSize", subject.size_bytes),
}


def chosen_of(arns: Iterable[str], level: Mapping[str, Any]) -> list[str]:
    """Return which groups a dashboard is attached to: all, or those its level includes or does not exclude."""
    criteria = level.get("SelectionCriteria") or {}
    include, exclude = criteria.get("Include") or (), criteria.get("Exclude") or ()
    return [arn for arn in arns if (not include or arn in include) and arn not in exclude]
