"""AWS's own managed policies, with their real names, paths and documents. Read on first use.

The data file is made by ``tools/managed_policies.py``. It does not hold AWS's ids of them: ours are derived from the
names, so that they are the same in every cloud.
"""

from __future__ import annotations

import base64
import hashlib
import lzma
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from importlib.resources import files

import msgspec

from skyglobe.services.iam.records.policies import ManagedPolicy, PolicyVersion

OWNER = "aws"
"""What stands in the ARN in place of an account."""


class _Row(msgspec.Struct, frozen=True, array_like=True):
    name: str
    path: str
    version: int
    created: datetime
    updated: datetime
    document: str


def find_aws_policy(arn: str) -> ManagedPolicy | None:
    """Return AWS's policy with this ARN, or None."""
    partition, _, location = arn.partition(f":iam::{OWNER}:policy")
    row = _rows().get(location)
    return _policy_of(row, partition) if row is not None else None


def list_aws_policies(partition: str) -> Iterator[ManagedPolicy]:
    """Yield all of AWS's policies, by name."""
    for row in _rows().values():
        yield _policy_of(row, f"arn:{partition}")


def aws_policy_version(policy: ManagedPolicy) -> PolicyVersion:
    """Return the default version of one of AWS's policies, the only one there is here."""
    row = _rows()[policy.path + policy.id]
    return PolicyVersion(
        policy_id=policy.unique_id, number=row.version, document=row.document, created_at=policy.updated_at
    )


def _policy_of(row: _Row, start: str) -> ManagedPolicy:
    digest = base64.b32encode(hashlib.sha256(row.name.encode()).digest()).decode()
    return ManagedPolicy(
        arn=f"{start}:iam::{OWNER}:policy{row.path}{row.name}",
        id=row.name,
        unique_id=f"ANPA{digest[:17]}",
        owner=OWNER,
        created_at=_instant(row.created),
        path=row.path,
        description="",
        default_version=row.version,
        last_version=row.version,
        updated_at=_instant(row.updated),
    )


def _instant(when: datetime) -> int:
    return int(when.timestamp() * 1000)


@cache
def _rows() -> dict[str, _Row]:
    """Return the policies by path and name. A constant, unpacked once: about 4 MB of text."""
    packed = files("skyglobe.services.iam").joinpath("data/managed_policies.json.xz").read_bytes()
    rows = msgspec.json.decode(lzma.decompress(packed), type=list[_Row])
    return {row.path + row.name: row for row in rows}
