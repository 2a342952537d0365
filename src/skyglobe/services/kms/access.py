"""What the policy engine asks about keys."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.kms.records import keys


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of the key with this ARN; None for aliases and what is not there."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    kind, _, key_id = place.resource.partition("/")
    if kind != "key" or not place.account or not place.region:
        return None
    key = keys.find(scope.within(place.account, place.region), key_id)
    return key.policy if key is not None else None
