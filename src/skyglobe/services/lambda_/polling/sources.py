"""Whether a function's role may read a source, and whether it is there at all."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.roles import RoleSession, may
from skyglobe.services.lambda_.rules.sources import queue_url, region_of

_QUEUE_ACTIONS = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_STREAM_ACTIONS = {
    "kinesis": ("GetRecords", "GetShardIterator", "DescribeStream", "ListShards"),
    "dynamodb": ("GetRecords", "GetShardIterator", "DescribeStream"),
}


async def check_source(call: Call, session: RoleSession, kind: str, arn: str, timeout_s: int) -> None:
    """Raise InvalidParameterValueException for a source that the role may not read, or that is not there."""
    if region_of(arn) != call.region:
        raise invalid(f"The event source {arn} is not in the region of the function ({call.region}).")
    if kind == "sqs":
        await _check_queue(call, session, arn, timeout_s)
    else:
        await _check_stream(call, session, kind, arn)


async def _check_queue(call: Call, session: RoleSession, arn: str, timeout_s: int) -> None:
    for action in _QUEUE_ACTIONS:
        if not await _may(call, session, f"sqs:{action}", arn):
            raise invalid(f"The function execution role does not have permissions to call {action} on SQS")
    params = {"QueueUrl": queue_url(call.kernel.config.endpoint, arn), "AttributeNames": ["VisibilityTimeout"]}
    try:
        answer = await _read(call, session, "sqs", "GetQueueAttributes", params)
    except ServiceError as error:
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            f"SQS Error Message: {error.message}"
        ) from error
    visible_after = int(answer["Attributes"]["VisibilityTimeout"])
    if visible_after < timeout_s:
        raise invalid(
            f"Queue visibility timeout: {visible_after} seconds is less than Function timeout: {timeout_s} seconds"
        )


async def _check_stream(call: Call, session: RoleSession, kind: str, arn: str) -> None:
    names = _STREAM_ACTIONS[kind]
    for action in names:
        if not await _may(call, session, f"{kind}:{action}", arn):
            raise invalid(
                f"Cannot access stream {arn}. Please ensure the role can perform the "
                f"{', '.join(names)} Actions on your stream in IAM."
            )
    service = "kinesis" if kind == "kinesis" else "dynamodbstreams"
    params = {"StreamARN": arn} if kind == "kinesis" else {"StreamArn": arn}
    operation = "DescribeStreamSummary" if kind == "kinesis" else "DescribeStream"
    try:
        # As Lambda itself: the role needs no permission for this one.
        await call.as_service("lambda").call(service, operation, params)
    except ServiceError as error:
        raise invalid(f"Stream not found: {arn}") from error


async def _may(call: Call, session: RoleSession, action: str, arn: str) -> bool:
    return await call.transact(lambda now: may(now, session, action, arn))


async def _read(call: Call, session: RoleSession, service: str, operation: str, params: dict[str, Any]) -> Any:
    return await call.kernel.invoke(session.principal, call.account, call.region, service, operation, params)
