"""What the accounts of an organization accessed last, against what service control policies let them access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.entity_uses import TRACKED_FOR, EntityUse, entity_uses
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing, standings
from skyglobe.policy import Policy, Statement, stored_policy
from skyglobe.policy.granting import grants
from skyglobe.services.iam.advisor import namespaces
from skyglobe.services.iam.records.access_reports import OrganizationsAccessReport

Levels = tuple[tuple[Policy, ...], ...]


def list_services_of(scope: Scope, membership: Standing, report: OrganizationsAccessReport) -> list[dict[str, Any]]:
    """Return the services that the policies leave, by namespace, each with the last attempt to access it."""
    levels = _levels(scope, membership, report)
    uses: dict[str, list[tuple[str, EntityUse]]] = {}
    for path, use in _uses(scope, membership.organization_id, report.entity_path):
        uses.setdefault(use.service, []).append((path, use))
    return [
        _row(namespace, name, uses.get(namespace, []))
        for namespace, name in namespaces()
        if all(_leaves(policies, namespace) for policies in levels)
    ]


def _levels(scope: Scope, membership: Standing, report: OrganizationsAccessReport) -> Levels:
    if report.policy is not None:
        return ((stored_policy(report.policy, "scp"),),)
    organizations = scope.kernel.services.find("organizations")
    if organizations is None or organizations.find_controls is None:
        return ()
    above, _, node = report.entity_path.rpartition("/")
    # Roots and units are ruled like an account that stands there.
    standing = Standing(node, membership.organization_id, membership.management, above + "/")
    found = organizations.find_controls(scope, standing, "").scps
    return tuple(tuple(source.policy for source in level) for level in found)


def _leaves(policies: tuple[Policy, ...], namespace: str) -> bool:
    """Whether the policies of one level allow a service and none of them denies it altogether."""
    is_denied = any(_denies(one, namespace) for policy in policies for one in policy.statements)
    return not is_denied and any(grants(policy, namespace) for policy in policies)


def _denies(statement: Statement, namespace: str) -> bool:
    if statement.effect != "Deny" or statement.is_not_action or statement.conditions:
        return False
    written = statement.written
    actions, resources = _listed(written.get("Action")), _listed(written.get("Resource"))
    return "*" in resources and any(action.lower() in ("*", f"{namespace}:*") for action in actions)


def _listed(written: Any) -> list[str]:
    return [written] if isinstance(written, str) else list(written or ())


def _uses(scope: Scope, organization_id: str, entity_path: str) -> Iterator[tuple[str, EntityUse]]:
    """Yield what principals of the accounts at or below a path did, with the account's own path."""
    since = scope.now - TRACKED_FOR
    for standing in standings.scan(scope):
        path = f"{standing.path}{standing.account}"
        if standing.organization_id == organization_id and f"{path}/".startswith(f"{entity_path}/"):
            yield from ((path, use) for use in entity_uses.scan(scope.within(standing.account)) if use.at >= since)


def _row(namespace: str, name: str, uses: list[tuple[str, EntityUse]]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "ServiceName": name,
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": len({path for path, _ in uses}),
    }
    if uses:
        path, last = max(uses, key=lambda one: one[1].at)
        row |= {"EntityPath": path, "Region": last.region, "LastAuthenticatedTime": last.at // 1000}
    return row
