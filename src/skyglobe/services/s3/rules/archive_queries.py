"""Queries over archives: what a RestoreObject asks for, and where its answer goes.

S3 user guide, "Querying archived objects": the output is ``PREFIX/JOB/job.txt``, ``results/…`` and
``result_manifest.txt``, or ``errors/…`` and ``error_manifest.txt``.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode

MAX_EXPRESSION_BYTES = 128 * 1024
"""Of a query; those of S3 Select may have twice as much."""
MAX_PATH_BYTES = 512
"""Of the location, bucket and prefix together."""
QUERYING = frozenset(("Type", "SelectParameters", "OutputLocation"))
"""Elements of which any makes a restore request a query."""
_NOT_OF_QUERIES = ("Days", "GlacierJobParameters")
_GRANTS = {
    "FULL_CONTROL": "GrantFullControl",
    "READ": "GrantRead",
    "READ_ACP": "GrantReadACP",
    "WRITE": "GrantWrite",
    "WRITE_ACP": "GrantWriteACP",
}
_GRANTEES = {
    "CanonicalUser": ("id", "ID"),
    "Group": ("uri", "URI"),
    "AmazonCustomerByEmail": ("emailAddress", "EmailAddress"),
}
_ENCRYPTION = {
    "EncryptionType": "ServerSideEncryption",
    "KMSKeyId": "SSEKMSKeyId",
    "KMSContext": "SSEKMSEncryptionContext",
}


class Output(NamedTuple):
    """Where a query's answer goes: keys begin with ``path``, objects are put with ``members``."""

    bucket: str
    path: str
    members: dict[str, Any]

    def key_of(self, folder: str, number: int) -> str:
        """Return the key of a part of the answer, always the same: a part that is written again replaces itself."""
        return f"{self.path}{folder}/{sha256(f'{self.path} {number}'.encode()).hexdigest()[:32]}"

    def manifest_of(self, keys: list[str]) -> bytes:
        """Return a manifest: the location of each part, one a line. AWS documents no more of it."""
        return "".join(f"s3://{self.bucket}/{key}\n" for key in keys).encode()


def is_whole(asked: dict[str, Any]) -> bool:
    """Whether a query has all it must have and nothing that is for restorals; API reference, RestoreRequest."""
    return (
        asked.get("Type") == "SELECT"
        and "SelectParameters" in asked
        and "S3" in (asked.get("OutputLocation") or {})
        and not any(name in asked for name in _NOT_OF_QUERIES)
    )


def output_of(asked: dict[str, Any], id_: str) -> Output | None:
    """Return where the answer to a query goes; None for a location of more bytes than S3 takes.

    Raises KeyError for grants that lack what the model requires of them.
    """
    location = asked["OutputLocation"]["S3"]
    bucket, prefix = location["BucketName"], location["Prefix"]
    if len(f"{bucket}/{prefix}".encode("utf-8", "surrogatepass")) > MAX_PATH_BYTES:
        return None
    members: dict[str, Any] = {"Bucket": bucket}
    encryption = location.get("Encryption") or {}
    members |= {member: encryption[name] for name, member in _ENCRYPTION.items() if name in encryption}
    members |= {
        member: location[name] for name, member in (("StorageClass",) * 2, ("CannedACL", "ACL")) if name in location
    }
    members |= _grants(location.get("AccessControlList") or [])
    if "Tagging" in location:
        members["Tagging"] = urlencode([(tag["Key"], tag["Value"]) for tag in location["Tagging"].get("TagSet") or []])
    if location.get("UserMetadata"):
        members["Metadata"] = {entry["Name"]: entry.get("Value", "") for entry in location["UserMetadata"]}
    folder = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    return Output(bucket, f"{folder}{id_}/", members)


def _grants(listed: list[dict[str, Any]]) -> dict[str, str]:
    given: dict[str, list[str]] = {}
    for grant in listed:
        grantee = grant["Grantee"]
        kind, member = _GRANTEES[grantee["Type"]]
        given.setdefault(_GRANTS[grant["Permission"]], []).append(f'{kind}="{grantee[member]}"')
    return {name: ", ".join(named) for name, named in given.items()}


def description_of(asked: dict[str, Any], id_: str, source: dict[str, str], tier: str, created: str) -> bytes:
    """Return ``job.txt``: what was asked, told as Glacier describes jobs. It is written once, and stays as it is."""
    told = {
        "JobId": id_,
        "Action": "Select",
        "CreationDate": created,
        "Completed": False,
        "StatusCode": "InProgress",
        "Tier": tier,
        **source,
        **{name: asked[name] for name in ("SelectParameters", "OutputLocation")},
    }
    if "Description" in asked:
        told["JobDescription"] = asked["Description"]
    return json.dumps(told, indent=2).encode() + b"\n"
