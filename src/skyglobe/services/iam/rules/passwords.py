"""What passwords must be like, how they are kept, and when they end."""

from __future__ import annotations

import hashlib
import hmac
import string

from skyglobe.services.iam.records.account import PasswordPolicy

SYMBOLS = "!@#$%^&*()_+-=[]{}|'"  # IAM user guide, "Password policy options"
DEFAULT_LENGTH = 8  # characters; IAM user guide, "Default password policy"
DEFAULT_KINDS = 3  # of the four kinds of characters; same page
SALT_BYTES = 16
DAY = 86_400_000  # milliseconds

_COST = {"n": 2**10, "r": 8, "p": 1, "dklen": 32}
"""A few milliseconds: hashes are made while everybody waits, and guard passwords of a development cloud."""


def hash_password(password: str, salt: bytes) -> bytes:
    """Return the hash that is kept in place of a password (RFC 7914)."""
    return hashlib.scrypt(password.encode(), salt=salt, **_COST)


def is_password(password: str, salt: bytes, hashed: bytes) -> bool:
    """Whether ``password`` is the one that was hashed."""
    return hmac.compare_digest(hash_password(password, salt), hashed)


def weakness(password: str, policy: PasswordPolicy | None) -> str | None:
    """Return in AWS's words why a password breaks the account's policy, or None. None: AWS's default policy."""
    present = {
        "uppercase": any(character in string.ascii_uppercase for character in password),
        "lowercase": any(character in string.ascii_lowercase for character in password),
        "number": any(character in string.digits for character in password),
        "symbol": any(character in SYMBOLS for character in password),
    }
    if policy is None:
        if len(password) < DEFAULT_LENGTH:
            return _too_short(DEFAULT_LENGTH)
        if sum(present.values()) < DEFAULT_KINDS:
            return "Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols"
        return None
    if len(password) < policy.minimum_length:
        return _too_short(policy.minimum_length)
    needed = {
        "uppercase": ("uppercase letter", policy.needs_uppercase),
        "lowercase": ("lowercase letter", policy.needs_lowercase),
        "number": ("number", policy.needs_numbers),
        "symbol": ("symbol", policy.needs_symbols),
    }
    for kind, (name, is_needed) in needed.items():
        if is_needed and not present[kind]:
            return f"Password should have at least one {name}"
    return None


def _too_short(characters: int) -> str:
    return f"Password should have a minimum length of {characters}"


def remembered(hashed: bytes, former: tuple[bytes, ...], policy: PasswordPolicy | None) -> tuple[bytes, ...]:
    """Return the passwords, present one first, that may not come back under the policy."""
    return (hashed, *former)[: policy.remembered] if policy is not None else ()


def expires_at(changed_at: int, policy: PasswordPolicy | None) -> int | None:
    """Return when a password set at ``changed_at`` ends, in milliseconds; None: never."""
    if policy is None or not policy.max_age_days:
        return None
    return changed_at + policy.max_age_days * DAY
