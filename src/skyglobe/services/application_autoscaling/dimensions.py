"""What can be scaled here and how: DynamoDB's capacity units, Lambda's provisioned concurrency."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.application_autoscaling import application_autoscaling
from skyglobe.services.application_autoscaling.refusals import not_built, unsupported
from skyglobe.services.application_autoscaling.rules.alarms import Watched

Ask = Callable[[str, str, dict[str, Any]], Any]
"""Calls an operation (service, name, parameters) within the work that is going on."""


class Reading(NamedTuple):
    """What a resource has."""

    capacity: int
    is_active: bool
    """Whether it can be changed, and its last change is over."""


class Dimension(NamedTuple):
    """One scalable dimension."""

    name: str
    noun: str
    """What there is more or less of, as activities call it."""
    kind: str
    """What does not exist where it is missing: ``DynamoDB table``."""
    resource: re.Pattern[str]
    arn: str
    """Of the resource, with the names that ``resource`` finds in its id."""
    least: int
    """The smallest MinCapacity; API reference of RegisterScalableTarget."""
    permissions: tuple[str, ...]
    """What whoever registers a target must be allowed itself; user guide, "Permissions for a user to work with …"."""
    role: str
    """Name of the service-linked role, which the service ``NAMESPACE.application-autoscaling`` assumes."""
    read: Callable[[Ask, dict[str, str]], Reading]
    write: Callable[[Ask, dict[str, str], int], None]
    watched: Callable[[dict[str, str]], Watched]
    """The metric that can be tracked without being described."""
    predefined: str
    """What that is called; API reference of PredefinedMetricSpecification."""
    takes_steps: bool = False
    """Whether there are step scaling policies for it; API reference of PutScalingPolicy, PolicyType."""

    @property
    def namespace(self) -> str:
        return self.name.partition(":")[0]

    @property
    def principal(self) -> str:
        """The service principal that acts on the resource, without its domain."""
        return f"{self.namespace}.application-autoscaling"

    def names(self, resource_id: str) -> dict[str, str]:
        """Return what a resource id says. It must have been checked."""
        found = self.resource.fullmatch(resource_id)
        assert found is not None
        return found.groupdict()

    def resource_arn(self, scope: Scope, resource_id: str) -> str:
        names = self.names(resource_id)
        return f"arn:{scope.partition}:{self.namespace}:{scope.region}:{scope.account}:{self.arn.format(**names)}"


def find_dimension(namespace: str, resource_id: str, name: str) -> Dimension:
    """Return the dimension of a resource. Raises ValidationException where they do not belong together."""
    if not name.startswith(f"{namespace}:"):
        raise unsupported()
    dimension = _DIMENSIONS.get(name)
    if dimension is None:
        raise not_built(f"Skyglobe does not scale {name}.")
    if dimension.resource.fullmatch(resource_id) is None:
        raise unsupported()
    return dimension


def dimension_of(name: str) -> Dimension:
    """Return the dimension of a target that is registered."""
    return _DIMENSIONS[name]


def check_namespace(namespace: str, resource_id: str | None, dimension: str | None) -> None:
    """Check what lists are filtered by. Raises ValidationException."""
    if dimension is not None and not dimension.startswith(f"{namespace}:"):
        raise unsupported()
    if dimension is not None and resource_id is None:
        text = "If you specify a scalable dimension, you must also specify a resource ID"
        raise application_autoscaling.errors.ValidationException(text)


def _table_units(side: str) -> tuple[Callable[..., Reading], Callable[..., None]]:
    """Return how units of one side, ``Read`` or ``Write``, of a table or an index are read and set."""
    member = f"{side}CapacityUnits"

    def describe(ask: Ask, names: dict[str, str]) -> tuple[dict[str, Any], bool]:
        table = ask("dynamodb", "DescribeTable", {"TableName": names["table"]})["Table"]
        is_active = table["TableStatus"] == "ACTIVE"
        if names.get("index") is None:
            return table["ProvisionedThroughput"], is_active
        for index in table.get("GlobalSecondaryIndexes") or ():
            if index["IndexName"] == names["index"]:
                return index["ProvisionedThroughput"], is_active and index["IndexStatus"] == "ACTIVE"
        raise ServiceError("Requested resource not found", code="ResourceNotFoundException")

    def read(ask: Ask, names: dict[str, str]) -> Reading:
        throughput, is_active = describe(ask, names)
        return Reading(throughput[member], is_active)

    def write(ask: Ask, names: dict[str, str], capacity: int) -> None:
        throughput, _ = describe(ask, names)
        units = {key: throughput[key] for key in ("ReadCapacityUnits", "WriteCapacityUnits")} | {member: capacity}
        change: dict[str, Any] = {"ProvisionedThroughput": units}
        if names.get("index") is not None:
            change = {"GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": names["index"], **change}}]}
        ask("dynamodb", "UpdateTable", {"TableName": names["table"], **change})

    return read, write


def _units_of(side: str) -> Callable[[dict[str, str]], Watched]:
    """Return how the use of units of one side, ``Read`` or ``Write``, is watched."""

    def watched(names: dict[str, str]) -> Watched:
        dimensions = [{"Name": "TableName", "Value": names["table"]}]
        if names.get("index") is not None:
            dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": names["index"]})
        metric = {"Namespace": "AWS/DynamoDB", "Dimensions": dimensions}
        consumed = {**metric, "MetricName": f"Consumed{side}CapacityUnits", "Statistic": "Sum"}
        provisioned = {**metric, "MetricName": f"Provisioned{side}CapacityUnits", "Statistic": "Average"}
        return Watched(consumed, provisioned)

    return watched


def _concurrency_of(names: dict[str, str]) -> Watched:
    dimensions = [
        {"Name": "FunctionName", "Value": names["function"]},
        {"Name": "Resource", "Value": f"{names['function']}:{names['qualifier']}"},
    ]
    metric = {"Namespace": "AWS/Lambda", "MetricName": "ProvisionedConcurrencyUtilization", "Dimensions": dimensions}
    return Watched({**metric, "Statistic": "Average"})


def _read_concurrency(ask: Ask, names: dict[str, str]) -> Reading:
    called = {"FunctionName": names["function"], "Qualifier": names["qualifier"]}
    try:
        kept = ask("lambda", "GetProvisionedConcurrencyConfig", called)
    except ServiceError as error:
        if error.code != "ProvisionedConcurrencyConfigNotFoundException":
            raise
        return Reading(0, is_active=True)
    return Reading(kept["RequestedProvisionedConcurrentExecutions"], kept["Status"] != "IN_PROGRESS")


def _write_concurrency(ask: Ask, names: dict[str, str], capacity: int) -> None:
    called = {"FunctionName": names["function"], "Qualifier": names["qualifier"]}
    if capacity == 0:
        ask("lambda", "DeleteProvisionedConcurrencyConfig", called)
    else:
        wanted = {**called, "ProvisionedConcurrentExecutions": capacity}
        ask("lambda", "PutProvisionedConcurrencyConfig", wanted)


def _of_dynamodb(kind: str, side: str) -> Dimension:
    read, write = _table_units(side)
    is_index = kind == "index"
    return Dimension(
        name=f"dynamodb:{kind}:{side}CapacityUnits",
        noun=f"{side.lower()} capacity units",
        kind=f"DynamoDB {kind}",
        resource=re.compile(
            r"table/(?P<table>[a-zA-Z0-9_.-]+)" + (r"/index/(?P<index>[a-zA-Z0-9_.-]+)" if is_index else "")
        ),
        arn="table/{table}",
        least=1,
        permissions=("dynamodb:DescribeTable", "dynamodb:UpdateTable"),
        role="AWSServiceRoleForApplicationAutoScaling_DynamoDBTable",
        read=read,
        write=write,
        watched=_units_of(side),
        predefined=f"DynamoDB{side}CapacityUtilization",
    )


_DIMENSIONS = {
    one.name: one
    for one in (
        _of_dynamodb("table", "Read"),
        _of_dynamodb("table", "Write"),
        _of_dynamodb("index", "Read"),
        _of_dynamodb("index", "Write"),
        Dimension(
            name="lambda:function:ProvisionedConcurrency",
            noun="provisioned concurrency",
            kind="Lambda function",
            resource=re.compile(r"function:(?P<function>[a-zA-Z0-9_-]+):(?P<qualifier>[a-zA-Z0-9_-]+)"),
            arn="function:{function}:{qualifier}",
            least=0,
            permissions=(
                "lambda:GetProvisionedConcurrencyConfig",
                "lambda:PutProvisionedConcurrencyConfig",
                "lambda:DeleteProvisionedConcurrencyConfig",
            ),
            role="AWSServiceRoleForApplicationAutoScaling_LambdaConcurrency",
            read=_read_concurrency,
            write=_write_concurrency,
            watched=_concurrency_of,
            predefined="LambdaProvisionedConcurrencyUtilization",
        ),
    )
}
