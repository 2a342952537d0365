"""The account's own password policy."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.records.account import PasswordPolicy, change_account, find_password_policy
from skyglobe.services.iam.refusals import no_such_entity


@iam.operation
def update_account_password_policy(
    call: Call,
    minimum_password_length: int = 6,
    require_symbols: bool = False,
    require_numbers: bool = False,
    require_uppercase_characters: bool = False,
    require_lowercase_characters: bool = False,
    allow_users_to_change_password: bool = False,
    max_password_age: int = 0,
    password_reuse_prevention: int = 0,
    hard_expiry: bool = False,
) -> None:
    """Set the whole policy: what is not said goes back to its default. Passwords that are there stay as they are."""
    policy = PasswordPolicy(
        minimum_length=minimum_password_length,
        needs_symbols=require_symbols,
        needs_numbers=require_numbers,
        needs_uppercase=require_uppercase_characters,
        needs_lowercase=require_lowercase_characters,
        lets_users_change=allow_users_to_change_password,
        max_age_days=max_password_age,
        remembered=password_reuse_prevention,
        is_expiry_hard=hard_expiry,
    )
    change_account(call, password_policy=policy)


@iam.operation
def get_account_password_policy(call: Call) -> dict[str, Any]:
    """Return the account's own policy. Raises NoSuchEntity while AWS's default applies."""
    policy = _get_policy(call)
    shown: dict[str, Any] = {
        "MinimumPasswordLength": policy.minimum_length,
        "RequireSymbols": policy.needs_symbols,
        "RequireNumbers": policy.needs_numbers,
        "RequireUppercaseCharacters": policy.needs_uppercase,
        "RequireLowercaseCharacters": policy.needs_lowercase,
        "AllowUsersToChangePassword": policy.lets_users_change,
        "ExpirePasswords": policy.max_age_days > 0,
    }
    if policy.max_age_days:
        shown |= {"MaxPasswordAge": policy.max_age_days, "HardExpiry": policy.is_expiry_hard}
    if policy.remembered:
        shown["PasswordReusePrevention"] = policy.remembered
    return {"PasswordPolicy": shown}


@iam.operation
def delete_account_password_policy(call: Call) -> None:
    """Go back to AWS's default policy."""
    _get_policy(call)
    change_account(call, password_policy=None)


def _get_policy(call: Call) -> PasswordPolicy:
    policy = find_password_policy(call)
    if policy is None:
        raise no_such_entity(f"The Password Policy with domain name {call.account} cannot be found.")
    return policy
