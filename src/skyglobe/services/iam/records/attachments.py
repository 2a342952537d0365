"""What hangs on users, groups and roles: attached policies, inline policies, permissions boundaries.

Each row names its holder by kind and by name in lower case. ``rename_holder`` moves all three, ``forget_boundary``
clears what does not stand in the way of deletion.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record
from skyglobe.services.iam.records.watched import WatchedTable

Kind = Literal["user", "group", "role"]
KINDS: tuple[Kind, ...] = ("user", "group", "role")


class Attachment(Record, frozen=True):
    """A managed policy attached to a holder."""

    kind: Kind
    holder: str
    policy_arn: str


class InlinePolicy(Record, frozen=True):
    """A policy that is part of its holder. Names of inline policies tell upper from lower case."""

    kind: Kind
    holder: str
    name: str
    document: str


class Boundary(Record, frozen=True):
    """The managed policy that bounds what a user or role may be allowed."""

    kind: Kind
    holder: str
    policy_arn: str


attachments: WatchedTable[Attachment] = WatchedTable(
    "iam.attachments",
    Attachment,
    key=("kind", "holder", "policy_arn"),
    indexes={"policy": ("policy_arn",)},
    reach="account",
)
inline_policies: WatchedTable[InlinePolicy] = WatchedTable(
    "iam.inline_policies", InlinePolicy, key=("kind", "holder", "name"), reach="account"
)
boundaries: WatchedTable[Boundary] = WatchedTable(
    "iam.boundaries", Boundary, key=("kind", "holder"), indexes={"policy": ("policy_arn",)}, reach="account"
)


def has_attachments(scope: Scope, kind: Kind, name: str) -> bool:
    """Whether managed policies are attached: "Cannot delete entity, must detach all policies first."."""
    return next(attachments.scan(scope, kind, name.lower(), limit=1), None) is not None


def has_inline_policies(scope: Scope, kind: Kind, name: str) -> bool:
    """Whether there are inline policies: "Cannot delete entity, must delete policies first."."""
    return next(inline_policies.scan(scope, kind, name.lower(), limit=1), None) is not None


def find_boundary(scope: Scope, kind: Kind, name: str) -> str | None:
    """Return the ARN of the policy that bounds a user or role, or None."""
    found = boundaries.find(scope, kind, name.lower())
    return found.policy_arn if found is not None else None


def forget_boundary(scope: Scope, kind: Kind, name: str) -> None:
    """Take the boundary off a holder, if it has one: when it is deleted, above all."""
    found = boundaries.find(scope, kind, name.lower())
    if found is not None:
        boundaries.delete(scope, found)


def rename_holder(scope: Scope, kind: Kind, old: str, new: str) -> None:
    """Move everything that hangs on ``old`` to its new name."""
    before, after = old.lower(), new.lower()
    if before == after:
        return
    for attached in list(attachments.scan(scope, kind, before)):
        attachments.delete(scope, attached)
        attachments.insert(scope, replace(attached, holder=after))
    for inline in list(inline_policies.scan(scope, kind, before)):
        inline_policies.delete(scope, inline)
        inline_policies.insert(scope, replace(inline, holder=after))
    bounded = boundaries.find(scope, kind, before)
    if bounded is not None:
        boundaries.delete(scope, bounded)
        boundaries.insert(scope, replace(bounded, holder=after))
