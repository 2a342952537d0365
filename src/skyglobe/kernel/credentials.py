"""The access keys that IAM and STS issued: where the gateway looks a caller up."""

from __future__ import annotations

from skyglobe.kernel.principals import DEFAULT_ACCOUNT, Credential, root_of
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table

credentials: Table[Credential] = Table("kernel.credentials", Credential, key=("access_key_id",), reach="global")


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
