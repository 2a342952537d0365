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
from skyglobe.services.firehose.converting import Conversion, find_conversion
from skyglobe.services.firehose.counting import count_delivery
from skyglobe.services.firehose.finding import find_same
from skyglobe.services.firehose.objects import Object, failed_object, plan_objects
from skyglobe.services.firehose.posting import post_to
from skyglobe.services.firehose.records import DeliveryStream, batches
from skyglobe.services.firehose.roles import acting_as
from skyglobe.services.firehose.rules.destinations import DEFAULT_RETRY_FOR
from skyglobe.services.firehose.rules.endpoints import delivery_request, fault_of_response
from skyglobe.services.firehose.rules.failures import Failure, failure_at_glue, failure_at_s3
from skyglobe.services.firehose.rules.processing import Failed, Processors, Record, enabled_processors
from skyglobe.services.firehose.rules.transformation import lambda_role_of
from skyglobe.services.firehose.rules.unpacking import unpack
from skyglobe.services.firehose.sealing import encryption_of
from skyglobe.services.firehose.telling import tell
from skyglobe.services.firehose.transforming import transform

FIRST_RETRY_FOR = 5_000  # milliseconds; doubles with each attempt
MAX_RETRY_FOR = 900_000  # milliseconds

_log = logging.getLogger(__name__)

Payload = dict[str, Any]


