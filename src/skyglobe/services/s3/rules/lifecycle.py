"""Lifecycle rules: whom they are about, when they are due, and which of several wins.

S3 user guide, "Managing the lifecycle of objects", "Lifecycle and other bucket configurations", "Transitioning objects
using Amazon S3 Lifecycle" and "Resolving lifecycle conflicts". Instants are milliseconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from skyglobe.services.s3.rules.archiving import DAY, midnight_from

ALL_128K, VARIES = "all_storage_classes_128K", "varies_by_storage_class"
SMALL_BYTES = 128 * 1024
"""Objects below are not worth moving; TransitionDefaultMinimumObjectSize."""
CLASSES = (
    "STANDARD_IA",
    "INTELLIGENT_TIERING",
    "ONEZONE_IA",
    "GLACIER_IR",
    "GLACIER",
    "DEEP_ARCHIVE",
)
"""Where rules may move objects, in the order of the waterfall."""
_MOVES = {
    "STANDARD_IA": frozenset(CLASSES[1:]),
    "INTELLIGENT_TIERING": frozenset(CLASSES[2:]),
    "ONEZONE_IA": frozenset(("GLACIER", "DEEP_ARCHIVE")),
    "GLACIER_IR": frozenset(("GLACIER", "DEEP_ARCHIVE")),
    "GLACIER": frozenset(("DEEP_ARCHIVE",)),
    "DEEP_ARCHIVE": frozenset(),
}
_FROM_STANDARD = frozenset(CLASSES)


class Step(NamedTuple):
    """A move to another class after some days, or from a date on."""

    storage_class: str
    days: int | None
    at: int | None
    kept: int
    """Of how many newer noncurrent versions there must be, besides."""


class Rule(NamedTuple):
    """An enabled rule."""

    id: str
    prefix: str
    tags: dict[str, str]
    above: int | None
    """Objects must be larger than so many bytes."""
    below: int | None
    expires: Step | None
    cleans_markers: bool
    steps: tuple[Step, ...]
    past_steps: tuple[Step, ...]
    past_expires: Step | None
    abort_days: int | None


class Policy(NamedTuple):
    """The enabled rules of a bucket."""

    rules: tuple[Rule, ...]
    minimum: str


class Subject(NamedTuple):
    """What rules look at."""

    key: str
    size_bytes: int
    tags: dict[str, str]
    storage_class: str


class Expiry(NamedTuple):
    """When an object will expire, and by which rule."""

    at: int
    rule: str


def can_move(source: str, target: str) -> bool:
    """Whether the waterfall leads from a class to another."""
    return target in _MOVES.get(source, _FROM_STANDARD)


def parse_policy(document: dict[str, Any]) -> Policy:
    """Return the enabled rules of a configuration as it is kept."""
    rules = [_parse_rule(rule) for rule in document["Rules"] if rule["Status"] == "Enabled"]
    return Policy(tuple(rules), document.get("Minimum", ALL_128K))


def _parse_rule(rule: dict[str, Any]) -> Rule:
    chosen = rule.get("Filter") or {}
    both = chosen.get("And") or chosen
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    expiration = rule.get("Expiration") or {}
    past = rule.get("NoncurrentVersionExpiration")
    abort = rule.get("AbortIncompleteMultipartUpload") or {}
    return Rule(
        id=rule["ID"],
        prefix=rule.get("Prefix") or both.get("Prefix") or "",
        tags={tag["Key"]: tag["Value"] for tag in tags},
        above=both.get("ObjectSizeGreaterThan"),
        below=both.get("ObjectSizeLessThan"),
        expires=_step(expiration) if "Days" in expiration or "Date" in expiration else None,
        cleans_markers=bool(expiration.get("ExpiredObjectDeleteMarker")),
        steps=tuple([_step(step) for step in rule.get("Transitions") or ()]),
        past_steps=tuple([_past_step(step) for step in rule.get("NoncurrentVersionTransitions") or ()]),
        past_expires=_past_step(past) if past is not None else None,
        abort_days=abort.get("DaysAfterInitiation"),
    )


def _step(given: dict[str, Any]) -> Step:
    at = given.get("Date")
    return Step(given.get("StorageClass", ""), given.get("Days"), None if at is None else round(at * 1000), 0)


def _past_step(given: dict[str, Any]) -> Step:
    return Step(
        given.get("StorageClass", ""), given.get("NoncurrentDays", 0), None, given.get("NewerNoncurrentVersions", 0)
    )


def due_at(step: Step, since: int) -> int:
    """Return when a step is due for what is so since an instant: days are rounded up to midnight UTC."""
    if step.at is not None:
        return step.at
    return midnight_from(since + (step.days or 0) * DAY)


def matches(rule: Rule, subject: Subject) -> bool:
    """Whether a rule is about an object."""
    if not subject.key.startswith(rule.prefix):
        return False
    if rule.above is not None and subject.size_bytes <= rule.above:
        return False
    if rule.below is not None and subject.size_bytes >= rule.below:
        return False
    return rule.tags.items() <= subject.tags.items()


def find_expiry(policy: Policy, subject: Subject, modified_at: int) -> Expiry | None:
    """Return when a current object expires: by the earliest of the rules about it."""
    found: Expiry | None = None
    for rule in policy.rules:
        if rule.expires is not None and matches(rule, subject):
            at = due_at(rule.expires, modified_at)
            if found is None or at < found.at:
                found = Expiry(at, rule.id)
    return found


def plan_current(policy: Policy, subject: Subject, modified_at: int, now: int, keeps_versions: bool) -> str:
    """Return what to do with a current object: ``expire``, a class to move it to, or nothing.

    Deleting for good goes before moving, moving before a delete marker.
    """
    expiry = find_expiry(policy, subject, modified_at)
    expires = expiry is not None and expiry.at <= now
    if expires and not keeps_versions:
        return "expire"
    steps = [(rule, step) for rule in policy.rules if matches(rule, subject) for step in rule.steps]
    moved = _deepest(policy, subject, [(rule, step) for rule, step in steps if due_at(step, modified_at) <= now])
    return moved or ("expire" if expires else "")


def plan_past(policy: Policy, subject: Subject, since: int, newer: int, now: int) -> str:
    """Return what to do with a version that is noncurrent ``since`` an instant, ``newer`` noncurrent ones being newer.

    As ``plan_current`` returns it.
    """
    due: list[tuple[Rule, Step]] = []
    for rule in policy.rules:
        if not matches(rule, subject):
            continue
        expires = rule.past_expires
        if expires is not None and newer >= expires.kept and due_at(expires, since) <= now:
            return "expire"
        due += [(rule, step) for step in rule.past_steps if newer >= step.kept and due_at(step, since) <= now]
    return _deepest(policy, subject, due)


def plan_lone_marker(policy: Policy, key: str, modified_at: int, now: int) -> bool:
    """Whether a delete marker that hides nothing any more is to go: by its own setting, or with its rule's expiry."""
    subject = Subject(key, 0, {}, "")
    for rule in policy.rules:
        if not subject.key.startswith(rule.prefix) or rule.tags or rule.above is not None or rule.below is not None:
            continue
        if rule.cleans_markers:
            return True
        expires = rule.expires
        if expires is not None and expires.days is not None and due_at(expires, modified_at) <= now:
            return True
    return False


def plan_upload(policy: Policy, key: str, initiated_at: int, now: int) -> bool:
    """Whether an upload that was never completed is to be aborted."""
    return any(
        rule.abort_days is not None
        and key.startswith(rule.prefix)
        and midnight_from(initiated_at + rule.abort_days * DAY) <= now
        for rule in policy.rules
    )


def _deepest(policy: Policy, subject: Subject, due: list[tuple[Rule, Step]]) -> str:
    """Return the class furthest down the waterfall that an object may be moved to; empty when there is none."""
    found = ""
    for rule, step in due:
        target = step.storage_class
        if not can_move(subject.storage_class, target) or not _is_worth_it(policy, rule, subject, target):
            continue
        if not found or CLASSES.index(target) > CLASSES.index(found):
            found = target
    return found


def _is_worth_it(policy: Policy, rule: Rule, subject: Subject, target: str) -> bool:
    """Whether an object is large enough to be moved. A size in the rule itself decides instead of the default."""
    if subject.size_bytes >= SMALL_BYTES or rule.above is not None or rule.below is not None:
        return True
    return policy.minimum == VARIES and target in ("GLACIER", "DEEP_ARCHIVE")
