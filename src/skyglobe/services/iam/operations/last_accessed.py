"""Access advisor: which services identities may access, and when they last did."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.iam import iam
from skyglobe.services.iam.advisor import entity_row, get_subject, list_services
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.access_reports import KEPT_FOR, AccessReport, access_reports
from skyglobe.services.iam.refusals import invalid_input, no_such_entity

MAX_ITEMS_OF_ENTITIES = 100  # API reference, GetServiceLastAccessedDetailsWithEntities


@iam.operation
def generate_service_last_accessed_details(call: Call, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, Any]:
    """Ask for a report on a user, group, role or policy. It is there at once, and kept for seven days.

    Raises InvalidInput for ARNs of other things, NoSuchEntity.
    """
    get_subject(call.within(call.account), arn)
    report = AccessReport(id=call.kernel.ids.uuid(), arn=arn, granularity=granularity, created_at=call.now)
    access_reports.insert(call, report)
    set_timer(call, "iam", "forget-access-report", report.id, call.now + KEPT_FOR)
    return {"JobId": report.id}


@iam.operation
def get_service_last_accessed_details(
    call: Call, job_id: str, max_items: int | None = None, marker: str | None = None
) -> dict[str, Any]:
    """List the services of a report by namespace, used or not."""
    report = _get(call, job_id)
    subject = get_subject(call.within(call.account), report.arn)
    rows = list_services(call, subject, with_actions=report.granularity == "ACTION_LEVEL")
    found, more = page(call, f"accessed:{job_id}", rows, lambda row: str(row["ServiceNamespace"]), marker, max_items)
    return {"JobType": report.granularity, "ServicesLastAccessed": found, **_status(report), **more}


@iam.operation
def get_service_last_accessed_details_with_entities(
    call: Call, job_id: str, service_namespace: str, max_items: int | None = None, marker: str | None = None
) -> dict[str, Any]:
    """List the users, groups and roles that a report on a group or policy is about. Raises InvalidInput for others."""
    report = _get(call, job_id)
    subject = get_subject(call.within(call.account), report.arn)
    if not subject.is_shared:
        raise invalid_input(f"The report {job_id} is on a user or role; entities are told of groups and policies.")
    rows = [entity_row(call, holder, service_namespace.lower()) for holder in subject.holders]
    rows.sort(key=lambda row: str(row["EntityInfo"]["Arn"]))
    listing = f"entities-accessed:{job_id}:{service_namespace}"
    limit = min(max_items or MAX_ITEMS_OF_ENTITIES, MAX_ITEMS_OF_ENTITIES)
    found, more = page(call, listing, rows, lambda row: str(row["EntityInfo"]["Arn"]), marker, limit)
    return {"EntityDetailsList": found, **_status(report), **more}


@iam.timer("forget-access-report")
def forget_access_report(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Delete a report that is a week old."""
    report = access_reports.find(scope, key)
    if report is not None:
        access_reports.delete(scope, report)


def _get(call: Call, job_id: str) -> AccessReport:
    report = access_reports.find(call, job_id)
    if report is None:
        raise no_such_entity(f"JobId {job_id} cannot be found.")
    return report


def _status(report: AccessReport) -> dict[str, Any]:
    at = report.created_at // 1000
    return {"JobStatus": "COMPLETED", "JobCreationDate": at, "JobCompletionDate": at}
