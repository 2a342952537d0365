"""The resource policy of the catalog, as the policy engine asks for it."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.glue import glue
from skyglobe.services.glue.records import policies

CATALOG = "catalog"
"""Where the policy is kept: a catalog has one, which speaks of everything in it."""


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of the catalog that a database, a table or the catalog itself belongs to."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    if not place.account or not place.region:
        return None
    found = policies.find(scope.within(place.account, place.region), CATALOG)
    return found.document if found is not None else None


glue.resource_policies(resource_policy)
