"""Which objects the filter of a manifest generator chooses; API reference, JobManifestGeneratorFilter."""

from __future__ import annotations

from typing import Any, NamedTuple


class Candidate(NamedTuple):
    """What a filter looks at."""

    key: str
    size_bytes: int
    modified_at: int
    """Milliseconds since the epoch."""
    storage_class: str
    """Empty for delete markers."""
    replication: str
    """``COMPLETED``, ``FAILED``, ``REPLICA``, ``PENDING``, or ``NONE`` for what no rule ever meant."""
    is_eligible: bool
    """Whether a replication rule means it now."""
    encryption: str = ""
    """As ``x-amz-server-side-encryption`` says it, or ``SSE-C``; empty when it is not encrypted."""
    key_arn: str = ""
    has_bucket_key: bool = False


def is_chosen(chosen: dict[str, Any], one: Candidate) -> bool:
    """Whether a filter lets an object through: every condition it has must hold."""
    eligible = chosen.get("EligibleForReplication")
    statuses = chosen.get("ObjectReplicationStatuses")
    classes = chosen.get("MatchAnyStorageClass")
    above, below = chosen.get("ObjectSizeGreaterThanBytes"), chosen.get("ObjectSizeLessThanBytes")
    since, until = chosen.get("CreatedAfter"), chosen.get("CreatedBefore")
    return (
        (eligible is None or eligible == one.is_eligible)
        and (not statuses or one.replication in statuses)
        and (not classes or one.storage_class in classes)
        and (above is None or one.size_bytes > above)
        and (below is None or one.size_bytes < below)
        and (since is None or one.modified_at > since.timestamp() * 1000)
        and (until is None or one.modified_at < until.timestamp() * 1000)
        and _is_named(chosen.get("KeyNameConstraint") or {}, one.key)
        and _is_encrypted(chosen.get("MatchAnyObjectEncryption") or [], one)
    )


_ALGORITHMS = {"SSES3": "AES256", "SSEKMS": "aws:kms", "DSSEKMS": "aws:kms:dsse", "SSEC": "SSE-C", "NOTSSE": ""}


def _is_encrypted(kinds: list[dict[str, Any]], one: Candidate) -> bool:
    """Whether an object is encrypted in one of some ways, with a key where that is said too."""
    return not kinds or any(
        one.encryption == _ALGORITHMS[name]
        and (given or {}).get("KmsKeyArn", one.key_arn) == one.key_arn
        and (given or {}).get("BucketKeyEnabled", one.has_bucket_key) == one.has_bucket_key
        for kind in kinds
        for name, given in kind.items()
    )


def _is_named(constraint: dict[str, Any], key: str) -> bool:
    prefixes, suffixes = constraint.get("MatchAnyPrefix"), constraint.get("MatchAnySuffix")
    pieces = constraint.get("MatchAnySubstring")
    return (
        (not prefixes or key.startswith(tuple(prefixes)))
        and (not suffixes or key.endswith(tuple(suffixes)))
        and (not pieces or any(piece in key for piece in pieces))
    )
