"""Users. What belongs to a user is kept under its unique id, so that renaming moves nothing."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource
from skyglobe.services.iam.records.watched import WatchedResources


class User(Resource, frozen=True, kw_only=True):
    """An IAM user; ``id`` is its name."""

    unique_id: str
    """``AIDA…``: never used twice, unlike names and ARNs."""
    path: str = "/"
    password_used_at: Instant | None = None

    @property
    def name_key(self) -> str:
        """What is unique in the account: names differ by more than case."""
        return self.id.lower()


users: WatchedResources[User] = WatchedResources(
    "AWS::IAM::User",
    "iam.users",
    User,
    key=("name_key",),
    indexes={"unique_id": ("unique_id",)},
    reach="account",
)
