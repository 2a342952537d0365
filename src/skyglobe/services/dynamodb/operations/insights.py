"""UpdateContributorInsights, DescribeContributorInsights, ListContributorInsights."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.linked_roles import LinkedRole
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.contributing import drop_rules, make_rules, rule_names
from skyglobe.services.dynamodb.creating import delay_of
from skyglobe.services.dynamodb.finding import Found, describe_table_at
from skyglobe.services.dynamodb.records import DynamoTable, Insights, tables
from skyglobe.services.dynamodb.refusals import invalid

DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"
MAX_LISTED = 100  # of one answer; API reference of ListContributorInsights
LINKED_ROLE = LinkedRole("contributorinsights.dynamodb", "AWSServiceRoleForDynamoDBCloudWatchContributorInsights")
"""Developer guide, "Using service-linked roles for CloudWatch Contributor Insights for DynamoDB"."""

Row = tuple[DynamoTable, str, Insights]
"""A table, the name of its index or nothing, and their insights."""


@dynamodb.operation
def update_contributor_insights(
    call: Call,
    table_name: str,
    contributor_insights_action: str,
    index_name: str | None = None,
    contributor_insights_mode: str | None = None,
) -> dict[str, Any]:
    """Have the keys of a table or a global index counted from now on, in a mode, or no more.

    The rules that CloudWatch reports are made at once; the status changes when changes of tables do.
    """
    found = _get(call, table_name, index_name)
    scope, table = found
    name, known = index_name or "", _insights(found, index_name)
    if known is None and contributor_insights_action == "DISABLE":
        return {**_named(table, name), "ContributorInsightsStatus": "DISABLED"}
    drop_rules(scope, table, name, known)
    mode = contributor_insights_mode or (known.mode if known is not None else DEFAULT_MODE)
    is_enabled = contributor_insights_action == "ENABLE"
    made = Insights(
        mode=mode,
        is_enabled=is_enabled,
        since=scope.now,
        changed_at=scope.now,
        ready_at=scope.now + delay_of(scope),
        failure=_link_role(call) if is_enabled else "",
    )
    make_rules(scope, table, name, made)
    _keep(found, index_name, made)
    status = "ENABLING" if is_enabled else "DISABLING"
    return {**_named(table, name), "ContributorInsightsStatus": status, "ContributorInsightsMode": mode}


def _link_role(call: Call) -> str:
    """Make the service-linked role unless it is there; return why that cannot be, or nothing."""
    if LINKED_ROLE.ensure(call) is not None:
        return "Failed to create service-linked role for Contributor Insights due to insufficient permissions."
    return ""


def _keep(found: Found, index_name: str | None, made: Insights) -> None:
    table = found.table
    if index_name is None:
        tables.replace(found.scope, table, replace(table, insights=made))
        return
    indexes = tuple(replace(one, insights=made) if one.name == index_name else one for one in table.indexes)
    tables.replace(found.scope, table, replace(table, indexes=indexes))


@dynamodb.operation
def describe_contributor_insights(call: Call, table_name: str, index_name: str | None = None) -> dict[str, Any]:
    """Tell whether the keys of a table or a global index are counted, and under which rules of CloudWatch."""
    found = _get(call, table_name, index_name)
    insights, name = _insights(found, index_name), index_name or ""
    shown = {**_named(found.table, name), "ContributorInsightsStatus": _status(insights, call.now)}
    if insights is None:
        return {**shown, "ContributorInsightsRuleList": []}
    shown |= {
        "ContributorInsightsRuleList": rule_names(found.table, name, insights),
        "LastUpdateDateTime": insights.changed_at / 1000,
        "ContributorInsightsMode": insights.mode,
    }
    if insights.failure:
        shown["FailureException"] = {
            "ExceptionName": "AccessDeniedException",
            "ExceptionDescription": insights.failure,
        }
    return shown


@dynamodb.operation
def list_contributor_insights(
    call: Call, table_name: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the tables and global indexes whose Contributor Insights were ever enabled, with their status."""
    if table_name is not None:
        rows = _rows(describe_table_at(call, table_name).table)
    else:
        rows = [row for table in tables.scan(call) for row in _rows(table)]
    limit = min(max_results or MAX_LISTED, MAX_LISTED)
    listing = f"dynamodb.insights:{table_name or ''}"
    try:
        page, token = page_of(call, listing, rows, lambda row: f"{row[0].id}\0{row[1]}", next_token, limit)
    except InvalidToken as error:
        raise invalid("Invalid NextToken") from error
    summaries = [
        {
            **_named(table, index),
            "ContributorInsightsStatus": _status(insights, call.now),
            "ContributorInsightsMode": insights.mode,
        }
        for table, index, insights in page
    ]
    return {"ContributorInsightsSummaries": summaries, "NextToken": token}


def _rows(table: DynamoTable) -> list[Row]:
    found = [(table, "", table.insights)] if table.insights is not None else []
    indexes = sorted(table.indexes, key=lambda index: index.name)
    return found + [(table, index.name, index.insights) for index in indexes if index.insights is not None]


def _get(call: Call, table_name: str, index_name: str | None) -> Found:
    found = describe_table_at(call, table_name)
    if index_name is not None:
        index = found.table.find_index(index_name)
        if index is None or index.is_local:
            raise dynamodb.errors.ResourceNotFoundException(
                f"Requested resource not found: Index: {index_name} not found"
            )
    return found


def _insights(found: Found, index_name: str | None) -> Insights | None:
    if index_name is None:
        return found.table.insights
    index = found.table.find_index(index_name)
    return index.insights if index is not None else None


def _status(insights: Insights | None, now: int) -> str:
    if insights is None:
        return "DISABLED"
    if insights.failure:
        return "FAILED"
    if now < insights.ready_at:
        return "ENABLING" if insights.is_enabled else "DISABLING"
    return "ENABLED" if insights.is_enabled else "DISABLED"


def _named(table: DynamoTable, index: str) -> dict[str, Any]:
    return {"TableName": table.id, "IndexName": index} if index else {"TableName": table.id}
