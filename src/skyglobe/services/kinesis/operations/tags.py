"""Tags, over both of the APIs for them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.finding import get_active, get_consumer, get_stream, parse_consumer_arn
from skyglobe.services.kinesis.records import Consumer, Stream, consumers, streams
from skyglobe.services.kinesis.tagging import check_stream_tags

MAX_LISTED = 50  # of one answer; API reference of ListTagsForStream


@kinesis.operation(unused=("StreamId",))
def add_tags_to_stream(
    call: Call, tags: dict[str, str], stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    """Add tags to a stream, or change the values of those it has."""
    scope, stream = get_active(call, stream_name, stream_arn)
    _put(scope, stream, {**stream.tags, **tags})


@kinesis.operation(unused=("StreamId",))
def remove_tags_from_stream(
    call: Call, tag_keys: list[str], stream_name: str | None = None, stream_arn: str | None = None
) -> None:
    """Take tags from a stream. Keys it does not have are no error."""
    scope, stream = get_active(call, stream_name, stream_arn)
    _put(scope, stream, {key: value for key, value in stream.tags.items() if key not in tag_keys})


@kinesis.operation(unused=("StreamId",))
def list_tags_for_stream(
    call: Call,
    stream_name: str | None = None,
    exclusive_start_tag_key: str | None = None,
    limit: int = MAX_LISTED,
    stream_arn: str | None = None,
) -> dict[str, Any]:
    """Return a stream's tags by key, page by page."""
    _, stream = get_stream(call, stream_name, stream_arn)
    keys = sorted(key for key in stream.tags if exclusive_start_tag_key is None or key > exclusive_start_tag_key)
    shown = [{"Key": key, "Value": stream.tags[key]} for key in keys[:limit]]
    return {"Tags": shown, "HasMoreTags": len(keys) > limit}


@kinesis.operation(unused=("StreamId",))
def tag_resource(call: Call, tags: dict[str, str], resource_arn: str) -> None:
    """Add tags to a stream or consumer, or change the values of those it has."""
    scope, resource = _get(call, resource_arn)
    _put(scope, resource, {**resource.tags, **tags})


@kinesis.operation(unused=("StreamId",))
def untag_resource(call: Call, tag_keys: list[str], resource_arn: str) -> None:
    """Take tags from a stream or consumer. Keys it does not have are no error."""
    scope, resource = _get(call, resource_arn)
    _put(scope, resource, {key: value for key, value in resource.tags.items() if key not in tag_keys})


@kinesis.operation(unused=("StreamId",))
def list_tags_for_resource(call: Call, resource_arn: str) -> dict[str, Any]:
    """Return the tags of a stream or consumer."""
    _, resource = _get(call, resource_arn)
    return {"Tags": [{"Key": key, "Value": value} for key, value in sorted(resource.tags.items())]}


def _get(call: Call, arn: str) -> tuple[Scope, Stream | Consumer]:
    if parse_consumer_arn(arn) is not None:
        scope, _, consumer = get_consumer(call, arn)
        return scope, consumer
    return get_stream(call, None, arn)


def _put(scope: Scope, resource: Stream | Consumer, tags: dict[str, str]) -> None:
    check_stream_tags(resource.id, resource.owner, tags)
    if isinstance(resource, Stream):
        streams.replace(scope, resource, replace(resource, tags=tags))
    else:
        consumers.replace(scope, resource, replace(resource, tags=tags))
