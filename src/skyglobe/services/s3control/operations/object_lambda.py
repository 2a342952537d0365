"""Object Lambda access points: made, described, configured, listed and deleted."""

from __future__ import annotations

import re
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.s3.guards import ALL_BLOCKS
from skyglobe.services.s3.operations.public_blocks import configuration_of
from skyglobe.services.s3.points import Alias, LambdaPoint, Transformation, aliases, lambda_points, points
from skyglobe.services.s3.rules.points import LAMBDA_ALIAS, LAMBDA_ALIAS_RANDOM, is_point_name, parse_point
from skyglobe.services.s3control import finding, refusals, s3control
from skyglobe.services.s3control.operations.access_points import new_alias

MAX_POINTS = 1_000  # of an account in a region; S3 endpoints and quotas, "Object Lambda Access Points"
_FUNCTION = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9_$-]+)?")


@s3control.operation
def create_access_point_for_object_lambda(
    call: Call, account_id: str, name: str, configuration: dict[str, Any]
) -> dict[str, Any]:
    """Make an access point whose answers a function changes. Raises what ``_checked`` does."""
    if not is_point_name(name):
        raise refusals.invalid_request("Your Object Lambda Access Point name is invalid")
    there = call.within(account_id)
    if lambda_points.find(there, name) is not None:
        raise refusals.already_owned(name)
    if lambda_points.count_by(there, "arn") >= MAX_POINTS:
        text = "You have attempted to create more Object Lambda Access Points than allowed"
        raise s3control.error("TooManyAccessPoints", text)
    made = LambdaPoint(
        arn=f"arn:{call.partition}:s3-object-lambda:{call.region}:{account_id}:accesspoint/{name}",
        id=name,
        owner=account_id,
        created_at=call.now,
        alias=new_alias(call, name, LAMBDA_ALIAS_RANDOM, LAMBDA_ALIAS),
        **_checked(call, configuration),
    )
    lambda_points.insert(there, made)
    aliases.put(call, Alias(alias=made.alias, account=account_id, region=call.region, name=name))
    return {"ObjectLambdaAccessPointArn": made.arn, "Alias": _alias(made)}


def _checked(call: Call, configuration: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration in the record's form.

    Raises InvalidRequest for access points that are not there or elsewhere, functions that are none, and operations
    that are named twice.
    """
    supporting = configuration["SupportingAccessPoint"]
    named = parse_point(supporting)
    if named is None or named.service != "s3" or named.region != call.region:
        raise refusals.invalid_request("The supporting access point must be in the same Region.")
    if points.find(call.within(named.account), named.name) is None:
        raise refusals.invalid_request("The supporting access point does not exist.")
    transformations = [_transformation(each) for each in configuration["TransformationConfigurations"]]
    actions = [action for each in transformations for action in each.actions]
    if not actions or len(set(actions)) != len(actions):
        raise refusals.invalid_request("Each action must be in exactly one transformation configuration.")
    return {
        "supporting": supporting,
        "transformations": tuple(transformations),
        "features": tuple(configuration.get("AllowedFeatures") or ()),
        "has_metrics": bool(configuration.get("CloudWatchMetricsEnabled")),
    }


def _transformation(written: dict[str, Any]) -> Transformation:
    function = (written["ContentTransformation"].get("AwsLambda") or {}).get("FunctionArn", "")
    if _FUNCTION.fullmatch(function) is None:
        raise refusals.invalid_request("The ARN of the Lambda function is not valid.")
    payload = written["ContentTransformation"]["AwsLambda"].get("FunctionPayload", "")
    return Transformation(tuple(written["Actions"]), function, payload)


def _alias(point: LambdaPoint) -> dict[str, str]:
    return {"Value": point.alias, "Status": "READY"}


@s3control.operation
def get_access_point_for_object_lambda(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Describe an Object Lambda access point. Its public access is always blocked."""
    _, found = finding.get_lambda_point(call, account_id, name)
    return {
        "Name": found.id,
        "PublicAccessBlockConfiguration": configuration_of(ALL_BLOCKS),
        "CreationDate": found.created_at / 1000,
        "Alias": _alias(found),
    }


@s3control.operation
def list_access_points_for_object_lambda(
    call: Call, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """Return a page of an account's Object Lambda access points in this region, by name."""
    there = call.within(account_id)
    rows = lambda_points.scan(there)
    found, following = finding.page(there, "s3control.lambda_points", rows, next_token, max_results)
    listed = [{"Name": p.id, "ObjectLambdaAccessPointArn": p.arn, "Alias": _alias(p)} for p in found]
    return {"ObjectLambdaAccessPointList": listed, **following}


@s3control.operation
def get_access_point_configuration_for_object_lambda(call: Call, account_id: str, name: str) -> dict[str, Any]:
    """Return which functions change what."""
    _, found = finding.get_lambda_point(call, account_id, name)
    transformations = [
        {
            "Actions": list(each.actions),
            "ContentTransformation": {
                "AwsLambda": {
                    "FunctionArn": each.function,
                    **({"FunctionPayload": each.payload} if each.payload else {}),
                }
            },
        }
        for each in found.transformations
    ]
    configuration = {
        "SupportingAccessPoint": found.supporting,
        "CloudWatchMetricsEnabled": found.has_metrics,
        "AllowedFeatures": list(found.features),
        "TransformationConfigurations": transformations,
    }
    return {"Configuration": configuration}


@s3control.operation
def put_access_point_configuration_for_object_lambda(
    call: Call, account_id: str, name: str, configuration: dict[str, Any]
) -> None:
    """Replace the configuration. Raises what ``_checked`` does."""
    scope, found = finding.get_lambda_point(call, account_id, name)
    lambda_points.replace(scope, found, replace(found, **_checked(call, configuration)))


@s3control.operation
def delete_access_point_for_object_lambda(call: Call, account_id: str, name: str) -> None:
    """Delete an Object Lambda access point; the one it read through stays."""
    scope, found = finding.get_lambda_point(call, account_id, name)
    lambda_points.delete(scope, found)
    aliases.drop(call, found.alias)
