"""Reports of what users and roles accessed last."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.tables import Record, Table

KEPT_FOR = 7 * 24 * 3_600_000  # milliseconds; API reference, GenerateServiceLastAccessedDetails


class AccessReport(Record, frozen=True):
    """What was asked for; the answer is worked out when it is read."""

    id: str
    arn: str
    granularity: str
    created_at: Instant


access_reports: Table[AccessReport] = Table("iam.access_reports", AccessReport, key=("id",), reach="account")


class OrganizationsAccessReport(Record, frozen=True):
    """What was asked for about a part of an organization; the answer is worked out when it is read."""

    id: str
    entity_path: str
    """``o-…/r-…/ou-…`` down to a root, unit or account, without a slash at its end."""
    policy: str | None
    """The text of the one service control policy it is about; None: of all that apply."""
    created_at: Instant


organizations_access_reports: Table[OrganizationsAccessReport] = Table(
    "iam.organizations_access_reports", OrganizationsAccessReport, key=("id",), reach="account"
)
