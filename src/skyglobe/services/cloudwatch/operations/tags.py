"""TagResource, UntagResource, ListTagsForResource: of alarms, dashboards and metric streams."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import ResourceTable, check_tags
from skyglobe.services.cloudwatch import cloudwatch
from skyglobe.services.cloudwatch.records import alarms, dashboards, metric_streams
from skyglobe.services.cloudwatch.refusals import invalid_value


def _find(call: Call, arn: str) -> tuple[ResourceTable[Any], Any]:
    """Return what bears the ARN, and its table. Raises InvalidParameterValue and ResourceNotFoundException."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid_value(f"The value {arn} for parameter ResourceARN is invalid.") from error
    tables: dict[str, ResourceTable[Any]] = {"dashboard": dashboards, "metric-stream": metric_streams}
    table = tables.get(place.resource.partition("/")[0], alarms)
    found = table.find_by_arn(call, arn) if place.account == call.account else None
    if found is None:
        fields = {"ResourceType": place.resource.partition(":")[0], "ResourceId": arn}
        raise cloudwatch.errors.ResourceNotFoundException(f"Unknown resource {arn}", fields=fields)
    return table, found


@cloudwatch.operation
def tag_resource(call: Call, resource_arn: str, tags: list[dict[str, Any]]) -> None:
    """Add tags, or change the values of those there are. Raises ResourceNotFoundException, InvalidParameterValue."""
    table, found = _find(call, resource_arn)
    merged = {**found.tags, **{tag["Key"]: tag["Value"] for tag in tags}}
    check_tags(merged, invalid_value)
    table.replace(call.within(region=parse_arn(resource_arn).region), found, replace(found, tags=merged))


@cloudwatch.operation
def untag_resource(call: Call, resource_arn: str, tag_keys: list[str]) -> None:
    """Take tags away. Keys that are not there are no error. Raises ResourceNotFoundException."""
    table, found = _find(call, resource_arn)
    kept = {key: value for key, value in found.tags.items() if key not in tag_keys}
    table.replace(call.within(region=parse_arn(resource_arn).region), found, replace(found, tags=kept))


@cloudwatch.operation
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return the tags of an alarm, a dashboard or a metric stream. Raises ResourceNotFoundException."""
    _, found = _find(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()]}
