"""UpdateContributorInsights, DescribeContributorInsights, ListContributorInsights.

Contributor Insights' rules, and what they count, live in CloudWatch. Without it nothing could read the counts, so that
they cannot be enabled; that they are disabled is the truth about every table.
"""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found, describe_table_at
from skyglobe.services.dynamodb.refusals import invalid


@dynamodb.operation
def update_contributor_insights(
    call: Call,
    table_name: str,
    contributor_insights_action: str,
    index_name: str | None = None,
    contributor_insights_mode: str | None = None,
) -> dict[str, Any]:
    """Disable Contributor Insights; enabling them is refused (501), in whatever mode."""
    found = _get(call, table_name, index_name)
    if contributor_insights_action == "ENABLE":
        mode = f" in the mode {contributor_insights_mode}" if contributor_insights_mode else ""
        text = (
            f"Skyglobe does not count for Contributor Insights{mode}: there is no CloudWatch yet to ask for the counts."
        )
        raise dynamodb.error("NotImplemented", text, status=501)
    return _disabled(found, index_name)


@dynamodb.operation
def describe_contributor_insights(call: Call, table_name: str, index_name: str | None = None) -> dict[str, Any]:
    """Tell that Contributor Insights of a table or index are disabled."""
    found = _get(call, table_name, index_name)
    return {**_disabled(found, index_name), "ContributorInsightsRuleList": []}


@dynamodb.operation
def list_contributor_insights(
    call: Call, table_name: str | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the tables and indexes whose Contributor Insights were ever enabled: none."""
    if table_name is not None:
        describe_table_at(call, table_name)
    if next_token is not None:
        raise invalid("Invalid NextToken")
    return {"ContributorInsightsSummaries": []}


def _get(call: Call, table_name: str, index_name: str | None) -> Found:
    found = describe_table_at(call, table_name)
    if index_name is not None:
        index = found.table.find_index(index_name)
        if index is None or index.is_local:
            raise dynamodb.errors.ResourceNotFoundException(
                f"Requested resource not found: Index: {index_name} not found"
            )
    return found


def _disabled(found: Found, index_name: str | None) -> dict[str, Any]:
    shown = {"TableName": found.table.id, "ContributorInsightsStatus": "DISABLED"}
    return {**shown, "IndexName": index_name} if index_name is not None else shown
