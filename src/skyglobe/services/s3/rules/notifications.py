"""Event notifications: which configurations a bucket takes, which of them an event is for.

S3 user guide, "Configuring event notifications using object key name filtering".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any, Literal, NamedTuple

MAX_CONFIGURATIONS = 100  # of a bucket; S3 endpoints and quotas, "Event notifications"
MAX_VALUE_BYTES = 1024  # of a filter rule; API reference, FilterRule
MAX_ID_CHARACTERS = 255  # API reference, QueueConfiguration

Kind = Literal["sqs", "sns", "lambda", "events"]
"""The service a destination is of, by botocore's name."""

MEMBERS: dict[str, tuple[Kind, str]] = {
    "QueueConfigurations": ("sqs", "QueueArn"),
    "TopicConfigurations": ("sns", "TopicArn"),
    "LambdaFunctionConfigurations": ("lambda", "LambdaFunctionArn"),
}
"""The lists of a configuration: whose destinations they name, and the member that does."""


class BadNotification(ValueError):
    """A configuration S3 does not take: its reason, and the argument it blames; no reason: it is no configuration."""

    def __init__(self, message: str = "", name: str = "", value: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.name = name
        self.value = value


class Target(NamedTuple):
    """One configuration: what is sent where."""

    kind: Kind
    arn: str
    id: str
    events: tuple[str, ...]
    """``s3:ObjectCreated:*`` and the like."""
    prefix: str = ""
    suffix: str = ""

    def takes(self, event: str, key: str) -> bool:
        """Whether an event (``ObjectCreated:Put``) of ``key`` is to be sent."""
        if not (key.startswith(self.prefix) and key.endswith(self.suffix)):
            return False
        return any(_means(pattern.removeprefix("s3:"), event) for pattern in self.events)

    @property
    def is_filtered(self) -> bool:
        return bool(self.prefix or self.suffix)


def _means(pattern: str, event: str) -> bool:
    return event.startswith(pattern[:-1]) if pattern.endswith("*") else event == pattern


@lru_cache(maxsize=1024)  # configurations in use
def targets_in(text: str) -> tuple[Target, ...]:
    """Return what a stored configuration sends where; EventBridge, if it is on, comes last and takes all."""
    configuration = json.loads(text)
    targets = list(_targets(configuration))
    if "EventBridgeConfiguration" in configuration:
        targets.append(Target("events", "", "", ("s3:*",)))
    return tuple(targets)


def check_configuration(configuration: dict[str, Any], known: Sequence[str]) -> tuple[Target, ...]:
    """Return the queues, topics and functions of a configuration. ``known`` are the events there are.

    Raises BadNotification.
    """
    for member, (_, name) in MEMBERS.items():
        for entry in configuration.get(member) or ():
            _check_entry(entry, name, known)
    targets = tuple(_targets(configuration))
    if len(targets) > MAX_CONFIGURATIONS:
        text = f"The number of notification configurations exceeds the limit of {MAX_CONFIGURATIONS}"
        raise BadNotification(text, "NotificationConfiguration", str(len(targets)))
    ids = [target.id for target in targets if target.id]
    if len(set(ids)) < len(ids):
        repeated = next(id_ for id_ in ids if ids.count(id_) > 1)
        raise BadNotification("Same ID used for multiple configurations. IDs must be unique", "Id", repeated)
    _check_overlaps(targets, known)
    return targets


def _check_entry(entry: dict[str, Any], name: str, known: Sequence[str]) -> None:
    if not entry.get(name) or not entry.get("Events"):
        raise BadNotification
    if len(entry.get("Id", "")) > MAX_ID_CHARACTERS:
        raise BadNotification(f"Id cannot be longer than {MAX_ID_CHARACTERS} characters", "Id", entry["Id"])
    for event in entry["Events"]:
        if event not in known:
            raise BadNotification("The event is not supported for notifications", "Event", event)
    seen = set()
    for rule in _rules(entry):
        kind, value = rule.get("Name", "").lower(), rule.get("Value", "")
        if kind not in ("prefix", "suffix"):
            text = "filter rule name must be either prefix or suffix"
            raise BadNotification(text, "FilterRule.Name", rule.get("Name", ""))
        if kind in seen:
            raise BadNotification(f"Cannot specify more than one {kind} rule in a filter.", "FilterRule.Name", kind)
        if len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
            text = f"Size of filter rule value cannot exceed {MAX_VALUE_BYTES} bytes in UTF-8 representation"
            raise BadNotification(text, "FilterRule.Value", value)
        seen.add(kind)


def _rules(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return ((entry.get("Filter") or {}).get("Key") or {}).get("FilterRules") or []


def _targets(configuration: dict[str, Any]) -> Iterator[Target]:
    for member, (kind, name) in MEMBERS.items():
        for entry in configuration.get(member) or ():
            filters = {rule["Name"].lower(): rule.get("Value", "") for rule in _rules(entry)}
            prefix, suffix = filters.get("prefix", ""), filters.get("suffix", "")
            yield Target(kind, entry[name], entry.get("Id", ""), tuple(entry["Events"]), prefix, suffix)


def _check_overlaps(targets: Sequence[Target], known: Sequence[str]) -> None:
    """Raise BadNotification where one event of one key could be meant by two configurations."""
    plain = [event for event in known if not event.endswith("*")]
    meant = [{event for event in plain if any(_means(p, event) for p in target.events)} for target in targets]
    for (one, events), (other, others) in combinations(zip(targets, meant, strict=True), 2):
        if events.isdisjoint(others) or not _share_keys(one, other):
            continue
        named = ", ".join((*one.events, *other.events))
        if one.is_filtered or other.is_filtered:
            text = (
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes "
                "are overlapping for the same event type."
            )
            raise BadNotification(text, "Event", named)
        text = "Configurations overlap. Configurations on the same bucket cannot share a common event type."
        raise BadNotification(text, "Event", named)


def _share_keys(one: Target, other: Target) -> bool:
    """Whether prefixes overlap and suffixes do: one of two is the beginning, or the end, of the other."""
    prefixes = one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix)
    return prefixes and (one.suffix.endswith(other.suffix) or other.suffix.endswith(one.suffix))
