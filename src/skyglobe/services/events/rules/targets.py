"""Which targets a rule takes; user guide, "Event bus targets in Amazon EventBridge"."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.services.events.rules.inputs import BadInput, check_input
from skyglobe.services.events.rules.paths import BadPath, parse_path

MAX_TARGETS = 5  # of a rule; user guide, "Amazon EventBridge quotas"
MAX_PUT = 10  # of one request; API reference of PutTargets

_KINDS = {
    "sqs": ("sqs", ""),
    "sns": ("sns", ""),
    "lambda": ("lambda", "function:"),
    "kinesis": ("kinesis", "stream/"),
    "firehose": ("firehose", "deliverystream/"),
    "logs": ("logs", "log-group:"),
    "bus": ("events", "event-bus/"),
    "api": ("events", "api-destination/"),
}
"""What there is to be delivered to: the service of its ARN, and what the resource starts with."""
WITH_ROLE = frozenset({"kinesis", "firehose", "api"})
"""Kinds that are not let in but by a role; user guide, "Using role-based policies"."""
_FOREIGN = frozenset(
    {
        "apigateway",
        "appsync",
        "batch",
        "codebuild",
        "codepipeline",
        "ec2",
        "ecs",
        "execute-api",
        "inspector",
        "redshift",
        "redshift-serverless",
        "sagemaker",
        "ssm",
        "ssm-incidents",
        "states",
        "synthetics",
    }
)
"""Services whose resources AWS takes as targets and that are not delivered to here."""


class BadTarget(ValueError):
    """A target that is not taken; the message is AWS's."""


class ForeignTarget(ValueError):
    """A target of a service that is not there; the message names it."""


def parse_target(arn: str) -> tuple[str, Arn]:
    """Return which kind of target an ARN is, and its parts. Raises BadTarget and ForeignTarget."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise BadTarget("Parameter Arn is not valid. Reason: Provided Arn is not in correct format.") from error
    for kind, (service, start) in _KINDS.items():
        if place.service == service and place.resource.startswith(start) and place.account and place.region:
            return kind, place
    if place.service in _FOREIGN or (place.service == "events" and place.resource.startswith("target/")):
        raise ForeignTarget(f"{place.service} ({place.resource.partition('/')[0].partition(':')[0]})")
    raise BadTarget(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


def check_target(target: dict[str, Any], rule_role: str) -> None:
    """Raise BadTarget or ForeignTarget for what PutTargets does not take."""
    identity, arn = target["Id"], target["Arn"]
    kind, place = parse_target(arn)
    try:
        check_input(target)
    except BadInput as error:
        raise BadTarget(str(error)) from error
    if kind in WITH_ROLE and not (target.get("RoleArn") or rule_role):
        raise BadTarget(f"RoleArn is required for target {arn}.")
    is_fifo = kind == "sqs" and place.resource.endswith(".fifo")
    group = (target.get("SqsParameters") or {}).get("MessageGroupId")
    if is_fifo and not group:
        raise BadTarget(f"Parameter(s) SqsParameters must be specified for target: {identity}.")
    if group and kind == "sqs" and not is_fifo:
        raise BadTarget(f"Parameter(s) SqsParameters are only valid for FIFO queues: {identity}.")
    path = (target.get("KinesisParameters") or {}).get("PartitionKeyPath")
    if path:
        try:
            parse_path(path)
        except BadPath as error:
            raise BadTarget(f"Parameter PartitionKeyPath is not valid for target {identity}.") from error
    _check_dead_letters(target)


def _check_dead_letters(target: dict[str, Any]) -> None:
    arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if arn is None:
        return
    try:
        place = parse_arn(arn)
    except ValueError:
        place = None
    if place is None or place.service != "sqs" or place.resource.endswith(".fifo"):
        text = f"Parameter DeadLetterConfig.Arn is not valid. Reason: {arn} is not the ARN of a standard queue."
        raise BadTarget(text)
