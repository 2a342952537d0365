"""Finding delivery streams by name."""

from __future__ import annotations

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.records import DeliveryStream, delivery_streams
from skyglobe.services.firehose.refusals import no_such_stream


def stream_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the delivery stream of that name where ``scope`` stands."""
    return make_arn(scope, "firehose", f"deliverystream/{name}")


def get_stream(scope: Scope, name: str) -> DeliveryStream:
    """Return a delivery stream. Raises ResourceNotFoundException."""
    stream = delivery_streams.find(scope, name)
    if stream is None:
        raise no_such_stream(scope, name)
    return stream


def get_active(scope: Scope, name: str) -> DeliveryStream:
    """As ``get_stream``. Raises ResourceInUseException for a stream that is being created or deleted."""
    stream = get_stream(scope, name)
    if stream.status != "ACTIVE":
        text = f"Firehose {name} under account {scope.account} is not ACTIVE, instead in state {stream.status}."
        raise firehose.errors.ResourceInUseException(text)
    return stream


def find_same(scope: Scope, name: str, number: int) -> DeliveryStream | None:
    """Return the stream of that name if it is still the one of that number."""
    stream = delivery_streams.find(scope, name)
    return stream if stream is not None and stream.number == number else None
