"""Server-side encryption of what is buffered: whether the key can be used."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.engine import ENCRYPTS_FOR, change_later
from skyglobe.services.firehose.finding import get_active
from skyglobe.services.firehose.records import DeliveryStream, delivery_streams
from skyglobe.services.firehose.refusals import invalid
from skyglobe.services.firehose.sealing import grant_itself


@firehose.operation
def start_delivery_stream_encryption(
    call: Call,
    delivery_stream_name: str,
    delivery_stream_encryption_configuration_input: dict[str, Any] | None = None,
) -> None:
    """Take records under a key from now on, which the caller lets Firehose use."""
    stream = _get(call, delivery_stream_name)
    given = delivery_stream_encryption_configuration_input or {"KeyType": "AWS_OWNED_CMK"}
    if (given["KeyType"] == "CUSTOMER_MANAGED_CMK") != ("KeyARN" in given):
        raise invalid("KeyARN must be given with the key type CUSTOMER_MANAGED_CMK, and with no other.")
    changed = replace(stream, encryption="ENABLING", key_type=given["KeyType"], key_arn=given.get("KeyARN", ""))
    grant_itself(call, changed)
    delivery_streams.replace(call, stream, changed)
    change_later(call, changed, ENCRYPTS_FOR)


@firehose.operation
def stop_delivery_stream_encryption(call: Call, delivery_stream_name: str) -> None:
    """Take records without a key from now on."""
    stream = _get(call, delivery_stream_name)
    changed = replace(stream, encryption="DISABLING")
    delivery_streams.replace(call, stream, changed)
    change_later(call, changed, ENCRYPTS_FOR)


def _get(call: Call, name: str) -> DeliveryStream:
    stream = get_active(call, name)
    if stream.is_sourced:
        raise invalid("Server-side encryption is for delivery streams of type DirectPut only.")
    if stream.encryption in ("ENABLING", "DISABLING"):
        text = f"Firehose {name} under account {call.account} has encryption in state {stream.encryption}."
        raise firehose.errors.ResourceInUseException(text)
    return stream
