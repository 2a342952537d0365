"""Resource policies: of the account, of single groups, and of destinations, as the policy engine asks for them."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import find_destination
from skyglobe.services.logs.records import resource_policies


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of a destination, or what the account's and the group's policies say of a group.

    Those of groups speak to services only: for other callers nobody asks (``needs``).
    """
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    if place.resource.startswith("destination:"):
        found = find_destination(scope, arn)
        return found.policy or None if found is not None else None
    if not place.resource.startswith("log-group:"):
        return None
    there = scope.within(place.account, place.region)
    group = ":".join(arn.split(":", 7)[:7])
    documents = [policy.document for policy in resource_policies.scan(there, "")]
    documents += [policy.document for policy in resource_policies.scan(there, group)]
    return joined(*documents) if documents else None


@lru_cache(maxsize=1024)
def joined(*documents: str) -> str:
    """Return one policy with the statements of several, of which each is valid."""
    statements: list[Any] = []
    for document in documents:
        own = json.loads(document)["Statement"]
        statements += own if isinstance(own, list) else [own]
    # Names of statements must differ within a policy, and need not between policies.
    unnamed = [{name: value for name, value in one.items() if name != "Sid"} for one in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": unnamed})


logs.resource_policies(resource_policy)
