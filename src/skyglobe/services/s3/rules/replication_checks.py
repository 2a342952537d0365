"""What a replication configuration must be to be taken.

S3 API reference, PutBucketReplication, ReplicationRule and its kin; user guide, "Replication configuration file
elements" and "Backward compatibility considerations".
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any, Literal

from skyglobe.services.s3.rules.metadata import STORAGE_CLASSES
from skyglobe.services.s3.rules.replication import is_on

MAX_RULES = 1_000  # of a bucket; PutBucketReplication
MAX_ID = 255  # characters; ReplicationRule
MAX_PREFIX = 1_024  # characters; ReplicationRule
MINUTES = 15  # the only value there is; ReplicationTimeValue

_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")
_SCHEMA = "must be specified for this version of Cross Region Replication configuration schema."
_GUIDE = "Please refer to S3 Developer Guide for more information"

Code = Literal["MalformedXML", "InvalidRequest", "InvalidArgument"]


class BadReplication(ValueError):
    """A configuration S3 refuses, and why."""

    def __init__(self, code: Code, message: str = "", name: str = "", value: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.name = name
        self.value = value


def check_configuration(configuration: dict[str, Any]) -> None:
    """Hold a configuration to S3's rules, but for what only the buckets tell. Raises BadReplication."""
    role, rules = configuration.get("Role"), configuration.get("Rules")
    if not role or not rules:
        raise BadReplication("MalformedXML")
    if not _ROLE_ARN.fullmatch(role):
        raise BadReplication("InvalidArgument", "Invalid Role specified in replication configuration", "Role", role)
    if len(rules) > MAX_RULES:
        raise BadReplication("InvalidRequest", f"The number of replication rules must not exceed {MAX_RULES}")
    ids = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(set(ids)) < len(ids):
        raise BadReplication("InvalidArgument", "Rule Id must be unique", "ID", _repeated(ids))
    for rule in rules:
        _check_rule(rule)
    if len({"Filter" in rule for rule in rules}) > 1:
        text = "Found mixed rules with and without Filter: all rules must be of one version of the schema."
        raise BadReplication("InvalidRequest", f"{text} {_GUIDE}")
    if "Filter" in rules[0]:
        _check_priorities(rules)
    else:
        _check_first_version(rules)


def _repeated(values: list[Any]) -> Any:
    return next(value for value in values if values.count(value) > 1)


def _check_rule(rule: dict[str, Any]) -> None:
    if len(rule.get("ID") or "") > MAX_ID:
        text = f"The maximum value length of 'ID' is {MAX_ID}"
        raise BadReplication("InvalidArgument", text, "ID", rule["ID"])
    if rule.get("Status") not in ("Enabled", "Disabled") or not rule.get("Destination"):
        raise BadReplication("MalformedXML")
    if "Prefix" in rule and "Filter" in rule:
        raise BadReplication("MalformedXML")
    for holder, name in (
        (rule, "DeleteMarkerReplication"),
        (rule, "ExistingObjectReplication"),
        (rule.get("SourceSelectionCriteria") or {}, "SseKmsEncryptedObjects"),
        (rule.get("SourceSelectionCriteria") or {}, "ReplicaModifications"),
    ):
        if name in holder and (holder[name] or {}).get("Status") not in ("Enabled", "Disabled"):
            raise BadReplication("MalformedXML")
    chosen = rule.get("Filter")
    if chosen is not None:
        _check_filter(chosen)
        _check_second_version(rule, chosen)
    prefix = rule.get("Prefix") or ((chosen or {}).get("And") or chosen or {}).get("Prefix") or ""
    if len(prefix) > MAX_PREFIX:
        text = f"The maximum size of a prefix is {MAX_PREFIX}"
        raise BadReplication("InvalidArgument", text, "Prefix", prefix)
    if rule.get("ExistingObjectReplication", {}).get("Status") == "Enabled":
        text = "ExistingObjectReplication is not supported: use S3 Batch Replication for existing objects."
        raise BadReplication("InvalidRequest", text)
    _check_destination(rule["Destination"])
    _check_keys(rule.get("SourceSelectionCriteria") or {}, rule["Destination"])


