"""UpdateDestination."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.converting import check_schema
from skyglobe.services.firehose.finding import get_active
from skyglobe.services.firehose.operations.streams import DESTINATION_ID
from skyglobe.services.firehose.planning import check_destination, chosen, roles_of
from skyglobe.services.firehose.records import DeliveryStream, delivery_streams
from skyglobe.services.firehose.refusals import invalid
from skyglobe.services.firehose.roles import check_role
from skyglobe.services.firehose.rules.destinations import merged


@firehose.operation
def update_destination(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, None]:
    """Change what a request names of a stream's destination, if the caller knows the destination as it is now.

    What is buffered already is delivered as the destination is by then. Raises ConcurrentModificationException.
    """
    stream, destination = _plan(call, request)

    async def checked() -> None:
        for role in roles_of(stream.kind, destination):
            await check_role(call.kernel, call.account, call.region, role)
        await check_schema(call.kernel, call.account, call.region, destination)
        await call.transact(lambda renewed: _change(renewed, request))

    return checked()


def _plan(call: Call, request: dict[str, Any]) -> tuple[DeliveryStream, dict[str, Any]]:
    stream = get_active(call, request["DeliveryStreamName"])
    if request["DestinationId"] != DESTINATION_ID:
        raise invalid(f"Destination Id {request['DestinationId']} not found")
    if request["CurrentDeliveryStreamVersionId"] != str(stream.version):
        raise firehose.errors.ConcurrentModificationException(
            f"Cannot update firehose: {stream.id} since the current version id: {stream.version} and specified "
            f"version id: {request['CurrentDeliveryStreamVersionId']} do not match"
        )
    kind, update = chosen(request)
    if kind != stream.kind and {kind, stream.kind} != {"S3", "ExtendedS3"}:
        raise invalid("Changing the type of a destination is not supported.")
    destination = merged(stream.kind, stream.destination, update)
    check_destination(stream.kind, destination)
    return stream, destination


def _change(call: Call, request: dict[str, Any]) -> None:
    stream, destination = _plan(call, request)
    changed = replace(stream, destination=destination, version=stream.version + 1, updated_at=call.now)
    delivery_streams.replace(call, stream, changed)
