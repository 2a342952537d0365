"""Access keys of users and of the root user: two each, active or not."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import last_use
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import find_user_by_id, get_user_or_caller
from skyglobe.services.iam.keys import find_key, issue_key, revoke_key, switch_key
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.access_keys import AccessKey, access_keys
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import no_such_entity, over_quota
from skyglobe.services.iam.rules.statuses import is_active_status, shown_status

MAX_KEYS = 2  # of a user, and of root; IAM quotas


@iam.operation
def create_access_key(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """Make a key for a user; without a name for the caller, which may be root. The secret is told only now."""
    user = _find_holder(call, user_name)
    holder_id, arn = (user.unique_id, user.arn) if user is not None else (call.account, call.principal.arn)
    if sum(1 for _ in access_keys.scan(call, holder_id)) >= MAX_KEYS:
        raise over_quota("AccessKeysPerUser", MAX_KEYS)
    key, secret = issue_key(call, holder_id, arn)
    return {"AccessKey": {**_shape(key, user), "SecretAccessKey": secret}}


@iam.operation
def list_access_keys(
    call: Call, user_name: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the keys of a user; without a name of the caller."""
    user = _find_holder(call, user_name)
    holder_id = user.unique_id if user is not None else call.account
    keys = access_keys.scan(call, holder_id)
    shown, more = page(call, "keys:" + holder_id, keys, lambda key: key.access_key_id, marker, max_items)
    return {"AccessKeyMetadata": [_shape(key, user) for key in shown], **more}


@iam.operation
def update_access_key(call: Call, access_key_id: str, status: str, user_name: str | None = None) -> None:
    """Make a key active or inactive. The gateway refuses inactive keys as it refuses unknown ones."""
    switch_key(call, _get_key(call, user_name, access_key_id), is_active=is_active_status(status))


@iam.operation
def delete_access_key(call: Call, access_key_id: str, user_name: str | None = None) -> None:
    """Delete a key for good."""
    revoke_key(call, _get_key(call, user_name, access_key_id))


@iam.operation
def get_access_key_last_used(call: Call, access_key_id: str) -> dict[str, Any]:
    """Return when, with which service and in which region a key last signed a call, to the minute."""
    key = find_key(call, access_key_id)
    if key is None:
        raise _no_such_key(access_key_id)
    user = find_user_by_id(call, key.holder_id)
    named = {"UserName": user.id} if user is not None else {}
    use = last_use(call, access_key_id)
    if use is None:
        return {**named, "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"}}
    used = {"LastUsedDate": use.at // 1000, "ServiceName": use.service, "Region": use.region}
    return {**named, "AccessKeyLastUsed": used}


def _find_holder(call: Call, user_name: str | None) -> User | None:
    """Return the user meant; None when it is the root user, who calls without naming anybody."""
    if user_name is None and call.principal.is_root:
        return None
    return get_user_or_caller(call, user_name)


def _get_key(call: Call, user_name: str | None, access_key_id: str) -> AccessKey:
    """Return a key of the user named. Without a name, of the caller; root may name any key of the account so."""
    user = _find_holder(call, user_name)
    key = find_key(call, access_key_id)
    if key is None or (user is not None and key.holder_id != user.unique_id):
        raise _no_such_key(access_key_id)
    return key


def _no_such_key(access_key_id: str) -> Exception:
    return no_such_entity(f"The Access Key with id {access_key_id} cannot be found.")


def _shape(key: AccessKey, user: User | None) -> dict[str, Any]:
    named = {"UserName": user.id} if user is not None else {}
    status = shown_status(key.is_active)
    return {**named, "AccessKeyId": key.access_key_id, "Status": status, "CreateDate": key.created_at // 1000}