class Undelivered(Exception):
    """A part of a destination did not take a delivery, or what is needed for it was refused."""

    def __init__(self, part: dict[str, Any], failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.part = part
        self.failure = failure


@firehose.consumer("deliver")
async def deliver(delivery: Delivery, payload: Payload) -> None:
    """Deliver one buffer's records. Whatever refuses them is asked again later."""
    found = await delivery.transact(lambda scope: _load(scope, payload))
    if found is None:
        return
    stream, records, now = found
    job = _Job(delivery, stream, payload, records, now)
    try:
        await job.run()
    except (ServiceError, Undelivered, OSError) as error:
        _log.warning("firehose %s cannot deliver: %r", stream.id, error)
        if isinstance(error, Undelivered):
            await job.tell(error.part, [error.failure])
        await delivery.transact(lambda scope: _retry_later(scope, stream, payload, records))
    else:
        await delivery.transact(lambda scope: _end(scope, stream, payload, records))


def _load(scope: Scope, payload: Payload) -> tuple[DeliveryStream, list[Record], int] | None:
    """Return what is to be delivered; None when it was, or when its stream is gone."""
    stream = find_same(scope, payload["name"], payload["number"])
    if stream is None:
        return None
    found = batches.scan(scope, stream.number, start=(payload["first"],), stop=(payload["upto"],))
    records = [Record(data, batch.arrived_at, batch.order) for batch in found for data in batch.data]
    return (stream, records, scope.now) if records else None


def _end(scope: Scope, stream: DeliveryStream, payload: Payload, records: list[Record]) -> None:
    _count(scope, stream, records, is_success=True)
    give_up(scope, stream.number, payload["first"], payload["upto"])


def _count(scope: Scope, stream: DeliveryStream, records: list[Record], *, is_success: bool) -> None:
    sizes = [len(record.data) for record in records]
    count_delivery(scope, stream, sizes, min(record.arrived_at for record in records), is_success=is_success)


def _retry_later(scope: Scope, stream: DeliveryStream, payload: Payload, records: list[Record]) -> None:
    _count(scope, stream, records, is_success=False)
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
        records, lost = await self._transformed(processors, destination, destination["RoleARN"])
        conversion = await self._conversion(destination)
        # Queries, conversion and compression take their time: not on the event loop.
        plan = await asyncio.to_thread(
            plan_objects, self._stream, destination, processors, records, delivery_id, self._now, lost, conversion
        )
        await self._put(destination, plan.objects)
        if plan.failed:
            await self.tell(destination, [Failure(one.code, one.message) for one in plan.failed])

    async def _transformed(
        self, processors: Processors, part: dict[str, Any], role: str
    ) -> tuple[list[Record], list[Failed]]:
        """Return what unpacking and the stream's function make of its records, and those that are lost on the way."""
        records, lost = await asyncio.to_thread(unpack, processors, self._records)
        if any(processor["Type"] == "Lambda" for processor in processors):
            caller = await self._acting_in(part, lambda_role_of(processors) or role)
            records, refused = await transform(caller, self._stream, processors, records, self._payload["id"])
            lost += refused
        return records, lost

    async def _conversion(self, destination: dict[str, Any]) -> Conversion | None:
        delivery = self._delivery
        try:
            return await find_conversion(delivery.kernel, delivery.account, delivery.region, destination)
        except ServiceError as error:
            raise Undelivered(destination, failure_at_glue(error)) from error

    async def _to_endpoint(self) -> None:
        destination = self._stream.destination
        backup = destination["S3Configuration"]
        if destination.get("S3BackupMode") == "AllData":
            await self._put(backup, self._copies(backup))
        role = destination.get("RoleARN") or backup["RoleARN"]
        records, lost = await self._transformed(enabled_processors(destination), destination, role)
        if lost:
            now, delivery_id = self._now, self._payload["id"]
            await self._put(
                backup, [failed_object(self._stream, backup, lost, "processing-failed", delivery_id, now, attempts=1)]
            )
            await self.tell(destination, [Failure(one.code, one.message) for one in lost])
        if not records:
            return
        try:
            await self._post(destination, [record.data for record in records])
        except Undelivered as error:
            if self._now - self._payload["began_at"] < retry_for(self._stream):
                raise
            failed = [Failed(record, *error.failure) for record in records]
            attempts = self._payload["attempts"] + 1
            kept = failed_object(
                self._stream, backup, failed, "http-endpoint-failed", self._payload["id"], self._now, attempts
            )
            await self._put(backup, [kept])
            await self.tell(destination, [error.failure])

    async def _post(self, destination: dict[str, Any], data: list[bytes]) -> None:
        request_id = self._payload["id"]
        headers, body = delivery_request(destination, self._stream.arn, request_id, self._now, data)
        try:
            status, answer = await post_to(destination["EndpointConfiguration"]["Url"], headers, body)
        except OSError as error:
            raise Undelivered(destination, Failure("HttpEndpoint.ConnectionFailed", str(error))) from error
        code, message = fault_of_response(status, answer, request_id)
        if code:
            raise Undelivered(destination, Failure(code, message))

    def _copies(self, part: dict[str, Any]) -> list[Object]:
        """Return the records as they came, for the backup bucket."""
        return plan_objects(self._stream, part, [], self._records, self._payload["id"] + ":backup", self._now).objects

    async def _acting_in(self, part: dict[str, Any], role: str) -> ServiceCaller:
        """Return a caller in a session of a role, for a part of the destination. Raises Undelivered."""
        delivery = self._delivery
        try:
            return await acting_as(delivery.kernel, delivery.account, delivery.region, role)
        except ServiceError as error:
            raise Undelivered(part, failure_at_s3(error)) from error

    async def _put(self, part: dict[str, Any], objects: list[Object]) -> None:
        caller = await self._acting_in(part, part["RoleARN"])
        for one in objects:
            try:
                await caller.s3.put_object(Bucket=one.bucket, Key=one.key, Body=one.content, **encryption_of(part))
            except ServiceError as error:
                raise Undelivered(part, failure_at_s3(error)) from error

    async def tell(self, part: dict[str, Any], failures: list[Failure]) -> None:
        """Log what could not be delivered, as far as the part's role lets it be logged."""
        delivery = self._delivery
        role = part.get("RoleARN") or part["S3Configuration"]["RoleARN"]
        try:
            caller = await acting_as(delivery.kernel, delivery.account, delivery.region, role)
        except ServiceError:
            return  # Nobody lets Firehose in: there is nothing to log with.
        await tell(caller, self._stream, part, failures, self._now)
