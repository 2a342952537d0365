"""Tables whose every change is noted, so that what was worked out from them can be kept until then.

What a caller's policies are takes some thirty reads to find out, and changes seldom. The digest of an account covers
the whole history of its watched tables: two accounts, or clouds, with the same digest hold the same.
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from skyglobe.kernel.keys import Part
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

R = TypeVar("R", bound=msgspec.Struct)
S = TypeVar("S", bound=Resource)


class Digest(Record, frozen=True):
    """The one row of ``iam.digest``."""

    key: str
    value: bytes


digests: Table[Digest] = Table("iam.digest", Digest, key=("key",), reach="account", is_hot=True)


def digest_of(scope: Scope) -> bytes:
    """Return what stands for the content of all watched tables of this account; empty while they are."""
    found = digests.find(scope, "")
    return found.value if found is not None else b""


def note_change(scope: Scope, *change: object) -> None:
    """Take a change into the account's digest."""
    before = digest_of(scope) or scope.account.encode()
    value = hashlib.blake2b(before + msgspec.msgpack.encode(change), digest_size=16).digest()
    digests.insert(scope, Digest(key="", value=value))


class WatchedTable(Table[R]):
    """A table that notes its changes."""

    def insert(self, scope: Scope, record: R) -> None:
        super().insert(scope, record)
        note_change(scope, self.name, "insert", record)

    def replace(self, scope: Scope, old: R, new: R) -> None:
        super().replace(scope, old, new)
        note_change(scope, self.name, "replace", new)

    def delete(self, scope: Scope, record: R) -> None:
        super().delete(scope, record)
        note_change(scope, self.name, "delete", record)

    def drop(self, scope: Scope, *key: Part) -> None:
        super().drop(scope, *key)
        note_change(scope, self.name, "drop", key)


class WatchedResources(WatchedTable[S], ResourceTable[S]):
    """A table of resources that notes its changes."""
