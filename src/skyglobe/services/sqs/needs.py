"""What each call to SQS needs to be allowed, after the service authorization reference of Amazon SQS."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import place_of, resource_policy, scope_of
from skyglobe.services.sqs.records import queues

_WITHOUT_QUEUE: Final = frozenset({"ListQueues"})
_MOVES: Final = {
    # SQS developer guide, "Configure queue permissions for DLQ redrive"
    "StartMessageMoveTask": (
        "sqs:StartMessageMoveTask",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
    ),
    "ListMessageMoveTasks": ("sqs:ListMessageMoveTasks",),
    "CancelMessageMoveTask": ("sqs:CancelMessageMoveTask",),
}

sqs.resource_policies(resource_policy)


@sqs.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs. Batches need the action of their single form."""
    if operation in _MOVES:
        return _moving(call, operation, params)
    action = f"sqs:{operation.removesuffix('Batch')}"
    if operation in _WITHOUT_QUEUE:
        return [Need(action, "*", call.account)]
    if operation == "CreateQueue":
        return [Need(action, make_arn(call, "sqs", params.get("QueueName", "")), call.account)]
    if operation == "GetQueueUrl":
        owner = params.get("QueueOwnerAWSAccountId") or call.account
        return [Need(action, make_arn(call.within(owner), "sqs", params.get("QueueName", "")), owner)]
    place = place_of(call, params.get("QueueUrl", ""))
    there = scope_of(call, place)
    queue = queues.find(there, place.name)
    policy = queue.policy if queue is not None else None
    arn = f"arn:{call.partition}:sqs:{there.region}:{place.account}:{place.name}"
    return [Need(action, arn, place.account, policy=policy or "")]


def _moving(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    source = params.get("SourceArn") or _source_of(params.get("TaskHandle", ""))
    needs = [Need(action, source, _owner(call, source)) for action in _MOVES[operation]]
    if destination := params.get("DestinationArn"):
        needs.append(Need("sqs:SendMessage", destination, _owner(call, destination)))
    return needs


def _source_of(handle: str) -> str:
    """Return the queue a task handle speaks of; the operation itself refuses a handle that is none."""
    try:
        return base64.b64decode(handle, validate=True).decode().rpartition('"sourceArn":"')[2].partition('"')[0]
    except (binascii.Error, ValueError):
        return ""


def _owner(call: Call, arn: str) -> str:
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
