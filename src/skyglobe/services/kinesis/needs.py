"""What each call to Kinesis needs to be allowed, after the service authorization reference of Kinesis Data Streams."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, unseal
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.finding import resource_policy, stream_arn
from skyglobe.services.kinesis.records import consumers, streams
from skyglobe.services.kinesis.rules.iterators import open_iterator

_WITHOUT_RESOURCE = frozenset({"ListStreams", "DescribeLimits", "DescribeAccountSettings", "UpdateAccountSettings"})
_ON_ANYTHING = frozenset(
    {"DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "UpdateShardCount", "UpdateStreamMode"}
)
"""Actions that the reference lists without resource types: they are allowed for all streams or for none."""
_OF_CONSUMERS = frozenset({"DescribeStreamConsumer", "DeregisterStreamConsumer", "SubscribeToShard"})

kinesis.resource_policies(resource_policy)


@kinesis.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action on the stream or consumer; that of tagging where it tags."""
    action = f"kinesis:{operation}"
    if operation in _WITHOUT_RESOURCE:
        return [Need(action, "*", call.account)]
    resource = _resource(call, operation, params)
    needs = [Need(action, "*" if operation in _ON_ANYTHING else resource, _owner(call, resource))]
    if params.get("Tags") and operation == "CreateStream":
        needs.append(Need("kinesis:AddTagsToStream", resource, call.account))
    if params.get("Tags") and operation == "RegisterStreamConsumer":
        consumer = f"{resource}/consumer/{params['ConsumerName']}:{call.now // 1000}"
        needs.append(Need("kinesis:TagResource", consumer, _owner(call, resource)))
    return needs


def _resource(call: Call, operation: str, params: dict[str, Any]) -> str:
    if "ResourceARN" in params:
        return str(params["ResourceARN"])
    if operation in _OF_CONSUMERS:
        return _consumer(call, params)
    if "StreamARN" in params:
        return str(params["StreamARN"])
    if "ShardIterator" in params:
        position = open_iterator(params["ShardIterator"], call.kernel.secret)
        # The operation itself refuses an iterator that is none, whoever asks.
        return stream_arn(call.within(position.owner), position.name) if position is not None else "*"
    name = params.get("StreamName")
    if name is None and "NextToken" in params:
        name = _listed(call, params["NextToken"])
    return stream_arn(call, name) if name is not None else "*"


def _consumer(call: Call, params: dict[str, Any]) -> str:
    """Return a consumer's ARN; of one that does not exist, one it might have."""
    if "ConsumerARN" in params:
        return str(params["ConsumerARN"])
    arn, name = params.get("StreamARN"), params.get("ConsumerName")
    if arn is None or name is None:
        return "*"
    there = call.within(_owner(call, arn))
    stream = streams.find(there, arn.rpartition(":stream/")[2])
    consumer = consumers.find(there, stream.number, name) if stream is not None else None
    return consumer.arn if consumer is not None else f"{arn}/consumer/{name}:0"


def _listed(call: Call, token: str) -> str | None:
    try:
        return str(unseal(call, "shards:", token)[0])
    except InvalidToken:
        return None


def _owner(call: Call, arn: str) -> str:
    """Return whose resource it is; of what is no ARN, the operation itself says so."""
    try:
        return parse_arn(arn).account or call.account
    except ValueError:
        return call.account
