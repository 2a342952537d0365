"""Registering, describing, listing and deregistering consumers with enhanced fan-out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.pagination import InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.changing import begin_deregistering, begin_registering
from skyglobe.services.kinesis.finding import check_created, get_active, get_named_consumer, get_stream
from skyglobe.services.kinesis.records import Consumer, Stream, consumers
from skyglobe.services.kinesis.refusals import in_use, invalid, over_limit
from skyglobe.services.kinesis.tagging import check_stream_tags
from skyglobe.services.kinesis.warming import is_committed

MAX_CONSUMERS = 20  # of one stream; API reference of RegisterStreamConsumer
MAX_COMMITTED_CONSUMERS = 50  # of an on-demand stream of an account with a commitment; the same
MAX_CREATING = 5  # at the same time; the same
DEFAULT_LISTED = 100
TOKEN_LASTS_FOR = 300_000  # milliseconds; API reference of ListStreamConsumers


@kinesis.operation(unused=("StreamId",))
def register_stream_consumer(
    call: Call, stream_arn: str, consumer_name: str, tags: dict[str, str] | None = None
) -> dict[str, Any]:
    """Register a consumer that records are to be pushed to."""
    scope, stream = get_active(call, None, stream_arn)
    if consumers.find(scope, stream.number, consumer_name) is not None:
        raise in_use(f"Consumer {consumer_name} of stream {stream.id} under account {stream.owner} already exists.")
    check_stream_tags(consumer_name, scope.account, tags or {})
    _check_room(scope, stream)
    consumer = Consumer(
        arn=f"{stream.arn}/consumer/{consumer_name}:{call.now // 1000}",
        id=consumer_name,
        owner=stream.owner,
        created_at=call.now,
        tags=tags or {},
        stream=stream.number,
        stream_arn=stream.arn,
        status="CREATING",
    )
    begin_registering(scope, consumer)
    return {"Consumer": _shown(consumer)}


def _check_room(scope: Scope, stream: Stream) -> None:
    registered = list(consumers.scan(scope, stream.number))
    most = MAX_COMMITTED_CONSUMERS if stream.is_on_demand and is_committed(scope) else MAX_CONSUMERS
    if len(registered) >= most:
        raise over_limit(
            f"Stream {stream.id} under account {stream.owner} has the maximum of {most} registered consumers."
        )
    if sum(1 for consumer in registered if consumer.status == "CREATING") >= MAX_CREATING:
        raise over_limit(f"At most {MAX_CREATING} consumers of a stream can be CREATING at the same time.")


@kinesis.operation(unused=("StreamId",))
def deregister_stream_consumer(
    call: Call, stream_arn: str | None = None, consumer_name: str | None = None, consumer_arn: str | None = None
) -> None:
    """Take a consumer's registration back. Its subscriptions end."""
    scope, _, consumer = get_named_consumer(call, stream_arn, consumer_name, consumer_arn)
    if consumer.status == "DELETING":
        raise invalid(f"Consumer {consumer.arn} is being deleted already.")
    begin_deregistering(scope, consumer)


@kinesis.operation(unused=("StreamId",))
def describe_stream_consumer(
    call: Call, stream_arn: str | None = None, consumer_name: str | None = None, consumer_arn: str | None = None
) -> dict[str, Any]:
    """Return what is known of a consumer."""
    _, stream, consumer = get_named_consumer(call, stream_arn, consumer_name, consumer_arn)
    return {"ConsumerDescription": {**_shown(consumer), "StreamARN": stream.arn}}


@kinesis.operation(unused=("StreamId",))
def list_stream_consumers(
    call: Call,
    stream_arn: str,
    next_token: str | None = None,
    max_results: int = DEFAULT_LISTED,
    stream_creation_timestamp: datetime | None = None,
) -> dict[str, Any]:
    """List a stream's consumers by name, page by page."""
    scope, stream = get_stream(call, None, stream_arn)
    check_created(stream, stream_creation_timestamp)
    listing = f"consumers:{stream.number}"
    past = None
    if next_token is not None:
        try:
            name, issued_at = unseal(call, listing, next_token)
        except InvalidToken as error:
            raise invalid("The NextToken is invalid.") from error
        if call.now - int(issued_at) > TOKEN_LASTS_FOR:  # type: ignore[arg-type]
            raise kinesis.errors.ExpiredNextTokenException("The NextToken has expired.")
        past = (name,)
    listed = list(consumers.scan(scope, stream.number, past=past, limit=max_results + 1))
    answer: dict[str, Any] = {"Consumers": [_shown(consumer) for consumer in listed[:max_results]]}
    if len(listed) > max_results:
        answer["NextToken"] = seal(call, listing, (listed[max_results - 1].id, call.now))
    return answer


def _shown(consumer: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.id,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.status,
        "ConsumerCreationTimestamp": consumer.created_at // 1000,
    }
