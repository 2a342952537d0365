"""How an account stands: which organization it belongs to, whether it was closed, and which services are trusted there.

Every call is decided with it, so it costs next to nothing in a cloud that never had an organization.
"""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.keys import pack
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

_ANY = pack(("kernel.standing.any",))


class Standing(Record, frozen=True):
    """One account that is, or was when it closed, in an organization."""

    account: str
    organization_id: str
    """``o-…``; empty for an account that belongs to none any more."""
    management: str
    """The organization's management account."""
    path: str
    """As ``aws:PrincipalOrgPaths`` has it: ``o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/``."""
    is_closed: bool = False
    """Whether nobody of this account may call any more."""

    @property
    def is_management(self) -> bool:
        return self.account == self.management


class TrustedService(Record, frozen=True):
    """An AWS service that may work in all accounts of an organization."""

    organization_id: str
    service_principal: str
    enabled_at: Instant


standings: Table[Standing] = Table("kernel.standings", Standing, key=("account",), reach="global", is_hot=True)
trusted_services: Table[TrustedService] = Table(
    "kernel.trusted_services", TrustedService, key=("organization_id", "service_principal"), reach="global"
)


def find_standing(scope: Scope, account: str) -> Standing | None:
    """Return how an account stands; None when it never had to do with an organization."""
    if scope.writes.get(_ANY) is None or not account:
        return None
    return standings.find(scope, account)


def find_membership(scope: Scope, account: str) -> Standing | None:
    """Return the standing of an account that is in an organization, or None."""
    found = find_standing(scope, account)
    return found if found is not None and found.organization_id else None


def put_standing(scope: Scope, standing: Standing) -> None:
    """Note how an account stands from now on."""
    scope.writes.put(_ANY, b"1")
    standings.put(scope, standing)


def drop_standing(scope: Scope, account: str) -> None:
    """Note that an account belongs to no organization."""
    standings.drop(scope, account)


def is_trusted(scope: Scope, organization_id: str, service_principal: str) -> bool:
    """Whether a service (``ram.amazonaws.com``) may work in the whole of an organization."""
    return trusted_services.find(scope, organization_id, service_principal) is not None
