"""ListPoliciesGrantingServiceAccess: which policies let a user, group or role reach a service at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.policy import Source
from skyglobe.policy.granting import grants
from skyglobe.services.iam import iam
from skyglobe.services.iam.access import find_principal, policies_of, policies_on_group
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.refusals import invalid_input, no_such_entity


@iam.operation
def list_policies_granting_service_access(
    call: Call, arn: str, service_namespaces: list[str], marker: str | None = None
) -> dict[str, Any]:
    """List, for each service, the identity-based policies that allow some of its actions. Conditions are not looked at.

    Raises InvalidInput for ARNs of other things, NoSuchEntity.
    """
    sources = _sources_of(call, arn)
    rows = [
        {"ServiceNamespace": namespace, "Policies": list(_granting(sources, namespace.lower()))}
        for namespace in dict.fromkeys(service_namespaces)
    ]
    rows.sort(key=lambda row: str(row["ServiceNamespace"]))
    listing = f"granting:{arn}:{service_namespaces}"
    found, more = page(call, listing, rows, lambda row: str(row["ServiceNamespace"]), marker, None)
    return {"PoliciesGrantingServiceAccess": found, **more}


def _sources_of(call: Call, arn: str) -> tuple[Source, ...]:
    try:
        place = parse_arn(arn)
    except ValueError:
        raise invalid_input(f"Invalid ARN: {arn}") from None
    kind = place.resource.partition("/")[0]
    if place.service != "iam" or kind not in ("user", "group", "role"):
        raise invalid_input(f"Invalid ARN: {arn}")
    there = call.within(call.account)
    if kind == "group":
        group, sources = policies_on_group(there, arn)
        found: object = group
    else:
        principal = find_principal(there, arn) if place.account == call.account else None
        sources = policies_of(there, principal)[0] if principal is not None else ()
        found = principal
    if found is None:
        raise no_such_entity(f"{arn} cannot be found.")
    return sources


def _granting(sources: tuple[Source, ...], namespace: str) -> Iterator[dict[str, str]]:
    for source in sources:
        if grants(source.policy, namespace):
            yield _shown(source)


def _shown(source: Source) -> dict[str, str]:
    if source.kind == "managed":
        return {"PolicyName": source.name, "PolicyType": "MANAGED", "PolicyArn": source.arn}
    kind, _, name = parse_arn(source.of).resource.partition("/")
    return {
        "PolicyName": source.name,
        "PolicyType": "INLINE",
        "EntityType": kind.upper(),
        "EntityName": name.rpartition("/")[2],
    }
