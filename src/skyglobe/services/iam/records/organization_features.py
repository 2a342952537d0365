"""What an organization's management account enabled in IAM."""

from __future__ import annotations

from skyglobe.kernel.tables import Record, Table


class OrganizationFeatures(Record, frozen=True):
    """The features of one organization."""

    organization_id: str
    enabled: tuple[str, ...]


organization_features: Table[OrganizationFeatures] = Table(
    "iam.organization_features", OrganizationFeatures, key=("organization_id",), reach="account"
)
