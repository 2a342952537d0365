"""The credential report: one line of CSV for the root user and each user, with the state of all that proves them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from skyglobe.kernel.credentials import last_use
from skyglobe.kernel.mfa import mfa_devices
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.access_keys import AccessKey, access_keys
from skyglobe.services.iam.records.account import begin_account, find_password_policy
from skyglobe.services.iam.records.login_profiles import login_profiles
from skyglobe.services.iam.records.user_credentials import signing_certificates
from skyglobe.services.iam.records.users import User, users
from skyglobe.services.iam.rules.passwords import expires_at

# "Getting credential reports for your AWS account", IAM user guide: columns, and what stands where there is nothing.
_KEY_COLUMNS = ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(f"access_key_{number}_{column}" for number in (1, 2) for column in _KEY_COLUMNS),
    *(f"cert_{number}_{column}" for number in (1, 2) for column in ("active", "last_rotated")),
)
NOTHING, UNKNOWN, UNSUPPORTED = "N/A", "no_information", "not_supported"
_NO_CERTIFICATES = ["false", NOTHING] * 2


def make_report(scope: Scope) -> bytes:
    """Return the report of the account as it is now."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerow(_root_line(scope))
    lines.writerows(_user_line(scope, user) for user in users.scan(scope))
    return text.getvalue().rstrip("\n").encode()


def _root_line(scope: Scope) -> list[str]:
    arn = f"arn:{scope.partition}:iam::{scope.account}:root"
    password = [UNSUPPORTED, UNKNOWN, UNSUPPORTED, UNSUPPORTED]
    begun = _instant(begin_account(scope).created_at)
    return ["<root_account>", arn, begun, *password, "false", *_keys(scope, scope.account), *_NO_CERTIFICATES]


def _user_line(scope: Scope, user: User) -> list[str]:
    has_device = next(mfa_devices.scan_by(scope, "user", user.unique_id, limit=1), None) is not None
    return [
        user.id,
        user.arn,
        _instant(user.created_at),
        *_password(scope, user),
        _truth(has_device),
        *_keys(scope, user.unique_id),
        *_certificates(scope, user),
    ]


def _password(scope: Scope, user: User) -> list[str]:
    profile = login_profiles.find(scope, user.unique_id)
    if profile is None:
        return ["false", NOTHING, NOTHING, NOTHING]
    ends_at = expires_at(profile.changed_at, find_password_policy(scope))
    used = _instant(user.password_used_at) if user.password_used_at is not None else UNKNOWN
    return ["true", used, _instant(profile.changed_at), _instant(ends_at) if ends_at is not None else NOTHING]


def _keys(scope: Scope, holder_id: str) -> Iterator[str]:
    keys = sorted(access_keys.scan(scope, holder_id), key=lambda key: (key.created_at, key.access_key_id))
    for key in keys:
        yield from _key(scope, key)
    for _ in range(2 - len(keys)):
        yield from ["false", *[NOTHING] * 4]


def _key(scope: Scope, key: AccessKey) -> list[str]:
    use = last_use(scope, key.access_key_id)
    used = [_instant(use.at), use.region, use.service] if use is not None else [NOTHING] * 3
    return [_truth(key.is_active), _instant(key.changed_at or key.created_at), *used]


def _certificates(scope: Scope, user: User) -> list[str]:
    found = sorted(signing_certificates.scan(scope, user.unique_id), key=lambda row: (row.uploaded_at, row.id))
    shown = [text for row in found for text in (_truth(row.is_active), _instant(row.changed_at))]
    return [*shown, *_NO_CERTIFICATES][: len(_NO_CERTIFICATES)]


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).isoformat()


def _truth(value: bool) -> str:
    return "true" if value else "false"
