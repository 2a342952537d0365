"""What a lifecycle configuration must be to be taken.

S3 API reference, PutBucketLifecycleConfiguration, LifecycleRule and its kin; user guide, "Lifecycle configuration
elements".
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

from skyglobe.services.s3.rules.lifecycle import CLASSES, can_move

MAX_RULES = 1_000  # of a bucket; PutBucketLifecycleConfiguration
MAX_ID = 255  # characters; LifecycleRule
MAX_KEPT = 100  # NewerNoncurrentVersions; NoncurrentVersionExpiration
MIN_IA_DAYS = 30  # before and in STANDARD_IA and ONEZONE_IA; user guide, "Transitioning objects"
_IA = ("STANDARD_IA", "ONEZONE_IA")
_ACTIONS = (
    "Expiration",
    "Transitions",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)
_DAY = 86_400

Code = Literal["MalformedXML", "InvalidRequest", "InvalidArgument"]


class BadLifecycle(ValueError):
    """A configuration S3 refuses, and why."""

    def __init__(self, code: Code, message: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def check_rules(rules: list[dict[str, Any]]) -> None:
    """Hold all rules of a configuration to S3's. Raises BadLifecycle."""
    if not rules:
        raise BadLifecycle("MalformedXML")
    if len(rules) > MAX_RULES:
        text = f"The number of lifecycle rules must not exceed the allowed limit of {MAX_RULES} rules"
        raise BadLifecycle("InvalidRequest", text)
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(ids)) < len(ids):
        raise BadLifecycle("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: dict[str, Any]) -> None:
    if len(rule.get("ID") or "") > MAX_ID:
        raise BadLifecycle("InvalidArgument", f"ID length should not exceed allowed limit of {MAX_ID}")
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise BadLifecycle("MalformedXML")
    if ("Prefix" in rule) == ("Filter" in rule):
        raise BadLifecycle("MalformedXML")
    if not any(rule.get(action) for action in _ACTIONS):
        raise BadLifecycle("InvalidRequest", "At least one action needs to be specified in a rule")
    chosen = rule.get("Filter") or {}
    _check_filter(chosen)
    both = chosen.get("And") or chosen
    prefix = rule.get("Prefix") or both.get("Prefix") or ""
    _check_alone(rule, both)
    _check_expiration(rule)
    transitions = rule.get("Transitions") or []
    for step in transitions:
        _check_step(step)
    _check_order(rule, transitions, prefix)
    _check_past(rule, prefix)


def _check_filter(chosen: dict[str, Any]) -> None:
    if len(chosen) > 1:
        raise BadLifecycle("MalformedXML")
    both = chosen.get("And")
    if both is not None:
        given = sum(len(value) if name == "Tags" else 1 for name, value in both.items())
        if given < 2:
            raise BadLifecycle("MalformedXML")
        keys = [tag.get("Key") for tag in both.get("Tags") or ()]
        if len(set(keys)) < len(keys):
            raise BadLifecycle("InvalidRequest", "Duplicate Tag Keys are not allowed.")
        chosen = both
    tags = chosen.get("Tags") or ([chosen["Tag"]] if "Tag" in chosen else [])
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise BadLifecycle("MalformedXML")
    above, below = chosen.get("ObjectSizeGreaterThan"), chosen.get("ObjectSizeLessThan")
    if (above is not None and above < 0) or (below is not None and below < 1):
        raise BadLifecycle("InvalidArgument", "Object sizes must be positive.")
    if above is not None and below is not None and below <= above:
        text = "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."
        raise BadLifecycle("InvalidRequest", text)


def _check_alone(rule: dict[str, Any], both: dict[str, Any]) -> None:
    """Refuse actions that are not about objects where the filter looks at what only objects have."""
    abort = rule.get("AbortIncompleteMultipartUpload")
    names = [name for name in ("Tag", "Tags") if both.get(name)]
    sizes = [name for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan") if name in both]
    if abort is not None:
        if names:
            raise BadLifecycle("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")
        if sizes:
            raise BadLifecycle("InvalidRequest", f"AbortIncompleteMultipartUpload cannot be specified with {sizes[0]}.")
        if "DaysAfterInitiation" not in abort:
            raise BadLifecycle("MalformedXML")
        _check_positive(abort["DaysAfterInitiation"], "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
    if (rule.get("Expiration") or {}).get("ExpiredObjectDeleteMarker") is not None:
        if names:
            raise BadLifecycle("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags.")
        if sizes:
            raise BadLifecycle("InvalidRequest", f"ExpiredObjectDeleteMarker cannot be specified with {sizes[0]}.")


def _check_positive(days: int, name: str, action: str) -> None:
    if days < 1:
        raise BadLifecycle("InvalidArgument", f"'{name}' for {action} action must be a positive integer")


def _check_date(date: Any) -> None:
    if round(date.timestamp() * 1000) % (_DAY * 1000):
        raise BadLifecycle("InvalidArgument", "'Date' must be at midnight GMT")


def _check_expiration(rule: dict[str, Any]) -> None:
    expiration = rule.get("Expiration")
    if expiration is None:
        return
    if len(expiration) != 1:
        raise BadLifecycle("MalformedXML")
    if "Days" in expiration:
        _check_positive(expiration["Days"], "Days", "Expiration")
    if "Date" in expiration:
        _check_date(expiration["Date"])


def _check_step(step: dict[str, Any]) -> None:
    target = step.get("StorageClass")
    if target not in CLASSES or ("Days" in step) == ("Date" in step):
        raise BadLifecycle("MalformedXML")
    if "Date" in step:
        _check_date(step["Date"])
        return
    if step["Days"] < 0:
        raise BadLifecycle("InvalidArgument", "'Days' in Transition action must be nonnegative")
    _check_ia(target, step["Days"], "Days", "Transition")


def _check_ia(target: str, days: int, name: str, action: str) -> None:
    if target in _IA and days < MIN_IA_DAYS:
        text = f"'{name}' in {action} action must be greater than or equal to {MIN_IA_DAYS} for storageClass '{target}'"
        raise BadLifecycle("InvalidArgument", text)


def _check_order(rule: dict[str, Any], steps: list[dict[str, Any]], prefix: str) -> None:
    """Hold a rule's transitions and expiration to the order of the waterfall."""
    expiration = rule.get("Expiration") or {}
    kinds = {kind for step in (*steps, expiration) for kind in ("Days", "Date") if kind in step}
    if len(kinds) > 1:
        text = "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for prefix"
        raise BadLifecycle("InvalidRequest", f"{text} '{prefix}'")
    kind = next(iter(kinds), "Days")
    times = [(_in_days(step[kind]), step["StorageClass"]) for step in steps]
    _check_waterfall(times, prefix, kind, "Transition")
    if kind in expiration and times and _in_days(expiration[kind]) <= max(times)[0]:
        text = (
            f"'{kind}' in the Expiration action for filter '(prefix={prefix})' must be greater than '{kind}' in the "
            "Transition action"
        )
        raise BadLifecycle("InvalidArgument", text)


def _in_days(value: Any) -> float:
    return float(value) if isinstance(value, int) else value.timestamp() / _DAY


def _check_waterfall(times: list[tuple[float, str]], prefix: str, name: str, action: str) -> None:
    targets = [target for _, target in times]
    if len(set(targets)) < len(targets):
        text = f"'StorageClass' must be different for '{action}' actions in same 'Rule' with prefix '{prefix}'"
        raise BadLifecycle("InvalidArgument", text)
    ordered = sorted(times, key=lambda step: (step[0], CLASSES.index(step[1])))
    for (first, source), (second, target) in pairwise(ordered):
        of_which = f"'{name}' in the '{action}' action for StorageClass"
        if second == first or not can_move(source, target):
            later, earlier = (source, target) if CLASSES.index(source) > CLASSES.index(target) else (target, source)
            text = f"{of_which} '{later}' for filter '(prefix={prefix})' must be greater than {of_which} '{earlier}'"
            raise BadLifecycle("InvalidArgument", text)
        if source in _IA and second - first < MIN_IA_DAYS:
            text = (
                f"{of_which} '{target}' for filter '(prefix={prefix})' must be {MIN_IA_DAYS} days more than "
                f"'filter '(prefix={prefix})'' in the '{action}' action for StorageClass '{source}'"
            )
            raise BadLifecycle("InvalidArgument", text)


def _check_past(rule: dict[str, Any], prefix: str) -> None:
    """Hold the actions on noncurrent versions to S3's rules."""
    action = "NoncurrentVersionTransition"
    steps = rule.get("NoncurrentVersionTransitions") or []
    for step in steps:
        if step.get("StorageClass") not in CLASSES or "NoncurrentDays" not in step:
            raise BadLifecycle("MalformedXML")
        if step["NoncurrentDays"] < 0:
            raise BadLifecycle("InvalidArgument", f"'NoncurrentDays' in {action} action must be nonnegative")
        _check_ia(step["StorageClass"], step["NoncurrentDays"], "NoncurrentDays", action)
        _check_kept(rule, step, action)
    times = [(float(step["NoncurrentDays"]), step["StorageClass"]) for step in steps]
    _check_waterfall(times, prefix, "NoncurrentDays", action)
    expiration = rule.get("NoncurrentVersionExpiration")
    if expiration is None:
        return
    if "NoncurrentDays" not in expiration:
        raise BadLifecycle("MalformedXML")
    _check_positive(expiration["NoncurrentDays"], "NoncurrentDays", "NoncurrentVersionExpiration")
    _check_kept(rule, expiration, "NoncurrentVersionExpiration")
    if times and expiration["NoncurrentDays"] <= max(times)[0]:
        text = (
            f"'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix={prefix})' must be "
            f"greater than 'NoncurrentDays' in the {action} action"
        )
        raise BadLifecycle("InvalidArgument", text)


def _check_kept(rule: dict[str, Any], action: dict[str, Any], name: str) -> None:
    kept = action.get("NewerNoncurrentVersions")
    if kept is None:
        return
    if "Filter" not in rule:
        raise BadLifecycle("InvalidRequest", f"NewerNoncurrentVersions in {name} requires a Filter element.")
    if not 1 <= kept <= MAX_KEPT:
        text = f"'NewerNoncurrentVersions' for {name} action must be a positive integer of at most {MAX_KEPT}"
        raise BadLifecycle("InvalidArgument", text)
