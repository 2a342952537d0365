"""Delivering what was buffered: a job that can be repeated, and is until it succeeds or its time is over."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import set_timer
from skyglobe.services.firehose import firehose
from skyglobe.services.firehose.buffering import give_up
from skyglobe.services.firehose.finding import find_same
from skyglobe.services.firehose.objects import Object, failed_object, plan_objects
from skyglobe.services.firehose.posting import post_to
from skyglobe.services.firehose.records import DeliveryStream, batches
from skyglobe.services.firehose.roles import acting_as
from skyglobe.services.firehose.rules.destinations import DEFAULT_RETRY_FOR
from skyglobe.services.firehose.rules.endpoints import delivery_request, fault_of_response
from skyglobe.services.firehose.rules.processing import Failed, Record, enabled_processors
from skyglobe.services.firehose.transforming import transform

FIRST_RETRY_FOR = 5_000  # milliseconds; doubles with each attempt
MAX_RETRY_FOR = 900_000  # milliseconds

_log = logging.getLogger(__name__)

Payload = dict[str, Any]


class Undelivered(Exception):
    """A destination did not take a delivery."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@firehose.consumer("deliver")
async def deliver(delivery: Delivery, payload: Payload) -> None:
    """Deliver one buffer's records. Whatever refuses them is asked again later."""
    found = await delivery.transact(lambda scope: _load(scope, payload))
    if found is None:
        return
    stream, records, now = found
    try:
        await _Job(delivery, stream, payload, records, now).run()
    except (ServiceError, Undelivered, OSError) as error:
        _log.warning("firehose %s cannot deliver: %r", stream.id, error)
        await delivery.transact(lambda scope: _retry_later(scope, stream, payload))
    else:
        await delivery.transact(lambda scope: give_up(scope, stream.number, payload["first"], payload["upto"]))


def _load(scope: Scope, payload: Payload) -> tuple[DeliveryStream, list[Record], int] | None:
    """Return what is to be delivered; None when it was, or when its stream is gone."""
    stream = find_same(scope, payload["name"], payload["number"])
    if stream is None:
        return None
    found = batches.scan(scope, stream.number, start=(payload["first"],), stop=(payload["upto"],))
    records = [Record(data, batch.arrived_at) for batch in found for data in batch.data]
    return (stream, records, scope.now) if records else None


def _retry_later(scope: Scope, stream: DeliveryStream, payload: Payload) -> None:
    again = {**payload, "attempts": payload["attempts"] + 1}
    due_at = scope.now + min(FIRST_RETRY_FOR * 2 ** payload["attempts"], MAX_RETRY_FOR)
    if stream.kind == "HttpEndpoint":
        ends_at = payload["began_at"] + retry_for(stream)
        due_at = min(due_at, ends_at) if scope.now < ends_at else due_at
    set_timer(scope, "firehose", "retry", payload["id"], due_at, again)


def retry_for(stream: DeliveryStream) -> int:
    """Return for how many milliseconds an endpoint is asked again."""
    options = stream.destination.get("RetryOptions") or {}
    return int(options.get("DurationInSeconds", DEFAULT_RETRY_FOR)) * 1000


class _Job:
    """One attempt at one delivery."""

    def __init__(
        self, delivery: Delivery, stream: DeliveryStream, payload: Payload, records: list[Record], now: int
    ) -> None:
        self._delivery = delivery
        self._stream = stream
        self._payload = payload
        self._records = records
        self._now = now

    async def run(self) -> None:
        """Deliver. Raises ServiceError, OSError and Undelivered."""
        if self._stream.kind == "HttpEndpoint":
            await self._to_endpoint()
        else:
            await self._to_s3()

    async def _to_s3(self) -> None:
        destination = self._stream.destination
        if destination.get("S3BackupMode") == "Enabled":
            await self._put(destination["S3BackupConfiguration"], self._copies(destination["S3BackupConfiguration"]))
        processors, delivery_id = enabled_processors(destination), self._payload["id"]
        records, lost = self._records, list[Failed]()
        if any(processor["Type"] == "Lambda" for processor in processors):
            caller = await self._acting_in(destination)
            records, lost = await transform(caller, self._stream, processors, records, delivery_id)
        # Queries and compression take their time: not on the event loop.
        objects = await asyncio.to_thread(
            plan_objects, self._stream, destination, processors, records, delivery_id, self._now, lost
        )
        await self._put(destination, objects)

    async def _to_endpoint(self) -> None:
        destination, records = self._stream.destination, self._records
        backup = destination["S3Configuration"]
        if destination.get("S3BackupMode") == "AllData":
            await self._put(backup, self._copies(backup))
        try:
            await self._post(destination, [record.data for record in records])
        except Undelivered as error:
            if self._now - self._payload["began_at"] < retry_for(self._stream):
                raise
            failed = [Failed(record, error.code, error.message) for record in records]
            attempts = self._payload["attempts"] + 1
            kept = failed_object(
                self._stream, backup, failed, "http-endpoint-failed", self._payload["id"], self._now, attempts
            )
            await self._put(backup, [kept])

    async def _post(self, destination: dict[str, Any], data: list[bytes]) -> None:
        request_id = self._payload["id"]
        headers, body = delivery_request(destination, self._stream.arn, request_id, self._now, data)
        try:
            status, answer = await post_to(destination["EndpointConfiguration"]["Url"], headers, body)
        except OSError as error:
            raise Undelivered("HttpEndpoint.ConnectionFailed", str(error)) from error
        code, message = fault_of_response(status, answer, request_id)
        if code:
            raise Undelivered(code, message)

    def _copies(self, part: dict[str, Any]) -> list[Object]:
        """Return the records as they came, for the backup bucket."""
        return plan_objects(self._stream, part, [], self._records, self._payload["id"] + ":backup", self._now)

    async def _acting_in(self, part: dict[str, Any]) -> ServiceCaller:
        """Return a caller in a session of the role of a destination or a backup."""
        delivery = self._delivery
        return await acting_as(delivery.kernel, delivery.account, delivery.region, part["RoleARN"])

    async def _put(self, part: dict[str, Any], objects: list[Object]) -> None:
        caller = await self._acting_in(part)
        for one in objects:
            await caller.s3.put_object(Bucket=one.bucket, Key=one.key, Body=one.content)
