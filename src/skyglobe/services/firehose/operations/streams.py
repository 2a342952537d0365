"""Creating, describing, listing and deleting delivery streams."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.resources import check_tags
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.converting import check_schema
from skyglobe.services.firehose.engine import CREATES_FOR, DELETES_FOR, change_later
from skyglobe.services.firehose.finding import get_stream, stream_arn
from skyglobe.services.firehose.objects import zone_of
from skyglobe.services.firehose.planning import check_destination, chosen, roles_of
from skyglobe.services.firehose.records import DeliveryStream, delivery_streams
from skyglobe.services.firehose.refusals import invalid, not_built
from skyglobe.services.firehose.roles import check_role
from skyglobe.services.firehose.rules.destinations import UNBUILT_SOURCES, shown
from skyglobe.services.firehose.sealing import grant_itself

MAX_STREAMS = 5_000  # of an account in a region; developer guide, "Amazon Data Firehose quota"
DESTINATION_ID = "destinationId-000000000001"  # a stream has one; API reference of UpdateDestination
DEFAULT_LISTED = 10  # API reference of ListDeliveryStreams
TYPES = {"DirectPut": False, "KinesisStreamAsSource": True}


@firehose.operation
def create_delivery_stream(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Create a delivery stream with one source and one destination. Its roles must let Firehose assume them.

    Raises InvalidArgumentException, LimitExceededException, ResourceInUseException, and NotImplemented (501) for
    sources, destinations and processors that need what is not built.
    """
    for member, service in UNBUILT_SOURCES.items():
        if member in request:
            raise not_built(f"Firehose cannot read {service} yet: they are not built.")
    planned = _plan(call, request)
    roles = roles_of(planned.kind, planned.destination)

    async def checked() -> dict[str, Any]:
        for role in roles:
            await check_role(call.kernel, call.account, call.region, role)
        await check_schema(call.kernel, call.account, call.region, planned.destination)
        if planned.is_sourced:
            await _check_source(call, planned)
        return await call.transact(lambda renewed: _create(renewed, planned))

    return checked()


def _plan(call: Call, request: dict[str, Any]) -> DeliveryStream:
    type_ = request.get("DeliveryStreamType", "DirectPut")
    source = request.get("KinesisStreamSourceConfiguration")
    if TYPES.get(type_) is None or (source is not None) != TYPES[type_]:
        raise invalid("KinesisStreamSourceConfiguration is for delivery streams of type KinesisStreamAsSource only.")
    kind, destination = chosen(request)
    check_destination(kind, destination)
    _check_zone(destination)
    tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", ())}
    check_tags(tags, invalid)
    encryption = request.get("DeliveryStreamEncryptionConfigurationInput") or {}
    if encryption and source is not None:
        raise invalid("Server-side encryption is for delivery streams of type DirectPut only.")
    hint = request.get("DirectPutSourceConfiguration", {}).get("ThroughputHintInMBs", 0)
    return DeliveryStream(
        arn=stream_arn(call, request["DeliveryStreamName"]),
        id=request["DeliveryStreamName"],
        owner=call.account,
        created_at=call.now,
        tags=tags,
        number=call.kernel.next_order(),
        status="CREATING",
        type=type_,
        kind=kind,
        destination=destination,
        source_arn=source["KinesisStreamARN"] if source is not None else "",
        source_role=source["RoleARN"] if source is not None else "",
        throughput_hint=hint,
        key_type=encryption.get("KeyType", ""),
        key_arn=encryption.get("KeyARN", ""),
        encryption="ENABLING" if encryption else "DISABLED",
    )


def _check_zone(destination: dict[str, Any]) -> None:
    try:
        zone_of(destination)
    except ValueError as error:
        raise invalid(f"CustomTimeZone: {error}") from error


