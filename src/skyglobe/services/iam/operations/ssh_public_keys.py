"""SSH public keys of users."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import get_user, get_user_or_caller
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.user_credentials import MAX_SSH_KEYS, SshKey, ssh_keys
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import no_such_entity, over_quota
from skyglobe.services.iam.rules.public_keys import fingerprint_of, pem_form, read_public_key, ssh_form
from skyglobe.services.iam.rules.statuses import is_active_status, shown_status


@iam.operation
def upload_ssh_public_key(call: Call, user_name: str, ssh_public_key_body: str) -> dict[str, Any]:
    """Give a user an RSA public key. Raises InvalidPublicKey, DuplicateSSHPublicKey, LimitExceeded."""
    user = get_user(call, user_name)
    try:
        public = read_public_key(ssh_public_key_body)
    except ValueError as error:
        raise iam.errors.InvalidPublicKeyException("SSH public key is invalid.") from error
    present = list(ssh_keys.scan(call, user.unique_id))
    if any(key.fingerprint == fingerprint_of(public) for key in present):
        raise iam.errors.DuplicateSSHPublicKeyException("The SSH public key is already associated with this user.")
    if len(present) >= MAX_SSH_KEYS:
        raise over_quota("SSHPublicKeysPerUser", MAX_SSH_KEYS)
    key = SshKey(
        user_id=user.unique_id,
        id=call.kernel.ids.principal("APKA"),
        body=ssh_form(public),
        fingerprint=fingerprint_of(public),
        uploaded_at=call.now,
    )
    ssh_keys.insert(call, key)
    return {"SSHPublicKey": _whole_shape(user, key, key.body)}


@iam.operation
def get_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str, encoding: str) -> dict[str, Any]:
    """Return a key, written as OpenSSH or as PEM."""
    user = get_user(call, user_name)
    key = _get_key(call, user, ssh_public_key_id)
    body = pem_form(read_public_key(key.body)) if encoding == "PEM" else key.body
    return {"SSHPublicKey": _whole_shape(user, key, body)}


@iam.operation
def list_ssh_public_keys(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the keys of a user; without a name of the caller."""
    user = get_user_or_caller(call, user_name)
    keys = ssh_keys.scan(call, user.unique_id)
    shown, more = page(call, "ssh-keys:" + user.unique_id, keys, lambda key: key.id, marker, max_items)
    return {"SSHPublicKeys": [_shape(user, key) for key in shown], **more}


@iam.operation
def update_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str, status: str) -> None:
    """Make a key active or inactive."""
    key = _get_key(call, get_user(call, user_name), ssh_public_key_id)
    ssh_keys.replace(call, key, replace(key, is_active=is_active_status(status)))


@iam.operation
def delete_ssh_public_key(call: Call, user_name: str, ssh_public_key_id: str) -> None:
    """Take a key from a user."""
    ssh_keys.delete(call, _get_key(call, get_user(call, user_name), ssh_public_key_id))


def _get_key(call: Call, user: User, key_id: str) -> SshKey:
    key = ssh_keys.find(call, user.unique_id, key_id)
    if key is None:
        raise no_such_entity(f"The Public Key with id {key_id} cannot be found.")
    return key


def _shape(user: User, key: SshKey) -> dict[str, Any]:
    status = shown_status(key.is_active)
    return {
        "UserName": user.id,
        "SSHPublicKeyId": key.id,
        "Status": status,
        "UploadDate": key.uploaded_at // 1000,
    }


def _whole_shape(user: User, key: SshKey, body: str) -> dict[str, Any]:
    return {**_shape(user, key), "Fingerprint": key.fingerprint, "SSHPublicKeyBody": body}
