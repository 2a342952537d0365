"""Replication: which rules a bucket has, and which of them an object is for.

S3 user guide, "Replication configuration file elements".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"

THRESHOLD_FOR = 15 * 60_000
"""Milliseconds within which Replication Time Control is to be done; ReplicationTimeValue takes only 15 minutes."""
NOT_REPLICATED = frozenset(("GLACIER", "DEEP_ARCHIVE"))
"""Classes whose objects cannot be read as they are; S3 user guide, "What does Amazon S3 replicate?"."""


class Rule(NamedTuple):
    """What is to be replicated where."""

    id: str
    priority: int
    prefix: str
    tags: tuple[tuple[str, str], ...]
    is_enabled: bool
    bucket: str
    """Name of the destination."""
    owns: bool
    """Whether replicas belong to the destination's owner, whoever owns the source: AccessControlTranslation."""
    storage_class: str
    """Of replicas; empty: that of the source."""
    takes_markers: bool
    takes_modifications: bool
    """Whether what is changed of replicas is taken back here: replica modification sync."""
    has_metrics: bool
    """Whether events tell of failures."""
    is_timed: bool
    """Whether Replication Time Control is on."""
    takes_kms: bool = False
    """Whether objects encrypted with keys of KMS are replicated, too."""
    kms_key: str = ""
    """The key their replicas are encrypted with."""

    def means(self, key: str, tags: Mapping[str, str]) -> bool:
        """Whether its filter lets an object through."""
        return key.startswith(self.prefix) and all(tags.get(name) == value for name, value in self.tags)


class Plan(NamedTuple):
    """A bucket's replication configuration."""

    role: str
    rules: tuple[Rule, ...]
    """The enabled ones, that of the highest priority first."""

    def find_rule(self, id_: str, bucket: str) -> Rule | None:
        """Return an enabled rule by its id and destination."""
        return next((rule for rule in self.rules if (rule.id, rule.bucket) == (id_, bucket)), None)


def rules_for(
    plan: Plan, key: str, tags: Mapping[str, str], *, is_marker: bool = False, has_kms_key: bool = False
) -> list[Rule]:
    """Return the rule of the highest priority for each destination an object or delete marker is to go to."""
    found: dict[str, Rule] = {}
    for rule in plan.rules:
        if rule.bucket not in found and rule.means(key, tags):
            found[rule.bucket] = rule
    return [
        rule for rule in found.values() if (rule.takes_markers or not is_marker) and (rule.takes_kms or not has_kms_key)
    ]


@lru_cache(maxsize=256)  # documents in use
def plan_in(text: str) -> Plan:
    """Return what a stored configuration says; a plan without rules where there is none."""
    if not text:
        return Plan("", ())
    configuration = json.loads(text)
    rules = [rule_of(given) for given in configuration["Rules"]]
    enabled = (rule for rule in rules if rule.is_enabled)
    return Plan(configuration["Role"], tuple(sorted(enabled, key=lambda rule: -rule.priority)))


def rule_of(given: dict[str, Any]) -> Rule:
    """Return a rule as the API has it, checked before."""
    chosen = given.get("Filter") or {}
    both = chosen.get("And") or chosen
    tags = both.get("Tags") or ([both["Tag"]] if "Tag" in both else [])
    place = given["Destination"]
    # Rules without a filter are of the first version, which takes delete markers along unasked; user guide,
    # "Backward compatibility considerations".
    markers = is_on(given, "DeleteMarkerReplication") if "Filter" in given else True
    return Rule(
        given["ID"],
        given.get("Priority", 0),
        given.get("Prefix") or both.get("Prefix") or "",
        tuple((tag["Key"], tag["Value"]) for tag in tags),
        given["Status"] == "Enabled",
        place["Bucket"].rpartition(":")[2],
        "AccessControlTranslation" in place,
        place.get("StorageClass", ""),
        markers,
        is_on(given.get("SourceSelectionCriteria") or {}, "ReplicaModifications"),
        is_on(place, "Metrics"),
        is_on(place, "ReplicationTime"),
        is_on(given.get("SourceSelectionCriteria") or {}, "SseKmsEncryptedObjects"),
        (place.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID", ""),
    )


def is_on(given: dict[str, Any], name: str) -> bool:
    """Whether an element with a Status says Enabled."""
    return (given.get(name) or {}).get("Status") == "Enabled"
