"""What an account itself has: its beginning, its alias, its password policy, its credential report."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.services.iam.records.watched import WatchedTable


class PasswordPolicy(Record, frozen=True):
    """What the passwords of an account's users must be like. The defaults are those of UpdateAccountPasswordPolicy."""

    minimum_length: int = 6
    needs_symbols: bool = False
    needs_numbers: bool = False
    needs_uppercase: bool = False
    needs_lowercase: bool = False
    lets_users_change: bool = False
    max_age_days: int = 0
    """0: passwords do not expire."""
    remembered: int = 0
    """How many of the last passwords may not come back; 0: all may."""
    is_expiry_hard: bool = False


class Account(Record, frozen=True):
    """One account, kept under an empty key."""

    created_at: Instant
    """When IAM was first used in it: accounts need no founding here."""
    alias: str = ""
    password_policy: PasswordPolicy | None = None
    token_version: int = 1
    """Of tokens of the global STS endpoint; 1 is what accounts begin with."""

    @property
    def key(self) -> str:
        return ""


class Alias(Record, frozen=True):
    """An alias that is taken, in the whole cloud."""

    alias: str
    account: str


class CredentialReport(Record, frozen=True):
    """The last credential report."""

    made_at: Instant
    content: bytes

    @property
    def key(self) -> str:
        return ""


accounts: WatchedTable[Account] = WatchedTable("iam.account", Account, key=("key",), reach="account")
aliases: Table[Alias] = Table("iam.aliases", Alias, key=("alias",), reach="global")
reports: Table[CredentialReport] = Table("iam.credential_reports", CredentialReport, key=("key",), reach="account")


def begin_account(scope: Scope) -> Account:
    """Return the account's record, made now if this is the first anybody hears of it."""
    known = accounts.find(scope, "")
    if known is None:
        known = Account(created_at=scope.now)
        accounts.insert(scope, known)
    return known


def change_account(scope: Scope, **changes: object) -> None:
    """Change some fields of the account's record."""
    known = begin_account(scope)
    accounts.replace(scope, known, replace(known, **changes))


def find_password_policy(scope: Scope) -> PasswordPolicy | None:
    """Return the account's own password policy, or None when AWS's default applies."""
    known = accounts.find(scope, "")
    return known.password_policy if known is not None else None
