"""The access keys that IAM and STS issued: where the gateway looks a caller up and notes that it called."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.principals import DEFAULT_ACCOUNT, Credential, root_of
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

credentials: Table[Credential] = Table(
    "kernel.credentials", Credential, key=("access_key_id",), reach="global", is_hot=True
)


class KeyUse(Record, frozen=True):
    """An access key was used with a service in a region."""

    access_key_id: str
    service: str
    """Its signing name: ``sqs``."""
    region: str
    at: Instant
    """When last, to the minute."""
    principal_arn: str


key_uses: Table[KeyUse] = Table("kernel.key_uses", KeyUse, key=("access_key_id", "service", "region"), reach="global")


def last_use(scope: Scope, access_key_id: str) -> KeyUse | None:
    """Return where and when a key was last used, or None."""
    return max(key_uses.scan(scope, access_key_id), key=lambda use: use.at, default=None)


def admit_root(scope: Scope, access_key_id: str, secret: str) -> None:
    """Make a key of the default account's root user known, as the configuration asks."""
    root = root_of(DEFAULT_ACCOUNT)
    credentials.put(
        scope,
        Credential(
            access_key_id=access_key_id,
            secret=secret,
            session_token=None,
            account=root.account,
            principal_arn=root.arn,
            user_id=root.user_id,
        ),
    )
