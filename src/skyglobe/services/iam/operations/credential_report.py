"""Making and handing out the credential report."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.records.account import CredentialReport, reports
from skyglobe.services.iam.reporting import make_report

KEPT_FOR = 4 * 3_600_000  # milliseconds; "as often as once every four hours", IAM user guide


@iam.operation
def generate_credential_report(call: Call) -> dict[str, Any]:
    """Make a report unless there is one of the last four hours. It is there at once, where AWS takes some seconds."""
    present = reports.find(call, "")
    if present is not None and not _is_old(call, present):
        return {"State": "COMPLETE"}
    reports.put(call, CredentialReport(made_at=call.now, content=make_report(call)))
    return {"State": "STARTED", "Description": "No report exists. Starting a new report generation task"}


@iam.operation
def get_credential_report(call: Call) -> dict[str, Any]:
    """Return the report. Raises ReportNotPresent before the first, ReportExpired four hours after the last."""
    present = reports.find(call, "")
    if present is None:
        raise iam.errors.CredentialReportNotPresentException("No report exists.")
    if _is_old(call, present):
        raise iam.errors.CredentialReportExpiredException("The most recent credential report has expired.")
    return {"Content": present.content, "ReportFormat": "text/csv", "GeneratedTime": present.made_at // 1000}


def _is_old(call: Call, report: CredentialReport) -> bool:
    return call.now - report.made_at >= KEPT_FOR
