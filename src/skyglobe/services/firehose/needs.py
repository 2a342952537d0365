"""What each call to Firehose needs to be allowed, after the service authorization reference of Amazon Data Firehose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.finding import stream_arn


@firehose.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action on the stream, and passing each role that it hands over."""
    action = f"firehose:{operation}"
    if operation == "ListDeliveryStreams":
        return [Need(action, "*", call.account)]
    arn = stream_arn(call, params["DeliveryStreamName"])
    needs = [Need(action, arn, call.account)]
    if operation == "CreateDeliveryStream" and params.get("Tags"):
        needs.append(Need("firehose:TagDeliveryStream", arn, call.account))
    if operation in ("CreateDeliveryStream", "UpdateDestination"):
        context = {"iam:passedtoservice": "firehose.amazonaws.com"}
        roles = sorted(set(_roles(params)))
        needs += [Need("iam:PassRole", role, call.account, context) for role in roles]
    return needs


def _roles(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "RoleARN":
                yield inner
            else:
                yield from _roles(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _roles(inner)
