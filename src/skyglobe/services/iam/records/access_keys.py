"""Access keys as IAM shows them. Their secrets are in the kernel's credentials, where the gateway verifies them."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.tables import Record, Table


class AccessKey(Record, frozen=True):
    """A long-term key of a user, or of the account's root user."""

    holder_id: str
    """Unique id of the user; the account for root."""
    access_key_id: str
    created_at: Instant
    is_active: bool = True
    changed_at: Instant | None = None


access_keys: Table[AccessKey] = Table(
    "iam.access_keys",
    AccessKey,
    key=("holder_id", "access_key_id"),
    indexes={"id": ("access_key_id",)},
    reach="account",
)
