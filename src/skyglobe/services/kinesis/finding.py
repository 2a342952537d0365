"""Finding streams and consumers: by name, by ARN, for whoever may."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.records import Consumer, Stream, consumers, policies, streams
from skyglobe.services.kinesis.refusals import in_use, invalid, no_such_stream

_CONSUMER = re.compile(r"stream/([a-zA-Z0-9_.-]+)/consumer/([a-zA-Z0-9_.-]+):[0-9]+")


class Place(NamedTuple):
    """A stream, and the scope it lives in."""

    scope: Scope
    stream: Stream


def stream_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the stream of that name where ``scope`` stands."""
    return make_arn(scope, "kinesis", f"stream/{name}")


def locate(scope: Scope, name: str | None, arn: str | None) -> tuple[Scope, str]:
    """Return where a stream lives and what it is called. Raises InvalidArgumentException."""
    if arn is None:
        if name is None:
            raise invalid("Either StreamName or StreamARN must be provided.")
        return scope, name
    place = parse_arn(arn)
    named = place.resource.removeprefix("stream/")
    if name is not None and name != named:
        raise invalid(f"StreamName {name} does not match StreamARN {arn}.")
    if place.region != scope.region:
        raise invalid(f"StreamARN {arn} is not in region {scope.region}.")
    return (scope if place.account == scope.account else scope.within(place.account)), named


def get_stream(scope: Scope, name: str | None, arn: str | None) -> Place:
    """Return the stream of a call. Raises InvalidArgumentException, ResourceNotFoundException."""
    there, named = locate(scope, name, arn)
    stream = streams.find(there, named)
    if stream is None:
        raise no_such_stream(there, named)
    return Place(there, stream)


def get_active(scope: Scope, name: str | None, arn: str | None) -> Place:
    """As ``get_stream``, for changes that only an active stream takes. Raises ResourceInUseException as well."""
    found = get_stream(scope, name, arn)
    stream = found.stream
    if stream.status != "ACTIVE":
        raise in_use(f"Stream {stream.id} under account {stream.owner} not ACTIVE, instead in state {stream.status}")
    return found


def get_readable(scope: Scope, name: str | None, arn: str | None) -> Place:
    """As ``get_stream``, for records: a stream that is being created is not there yet."""
    found = get_stream(scope, name, arn)
    if found.stream.status == "CREATING":
        raise no_such_stream(found.scope, found.stream.id)
    return found


def parse_consumer_arn(arn: str) -> tuple[str, str, str] | None:
    """Return account, stream and name of a consumer's ARN, or None when it is none."""
    place = parse_arn(arn)
    found = _CONSUMER.fullmatch(place.resource)
    return (place.account, found[1], found[2]) if found else None


def check_created(stream: Stream, created_at: datetime | None) -> None:
    """Raise ResourceNotFoundException when a call asks for an earlier stream of the same name."""
    if created_at is not None and int(created_at.timestamp()) != stream.created_at // 1000:
        raise kinesis.errors.ResourceNotFoundException(
            f"Stream {stream.id} under account {stream.owner} was not created at {created_at}."
        )


def find_consumer(scope: Scope, arn: str) -> tuple[Scope, Stream, Consumer] | None:
    """Return the consumer with this ARN, its stream and where they live, or None."""
    parsed = parse_consumer_arn(arn)
    if parsed is None or parse_arn(arn).region != scope.region:
        return None
    there = scope if parsed[0] == scope.account else scope.within(parsed[0])
    stream = streams.find(there, parsed[1])
    consumer = consumers.find(there, stream.number, parsed[2]) if stream is not None else None
    if stream is None or consumer is None or consumer.arn != arn:
        return None
    return there, stream, consumer


def get_consumer(scope: Scope, arn: str) -> tuple[Scope, Stream, Consumer]:
    """As ``find_consumer``. Raises ResourceNotFoundException."""
    found = find_consumer(scope, arn)
    if found is None:
        raise kinesis.errors.ResourceNotFoundException(f"Consumer {arn} not found.")
    return found


def get_named_consumer(
    call: Call, stream_arn: str | None, name: str | None, arn: str | None
) -> tuple[Scope, Stream, Consumer]:
    """Return the consumer a call speaks of: by its ARN, or by its stream's ARN and its name."""
    if arn is not None:
        found = get_consumer(call, arn)
        if (stream_arn or found[1].arn) != found[1].arn or (name or found[2].id) != found[2].id:
            raise invalid("ConsumerARN does not match StreamARN and ConsumerName.")
        return found
    if stream_arn is None or name is None:
        raise invalid("Either ConsumerARN or both StreamARN and ConsumerName must be provided.")
    scope, stream = get_stream(call, None, stream_arn)
    consumer = consumers.find(scope, stream.number, name)
    if consumer is None:
        text = f"Consumer {name} of stream {stream.id} under account {scope.account} not found."
        raise kinesis.errors.ResourceNotFoundException(text)
    return scope, stream, consumer


def resource_policy(scope: Scope, arn: str) -> str | None:
    """Return the policy of a stream or consumer, for the policy engine; None when it has none."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    policy = policies.find(scope.within(place.account, place.region), arn)
    return policy.document if policy is not None else None
