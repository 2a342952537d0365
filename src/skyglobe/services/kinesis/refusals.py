"""Kinesis's errors in Kinesis's words, as its users quote them."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.kinesis import kinesis
from skyglobe.services.kinesis.records import Stream
from skyglobe.services.kinesis.rules.names import shard_id


def invalid(message: str) -> ServiceError:
    """Return ``InvalidArgumentException`` (400)."""
    return kinesis.errors.InvalidArgumentException(message)


def over_limit(message: str) -> ServiceError:
    """Return ``LimitExceededException`` (400)."""
    return kinesis.errors.LimitExceededException(message)


def in_use(message: str) -> ServiceError:
    """Return ``ResourceInUseException`` (400)."""
    return kinesis.errors.ResourceInUseException(message)


def no_such_stream(scope: Scope, name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for a stream."""
    return kinesis.errors.ResourceNotFoundException(f"Stream {name} under account {scope.account} not found.")


def no_such_shard(stream: Stream, name: str) -> ServiceError:
    """Return ``ResourceNotFoundException`` (400) for a shard."""
    text = f"Shard {name} in stream {stream.id} under account {stream.owner} does not exist"
    return kinesis.errors.ResourceNotFoundException(text)


def rate_exceeded(stream: Stream, shard: int) -> ServiceError:
    """Return ``ProvisionedThroughputExceededException`` (400) for a shard."""
    return kinesis.errors.ProvisionedThroughputExceededException(rate_text(stream, shard))


def rate_text(stream: Stream, shard: int) -> str:
    return f"Rate exceeded for shard {shard_id(shard)} in stream {stream.id} under account {stream.owner}."


def on_demand_only_provisioned(operation: str, stream: Stream) -> ServiceError:
    """Return ``ValidationException`` (400) for what on-demand streams do themselves."""
    text = (
        f"Request is invalid. {operation} is not supported for the stream {stream.id} under account {stream.owner} "
        "in on-demand capacity mode."
    )
    return kinesis.errors.ValidationException(text)
