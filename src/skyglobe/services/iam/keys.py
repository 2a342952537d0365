"""Access keys in both places: what IAM shows, and the credentials the gateway verifies signatures with."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Credential
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.access_keys import AccessKey, access_keys
from skyglobe.services.iam.records.users import User


def issue_key(scope: Scope, holder_id: str, arn: str) -> tuple[AccessKey, str]:
    """Make a key that the gateway accepts from now on. Returns it and its secret, which is told this once."""
    ids = scope.kernel.ids
    key = AccessKey(holder_id=holder_id, access_key_id=ids.principal("AKIA"), created_at=scope.now)
    secret = ids.secret()
    access_keys.insert(scope, key)
    credentials.insert(
        scope,
        Credential(
            access_key_id=key.access_key_id,
            secret=secret,
            session_token=None,
            account=scope.account,
            principal_arn=arn,
            user_id=holder_id,
        ),
    )
    return key, secret


def switch_key(scope: Scope, key: AccessKey, *, is_active: bool) -> None:
    """Have the gateway accept or refuse a key from now on."""
    access_keys.replace(scope, key, replace(key, is_active=is_active, changed_at=scope.now))
    credential = credentials.find(scope, key.access_key_id)
    assert credential is not None, "every access key has a credential"
    credentials.replace(scope, credential, replace(credential, is_active=is_active))


def revoke_key(scope: Scope, key: AccessKey) -> None:
    """Delete a key. The gateway goes on refusing it, also where unknown keys are taken on trust."""
    access_keys.delete(scope, key)
    credential = credentials.find(scope, key.access_key_id)
    assert credential is not None, "every access key has a credential"
    credentials.replace(scope, credential, replace(credential, is_active=False, secret=""))


def move_keys(scope: Scope, user: User) -> None:
    """Let the keys of a user speak for the ARN it has now."""
    for key in access_keys.scan(scope, user.unique_id):
        credential = credentials.find(scope, key.access_key_id)
        assert credential is not None, "every access key has a credential"
        credentials.replace(scope, credential, replace(credential, principal_arn=user.arn))


def find_key(scope: Scope, access_key_id: str) -> AccessKey | None:
    """Return the account's key of that id, whoever holds it."""
    return next(access_keys.scan_by(scope, "id", access_key_id, limit=1), None)