def _check_keys(criteria: dict[str, Any], place: dict[str, Any]) -> None:
    """Hold replicas' keys and the choice of objects that have keys to each other."""
    if is_on(criteria, "SseKmsEncryptedObjects"):
        if not (place.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID"):
            text = "ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects is enabled"
            raise BadReplication("InvalidRequest", text)
    elif "EncryptionConfiguration" in place and "SseKmsEncryptedObjects" not in criteria:
        text = "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present"
        raise BadReplication("InvalidRequest", text)


def _check_filter(chosen: dict[str, Any]) -> None:
    if len(chosen) > 1:
        raise BadReplication("MalformedXML")
    both = chosen.get("And")
    if both is not None:
        tags = both.get("Tags") or []
        if len(tags) + ("Prefix" in both) < 2:
            raise BadReplication("MalformedXML")
        keys = [tag.get("Key") for tag in tags]
        if len(set(keys)) < len(keys):
            raise BadReplication("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    else:
        tags = [chosen["Tag"]] if "Tag" in chosen else []
    if any("Key" not in tag or "Value" not in tag for tag in tags):
        raise BadReplication("MalformedXML")


def _check_second_version(rule: dict[str, Any], chosen: dict[str, Any]) -> None:
    if "Priority" not in rule:
        raise BadReplication("InvalidRequest", f"Priority {_SCHEMA} {_GUIDE}")
    if "DeleteMarkerReplication" not in rule:
        raise BadReplication("InvalidRequest", f"DeleteMarkerReplication {_SCHEMA} {_GUIDE}")
    has_tags = "Tag" in chosen or bool((chosen.get("And") or {}).get("Tags"))
    if has_tags and is_on(rule, "DeleteMarkerReplication"):
        text = f"Delete marker replication is not supported if any Tag filter is specified. {_GUIDE}."
        raise BadReplication("InvalidRequest", text)


def _check_priorities(rules: list[dict[str, Any]]) -> None:
    priorities = [rule["Priority"] for rule in rules]
    if any(priority < 0 for priority in priorities):
        raise BadReplication("InvalidArgument", "Priority must be a nonnegative integer", "Priority", "-1")
    if len(set(priorities)) < len(priorities):
        repeated = str(_repeated(priorities))
        raise BadReplication("InvalidArgument", f"Found duplicate priority {repeated}", "Priority", repeated)


def _check_first_version(rules: list[dict[str, Any]]) -> None:
    """Hold rules without filters to what the first version of the schema could say."""
    for rule in rules:
        for name in ("Priority", "DeleteMarkerReplication"):
            if name in rule:
                raise BadReplication("InvalidRequest", f"Filter {_SCHEMA} {_GUIDE}")
    if len({rule["Destination"]["Bucket"] for rule in rules}) > 1:
        text = "The destination bucket must be same for all rules"
        raise BadReplication("InvalidRequest", text)
    prefixes = sorted(rule.get("Prefix") or "" for rule in rules)
    for one, other in pairwise(prefixes):
        if other.startswith(one):
            text = f"Found overlapping prefixes '{one}' and '{other}'"
            raise BadReplication("InvalidRequest", text)


def _check_destination(place: dict[str, Any]) -> None:
    arn = place.get("Bucket") or ""
    if not _BUCKET_ARN.fullmatch(arn):
        raise BadReplication("InvalidArgument", "Invalid bucket ARN.", "Bucket", arn)
    wanted = place.get("StorageClass")
    if wanted is not None and wanted not in STORAGE_CLASSES:
        raise BadReplication("MalformedXML")
    account, translation = place.get("Account"), place.get("AccessControlTranslation")
    if account is not None and not (len(account) == 12 and account.isdigit()):
        raise BadReplication("InvalidArgument", "Invalid account id", "Account", account)
    if translation is not None:
        if translation.get("Owner") != "Destination":
            raise BadReplication("MalformedXML")
        if account is None:
            text = "Account must be specified with AccessControlTranslation"
            raise BadReplication("InvalidArgument", text, "Account", "null")
    _check_time(place)


def _check_time(place: dict[str, Any]) -> None:
    """Hold Replication Time Control and metrics to each other, and to 15 minutes."""
    time, metrics = place.get("ReplicationTime"), place.get("Metrics")
    for given, member, name in ((time, "Time", "ReplicationTime"), (metrics, "EventThreshold", "Metrics")):
        if given is None:
            continue
        if given.get("Status") not in ("Enabled", "Disabled"):
            raise BadReplication("MalformedXML")
        minutes = (given.get(member) or {}).get("Minutes")
        if (member in given or name == "ReplicationTime") and minutes != MINUTES:
            text = f"{name} {member} must be {MINUTES} minutes"
            raise BadReplication("InvalidArgument", text, "Minutes", str(minutes))
    if is_on(place, "ReplicationTime"):
        if not is_on(place, "Metrics"):
            text = "Metrics must be enabled when ReplicationTime is"
            raise BadReplication("InvalidRequest", text)
        if "EventThreshold" not in (metrics or {}):
            text = "EventThreshold must be specified when ReplicationTime is enabled"
            raise BadReplication("InvalidRequest", text)


def bucket_in(place: dict[str, Any]) -> str:
    """Return the name of the bucket a checked destination names."""
    match = _BUCKET_ARN.fullmatch(place["Bucket"])
    assert match is not None, "checked before"
    return match[1]
