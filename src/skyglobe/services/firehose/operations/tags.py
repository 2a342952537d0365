"""Tags of delivery streams."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.finding import get_stream
from skyglobe.services.firehose.records import delivery_streams
from skyglobe.services.firehose.refusals import invalid

MAX_LISTED = 50  # of one answer; API reference of ListTagsForDeliveryStream


@firehose.operation
def tag_delivery_stream(call: Call, delivery_stream_name: str, tags: list[dict[str, str]]) -> None:
    """Add tags to a delivery stream, or change the values of those it has."""
    stream = get_stream(call, delivery_stream_name)
    merged = {**stream.tags, **{tag["Key"]: tag.get("Value", "") for tag in tags}}
    check_tags(merged, invalid, _too_many)
    delivery_streams.replace(call, stream, replace(stream, tags=merged))


def _too_many(text: str) -> ServiceError:
    return firehose.errors.LimitExceededException(text)


@firehose.operation
def untag_delivery_stream(call: Call, delivery_stream_name: str, tag_keys: list[str]) -> None:
    """Take tags from a delivery stream. Keys it does not have are no error."""
    stream = get_stream(call, delivery_stream_name)
    kept = {key: value for key, value in stream.tags.items() if key not in tag_keys}
    delivery_streams.replace(call, stream, replace(stream, tags=kept))


@firehose.operation
def list_tags_for_delivery_stream(
    call: Call, delivery_stream_name: str, exclusive_start_tag_key: str | None = None, limit: int = MAX_LISTED
) -> dict[str, Any]:
    """Return a delivery stream's tags by key, page by page."""
    stream = get_stream(call, delivery_stream_name)
    keys = sorted(key for key in stream.tags if exclusive_start_tag_key is None or key > exclusive_start_tag_key)
    shown = [{"Key": key, "Value": stream.tags[key]} for key in keys[:limit]]
    return {"Tags": shown, "HasMoreTags": len(keys) > limit}
