"""TagResource, UntagResource, ListTagsOfResource."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.resources import check_tags
from skyglobe.services.dynamodb import dynamodb
from skyglobe.services.dynamodb.finding import Found
from skyglobe.services.dynamodb.records import tables
from skyglobe.services.dynamodb.refusals import invalid, invalid_values
from skyglobe.services.dynamodb.rules.names import parse_table_arn

PAGE = 10  # tags of one answer; API reference of ListTagsOfResource


def plan_tags(given: list[dict[str, str]] | None) -> dict[str, str]:
    """Return tags as they are kept. Raises ValidationException for tags AWS does not take."""
    tags = {tag["Key"]: tag["Value"] for tag in given or ()}
    if len(tags) < len(given or ()):
        raise invalid_values("Duplicate tag keys found")
    check_tags(tags, invalid)
    return tags


def _tagged(call: Call, arn: str) -> Found:
    place = parse_table_arn(arn)
    if place is None or place[3]:
        raise invalid(f"Invalid TableArn: Invalid ResourceArn provided as input {arn}")
    region, account, name, _ = place
    scope = call.within(account, region)
    table = tables.find(scope, name)
    if table is None:
        raise dynamodb.errors.ResourceNotFoundException(f"Requested resource not found: ResourcArn: {arn} not found")
    return Found(scope, table)


@dynamodb.operation
def tag_resource(call: Call, resource_arn: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a table, or change the values of those it has."""
    scope, table = _tagged(call, resource_arn)
    merged = {**table.tags, **plan_tags(tags)}
    check_tags(merged, invalid)
    tables.replace(scope, table, replace(table, tags=merged))


@dynamodb.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> None:
    """Take tags from a table."""
    scope, table = _tagged(call, resource_arn)
    kept = {key: value for key, value in table.tags.items() if key not in tag_keys}
    tables.replace(scope, table, replace(table, tags=kept))


@dynamodb.operation
def list_tags_of_resource(call: Call, resource_arn: str, next_token: str | None = None) -> dict[str, Any]:
    """List a table's tags, ten a page."""
    scope, table = _tagged(call, resource_arn)
    start = 0
    if next_token is not None:
        try:
            (start,) = unseal(scope, f"tags:{resource_arn}", next_token)  # type: ignore[assignment]
        except InvalidToken as error:
            raise invalid("Invalid NextToken") from error
    listed = list(table.tags.items())
    answer: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in listed[start : start + PAGE]]}
    if len(listed) > start + PAGE:
        answer["NextToken"] = seal(scope, f"tags:{resource_arn}", (start + PAGE,))
    return answer
