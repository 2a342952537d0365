"""Access reports of organizations: which services accounts may access, and when they last did."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing, find_membership
from skyglobe.kernel.timers import set_timer
from skyglobe.services.iam import iam
from skyglobe.services.iam.organization_advisor import list_services_of
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.access_reports import (
    KEPT_FOR,
    OrganizationsAccessReport,
    organizations_access_reports,
)
from skyglobe.services.iam.refusals import invalid_input, no_such_entity

_SCP = "SERVICE_CONTROL_POLICY"


@iam.operation
async def generate_organizations_access_report(
    call: Call, entity_path: str, organizations_policy_id: str | None = None
) -> dict[str, Any]:
    """Ask for a report on a root, unit or account, or on one policy there. It is there at once, for seven days.

    Raises AccessDenied for all but the management account, InvalidInput while service control policies are not
    enabled, NoSuchEntity for what is not in the organization.
    """
    await call.transact(_managed)
    path = entity_path.strip("/")
    organizations = ServiceCaller(call.kernel, "iam", call.account, call.region).organizations
    await _check_path(organizations, path)
    text = await _policy_text(organizations, organizations_policy_id) if organizations_policy_id else None

    def work(renewed: Call) -> dict[str, Any]:
        report = OrganizationsAccessReport(renewed.kernel.ids.uuid(), path, text, renewed.now)
        organizations_access_reports.insert(renewed, report)
        set_timer(renewed, "iam", "forget-organizations-report", report.id, renewed.now + KEPT_FOR)
        return {"JobId": report.id}

    return await call.transact(work)


@iam.operation
def get_organizations_access_report(
    call: Call,
    job_id: str,
    max_items: int | None = None,
    marker: str | None = None,
    sort_key: str = "SERVICE_NAMESPACE_ASCENDING",
) -> dict[str, Any]:
    """List the services of a report, accessed or not. Raises NoSuchEntity for reports that are not there."""
    membership = _managed(call)
    report = organizations_access_reports.find(call, job_id)
    if report is None:
        raise no_such_entity(f"JobId {job_id} cannot be found.")
    services = list_services_of(call, membership, report)
    order = "LastAuthenticatedTime" if sort_key.startswith("LAST") else "ServiceNamespace"
    lowest: Any = 0 if order == "LastAuthenticatedTime" else ""
    services.sort(key=lambda row: row.get(order, lowest), reverse=sort_key.endswith("DESCENDING"))
    numbered = [(f"{number:08}", row) for number, row in enumerate(services)]
    found, more = page(call, f"organization:{job_id}:{sort_key}", numbered, lambda one: one[0], marker, max_items)
    at = report.created_at // 1000
    return {
        "JobStatus": "COMPLETED",
        "JobCreationDate": at,
        "JobCompletionDate": at,
        "NumberOfServicesAccessible": len(services),
        "NumberOfServicesNotAccessed": sum("LastAuthenticatedTime" not in row for row in services),
        "AccessDetails": [row for _, row in found],
        **more,
    }


@iam.timer("forget-organizations-report")
def forget_organizations_report(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete a report that is a week old."""
    report = organizations_access_reports.find(scope, key)
    if report is not None:
        organizations_access_reports.delete(scope, report)


def _managed(call: Call) -> Standing:
    membership = find_membership(call, call.account)
    if membership is None or not membership.is_management:
        raise iam.error("AccessDenied", "Only an organization's management account has access reports.", status=403)
    return membership


async def _check_path(organizations: Any, path: str) -> None:
    """Hold an entity's path against where the entity is."""
    (root,) = (await organizations.list_roots())["Roots"]
    enabled = [one["Type"] for one in root.get("PolicyTypes", ()) if one["Status"] == "ENABLED"]
    if _SCP not in enabled:
        raise invalid_input("Service control policies are not enabled for the organization's root.")
    head, *nodes = path.split("/")
    organization_id = root["Arn"].split("/")[1]
    for parent, child in pairwise(nodes):
        try:
            parents = (await organizations.list_parents(ChildId=child))["Parents"]
        except ServiceError as error:
            if error.status >= 500:
                raise
            raise _no_entity(path) from error
        if [one["Id"] for one in parents] != [parent]:
            raise _no_entity(path)
    if (head, nodes[:1]) != (organization_id, [root["Id"]]):
        raise _no_entity(path)


def _no_entity(path: str) -> ServiceError:
    return no_such_entity(f"The entity {path} cannot be found in the organization.")


async def _policy_text(organizations: Any, policy_id: str) -> str:
    try:
        policy = (await organizations.describe_policy(PolicyId=policy_id))["Policy"]
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise no_such_entity(f"The policy {policy_id} cannot be found in the organization.") from error
    if policy["PolicySummary"]["Type"] != _SCP:
        raise invalid_input(f"The policy {policy_id} is no service control policy.")
    return str(policy["Content"])
