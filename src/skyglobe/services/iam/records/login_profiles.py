"""The passwords of users, as hashes."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.tables import Record, Table

MAX_FORMER = 24  # passwords remembered; "PasswordReusePrevention" goes up to that


class LoginProfile(Record, frozen=True):
    """A user's password for the console."""

    user_id: str
    salt: bytes
    """One for all passwords of the user, so that comparing with the former ones costs one hash."""
    hashed: bytes
    created_at: Instant
    changed_at: Instant
    must_change: bool = False
    former: tuple[bytes, ...] = ()
    """Hashes of the passwords before, the latest first."""


login_profiles: Table[LoginProfile] = Table("iam.login_profiles", LoginProfile, key=("user_id",), reach="account")
