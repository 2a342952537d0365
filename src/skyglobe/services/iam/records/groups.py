"""Groups, and who is in them."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource
from skyglobe.kernel.tables import Record
from skyglobe.services.iam.records.watched import WatchedResources, WatchedTable


class Group(Resource, frozen=True, kw_only=True):
    """A group of users; ``id`` is its name."""

    unique_id: str
    """``AGPA…``"""
    path: str = "/"

    @property
    def name_key(self) -> str:
        return self.id.lower()


class Membership(Record, frozen=True):
    """A user is in a group. Both by unique id."""

    user_id: str
    group_id: str
    since: Instant


groups: WatchedResources[Group] = WatchedResources(
    "AWS::IAM::Group",
    "iam.groups",
    Group,
    key=("name_key",),
    indexes={"unique_id": ("unique_id",)},
    reach="account",
)
memberships: WatchedTable[Membership] = WatchedTable(
    "iam.memberships", Membership, key=("user_id", "group_id"), indexes={"group": ("group_id",)}, reach="account"
)
