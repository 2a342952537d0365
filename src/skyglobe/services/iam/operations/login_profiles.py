"""Passwords of users: given by administrators, changed by the users themselves."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import find_caller, get_user, get_user_or_caller
from skyglobe.services.iam.records.account import find_password_policy
from skyglobe.services.iam.records.login_profiles import MAX_FORMER, LoginProfile, login_profiles
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import no_such_entity, validation_error
from skyglobe.services.iam.rules.passwords import SALT_BYTES, hash_password, is_password, remembered, weakness


@iam.operation
def create_login_profile(
    call: Call, user_name: str | None = None, password: str | None = None, password_reset_required: bool = False
) -> dict[str, Any]:
    """Give a user a password. Raises PasswordPolicyViolation, EntityAlreadyExists."""
    user = get_user_or_caller(call, user_name)
    if login_profiles.find(call, user.unique_id) is not None:
        raise iam.errors.EntityAlreadyExistsException(f"Login Profile for user {user.id} already exists.")
    if password is None:
        raise validation_error("Must specify password")
    _check_strength(call, password)
    salt = call.kernel.ids.token(SALT_BYTES)
    profile = LoginProfile(
        user_id=user.unique_id,
        salt=salt,
        hashed=hash_password(password, salt),
        created_at=call.now,
        changed_at=call.now,
        must_change=password_reset_required,
    )
    login_profiles.insert(call, profile)
    return {"LoginProfile": _shape(user, profile)}


@iam.operation
def get_login_profile(call: Call, user_name: str | None = None) -> dict[str, Any]:
    """Return when a user was given a password, and whether it must be changed at the next sign-in."""
    user = get_user_or_caller(call, user_name)
    return {"LoginProfile": _shape(user, _get_profile(call, user))}


@iam.operation
def update_login_profile(
    call: Call, user_name: str, password: str | None = None, password_reset_required: bool | None = None
) -> None:
    """Give a user another password, or have it change its own."""
    user = get_user(call, user_name)
    profile = _get_profile(call, user)
    changed = profile if password is None else _with_password(call, profile, password)
    if password_reset_required is not None:
        changed = replace(changed, must_change=password_reset_required)
    login_profiles.replace(call, profile, changed)


@iam.operation
def delete_login_profile(call: Call, user_name: str | None = None) -> None:
    """Take a user's password away."""
    login_profiles.delete(call, _get_profile(call, get_user_or_caller(call, user_name)))


@iam.operation
def change_password(call: Call, old_password: str, new_password: str) -> None:
    """Change the caller's own password. Raises AccessDenied when the old one is wrong."""
    user = find_caller(call)
    if user is None:
        raise iam.errors.InvalidUserTypeException("Only IAM Users can change their own password.")
    profile = _get_profile(call, user)
    if not is_password(old_password, profile.salt, profile.hashed):
        raise iam.error("AccessDenied", "The old password was incorrect.", status=403)
    changed = replace(_with_password(call, profile, new_password), must_change=False)
    login_profiles.replace(call, profile, changed)


def _with_password(call: Call, profile: LoginProfile, password: str) -> LoginProfile:
    """Return a profile with another password. Raises PasswordPolicyViolation, also for one of the last ones."""
    _check_strength(call, password)
    hashed = hash_password(password, profile.salt)
    if hashed in remembered(profile.hashed, profile.former, find_password_policy(call)):
        raise iam.errors.PasswordPolicyViolationException("Password has been used previously")
    former = (profile.hashed, *profile.former)[:MAX_FORMER]
    return replace(profile, hashed=hashed, former=former, changed_at=call.now)


def _check_strength(call: Call, password: str) -> None:
    reason = weakness(password, find_password_policy(call))
    if reason is not None:
        raise iam.errors.PasswordPolicyViolationException(reason)


def _get_profile(call: Call, user: User) -> LoginProfile:
    profile = login_profiles.find(call, user.unique_id)
    if profile is None:
        raise _no_profile(user)
    return profile


def _no_profile(user: User) -> ServiceError:
    return no_such_entity(f"Login Profile for User {user.id} cannot be found.")


def _shape(user: User, profile: LoginProfile) -> dict[str, Any]:
    return {
        "UserName": user.id,
        "CreateDate": profile.created_at // 1000,
        "PasswordResetRequired": profile.must_change,
    }
