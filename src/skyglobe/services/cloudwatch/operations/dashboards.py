"""PutDashboard, GetDashboard, ListDashboards, DeleteDashboards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.resources import check_tags
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.records import Dashboard, dashboards
from skyglobe.services.cloudwatch.refusals import invalid_value
from skyglobe.services.cloudwatch.rules.dashboards import is_name, problems_of

PAGE = 1_000  # dashboards of a page; API reference of ListDashboards


@cloudwatch.operation
def put_dashboard(
    call: Call, dashboard_name: str, dashboard_body: str, tags: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Create a dashboard, or put another body in its place. Dashboards are the account's, in all regions.

    Raises InvalidParameterValue for the name, and InvalidParameterInput with messages for a body that is none.
    """
    if not is_name(dashboard_name):
        raise invalid_value(
            f"The value {dashboard_name} for field DashboardName contains invalid characters. "
            "It can only contain alphanumerics, dash (-) and underscore (_)."
        )
    if problems := problems_of(dashboard_body):
        messages = [{"DataPath": place, "Message": text} for place, text in problems]
        if len(problems) == 1 and not problems[0][0]:
            text = problems[0][1]
        else:
            text = f"The dashboard body is invalid, there are {len(problems)} validation errors: {messages}"
        raise cloudwatch.errors.DashboardInvalidInputError(text, fields={"dashboardValidationMessages": messages})
    before = dashboards.find(call, dashboard_name)
    if before is not None:
        dashboards.replace(call, before, replace(before, body=dashboard_body, modified_at=call.now))
        return {"DashboardValidationMessages": []}
    given = {tag["Key"]: tag["Value"] for tag in tags or ()}
    check_tags(given, invalid_value)
    dashboard = Dashboard(
        arn=f"arn:{call.partition}:cloudwatch::{call.account}:dashboard/{dashboard_name}",
        id=dashboard_name,
        owner=call.account,
        created_at=call.now,
        tags=given,
        body=dashboard_body,
        modified_at=call.now,
    )
    dashboards.insert(call, dashboard)
    return {"DashboardValidationMessages": []}


@cloudwatch.operation
def get_dashboard(call: Call, dashboard_name: str) -> dict[str, Any]:
    """Return a dashboard's body, as it was put. Raises ResourceNotFound."""
    dashboard = dashboards.find(call, dashboard_name)
    if dashboard is None:
        raise _not_found(dashboard_name)
    return {
        "DashboardArn": dashboard.arn,
        "DashboardBody": dashboard.body,
        "DashboardName": dashboard.id,
    }


@cloudwatch.operation
def list_dashboards(call: Call, dashboard_name_prefix: str = "", next_token: str | None = None) -> dict[str, Any]:
    """List dashboards in order of their names, 1,000 a page. Raises InvalidParameterValue for a bad token."""
    rows = dashboards.scan(call, starting=dashboard_name_prefix)
    listing = f"dashboards {dashboard_name_prefix}"
    try:
        page, token = page_of(call, listing, rows, lambda dashboard: dashboard.id, next_token, PAGE)
    except InvalidToken as error:
        raise invalid_value("The next token is invalid.") from error
    entries = [
        {
            "DashboardName": dashboard.id,
            "DashboardArn": dashboard.arn,
            "LastModified": datetime.fromtimestamp(dashboard.modified_at / 1000, UTC),
            "Size": len(dashboard.body.encode()),
        }
        for dashboard in page
    ]
    return {"DashboardEntries": entries, "NextToken": token} if token else {"DashboardEntries": entries}


@cloudwatch.operation
def delete_dashboards(call: Call, dashboard_names: list[str]) -> None:
    """Delete dashboards: all of those named, or none when one is not there. Raises ResourceNotFound."""
    found = []
    for name in dict.fromkeys(dashboard_names):
        dashboard = dashboards.find(call, name)
        if dashboard is None:
            raise _not_found(name)
        found.append(dashboard)
    for dashboard in found:
        dashboards.delete(call, dashboard)


def _not_found(name: str) -> Exception:
    return cloudwatch.errors.DashboardNotFoundError(f"Dashboard {name} does not exist")
