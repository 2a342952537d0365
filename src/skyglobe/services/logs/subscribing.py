"""Whether a subscription may be made: what its destination is, and whether it can be reached right now."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs.delivering import Target, invoke, send, target_of
from skyglobe.services.logs.refusals import invalid, not_built
from skyglobe.services.logs.rules.deliveries import control_document

SERVICES = ("lambda", "kinesis", "firehose", "logs")
_CALLED = {"kinesis": "Kinesis stream", "firehose": "Firehose stream"}


def check_destination(call: Call, arn: str, role: str) -> None:
    """Raise InvalidParameterException for what cannot be a destination, NotImplemented (501) for OpenSearch."""
    try:
        place = parse_arn(arn)
    except ValueError as error:
        raise invalid("destinationArn is not a valid ARN.") from error
    if place.service == "es":
        raise not_built("subscriptions to OpenSearch")
    if place.service not in SERVICES:
        raise invalid(f"PutSubscriptionFilter operation cannot work with destinationArn for vendor {place.service}")
    if place.region != call.region:
        raise invalid("The destination must be in the region of the log group.")
    if place.service == "logs":
        if not place.resource.startswith("destination:"):
            raise invalid("destinationArn is not the ARN of a destination.")
        return
    if place.account != call.account:
        raise invalid("The destination must be in the account of the log group; use a logical destination for others.")
    if place.service != "lambda" and not role:
        raise invalid("destinationArn for this vendor requires roleArn to be specified.")


async def try_destination(kernel: Kernel, target: Target) -> None:
    """Send a destination a control message, or see whether a function may be invoked.

    Raises InvalidParameterException, in the words AWS has for each kind; what is not built says so itself.
    """
    service = parse_arn(target.arn).service
    try:
        if service == "lambda":
            await invoke(kernel, target, {"FunctionName": target.arn, "InvocationType": "DryRun"})
            return
        kind = "Kinesis stream" if service == "kinesis" else "Firehose"
        now = kernel.clock.now()
        await send(kernel, target, control_document(now, kind), "control")
    except ServiceError as error:
        if error.code == "NotImplemented":
            raise
        raise invalid(_unreachable(service)) from error


def _unreachable(service: str) -> str:
    if service == "lambda":
        return (
            "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
            "your function."
        )
    called = _CALLED.get(service, "destination")
    return (
        f"Could not deliver test message to specified {called}. Check if the given {called.lower()} is in ACTIVE state."
    )


def find_target(scope: Scope, arn: str, role: str, source: str) -> Target:
    """Return where deliveries to a destination go now. Raises InvalidParameterException when it does not exist."""
    try:
        return target_of(scope, {"destination": arn, "role": role, "source": source})
    except ServiceError as error:
        raise invalid(error.message) from error