async def _check_source(call: Call, planned: DeliveryStream) -> None:
    caller = await check_role(call.kernel, call.account, call.region, planned.source_role)
    try:
        await caller.kinesis.describe_stream_summary(StreamARN=planned.source_arn)
    except ServiceError as error:
        text = f"Role {planned.source_role} cannot read the Kinesis stream {planned.source_arn}: {error.message}"
        raise invalid(text) from error


def _create(call: Call, planned: DeliveryStream) -> dict[str, Any]:
    if delivery_streams.find(call, planned.id) is not None:
        raise firehose.errors.ResourceInUseException(
            f"Firehose {planned.id} under account {call.account} already exists."
        )
    if len(list(delivery_streams.scan(call, limit=MAX_STREAMS))) >= MAX_STREAMS:
        raise firehose.errors.LimitExceededException(f"An account may have {MAX_STREAMS} delivery streams in a region.")
    stream = replace(planned, created_at=call.now)
    grant_itself(call, stream)
    delivery_streams.insert(call, stream)
    change_later(call, stream, CREATES_FOR)
    return {"DeliveryStreamARN": stream.arn}


@firehose.operation(unused=("AllowForceDelete",))
def delete_delivery_stream(call: Call, delivery_stream_name: str) -> None:
    """Delete a delivery stream. What it has not delivered yet is lost, as on AWS."""
    stream = get_stream(call, delivery_stream_name)
    if stream.status == "CREATING":
        text = f"Firehose {stream.id} under account {call.account} is being created."
        raise firehose.errors.ResourceInUseException(text)
    deleting = replace(stream, status="DELETING")
    delivery_streams.replace(call, stream, deleting)
    change_later(call, deleting, DELETES_FOR)


@firehose.operation(unused=("Limit", "ExclusiveStartDestinationId"))
def describe_delivery_stream(call: Call, delivery_stream_name: str) -> dict[str, Any]:
    """Return a delivery stream's settings. It has one destination, so that there is nothing to page through."""
    stream = get_stream(call, delivery_stream_name)
    described: dict[str, Any] = {
        "DeliveryStreamName": stream.id,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamType": stream.type,
        "VersionId": str(stream.version),
        "CreateTimestamp": stream.created_at / 1000,
        "Destinations": [{"DestinationId": DESTINATION_ID, **shown(stream.kind, stream.destination)}],
        "HasMoreDestinations": False,
        "DeliveryStreamEncryptionConfiguration": _shown_encryption(stream),
    }
    if stream.updated_at:
        described["LastUpdateTimestamp"] = stream.updated_at / 1000
    if stream.is_sourced:
        described["Source"] = {
            "KinesisStreamSourceDescription": {
                "KinesisStreamARN": stream.source_arn,
                "RoleARN": stream.source_role,
                "DeliveryStartTimestamp": stream.created_at / 1000,
            }
        }
    elif stream.throughput_hint:
        hint = {"ThroughputHintInMBs": stream.throughput_hint}
        described["Source"] = {"DirectPutSourceDescription": hint}
    return {"DeliveryStreamDescription": described}


def _shown_encryption(stream: DeliveryStream) -> dict[str, str]:
    encryption = {"Status": stream.encryption}
    if stream.key_type and stream.encryption != "DISABLED":
        encryption["KeyType"] = stream.key_type
        if stream.key_arn:
            encryption["KeyARN"] = stream.key_arn
    return encryption


@firehose.operation
def list_delivery_streams(
    call: Call,
    limit: int = DEFAULT_LISTED,
    delivery_stream_type: str | None = None,
    exclusive_start_delivery_stream_name: str | None = None,
) -> dict[str, Any]:
    """List the account's delivery streams by name, page by page."""
    past = (exclusive_start_delivery_stream_name,) if exclusive_start_delivery_stream_name is not None else None
    names: list[str] = []
    for stream in delivery_streams.scan(call, past=past):
        if delivery_stream_type in (None, stream.type):
            names.append(stream.id)
        if len(names) > limit:
            break
    return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}
