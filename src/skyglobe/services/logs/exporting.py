"""Carrying out exports: stream after stream, object after object. A job that can be repeated."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.logs import logs
from skyglobe.services.logs.finding import group_arn
from skyglobe.services.logs.packing import size_of
from skyglobe.services.logs.reading import Reader
from skyglobe.services.logs.records import ExportTask, LogStream, export_tasks, streams
from skyglobe.services.logs.rules.exports import OBJECT_BYTES, TEST_KEY, compressed, key_of, line_of
from skyglobe.services.logs.rules.positions import Position

STREAMS_AT_ONCE = 100


@logs.consumer("export")
async def export(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Copy the events of a task into its bucket, as far as the bucket's policy lets CloudWatch Logs."""
    task = await delivery.transact(lambda scope: _begin(scope, payload["id"]))
    if task is None:
        return
    status, message = "COMPLETED", "Completed successfully"
    try:
        await _Export(delivery, task).run()
    except ServiceError as error:
        status, message = "FAILED", f"The specified bucket cannot be written to: {error.message}"
    await delivery.transact(lambda scope: _end(scope, task.id, status, message))


def _begin(scope: Scope, task_id: str) -> ExportTask | None:
    task = export_tasks.find(scope, task_id)
    if task is None or not task.is_active:
        return None
    running = replace(task, status="RUNNING")
    export_tasks.replace(scope, task, running)
    return running


def _end(scope: Scope, task_id: str, status: str, message: str) -> None:
    task = export_tasks.find(scope, task_id)
    if task is not None and task.is_active:
        done = replace(task, status=status, message=message, completed_at=scope.now)
        export_tasks.replace(scope, task, done)


class _Export:
    """One export."""

    def __init__(self, delivery: Delivery, task: ExportTask) -> None:
        self._delivery = delivery
        self._task = task
        self._caller: ServiceCaller | None = None

    async def run(self) -> None:
        """Write all objects. Raises S3's ServiceError."""
        await self._put(f"{self._task.key_prefix}/{TEST_KEY}", b"Permission Check Successful")
        past: str | None = None
        while True:
            page = await self._delivery.transact(partial(self._streams, past=past))
            for stream in page:
                if stream.id.startswith(self._task.prefix):
                    await self._copy(stream)
            if len(page) < STREAMS_AT_ONCE:
                return
            past = page[-1].id

    def _streams(self, scope: Scope, past: str | None) -> list[LogStream]:
        after = (past,) if past is not None else None
        return list(streams.scan(scope, self._task.group, past=after, limit=STREAMS_AT_ONCE))

    async def _copy(self, stream: LogStream) -> None:
        start, object_number = Position(self._task.starts_at, 0), 0
        while True:
            lines, following = await self._delivery.transact(partial(self._read, stream=stream.number, start=start))
            if not lines or await self._delivery.transact(self._is_cancelled):
                return
            content = await asyncio.to_thread(compressed, lines)
            await self._put(key_of(self._task.key_prefix, self._task.id, stream.id, object_number), content)
            start, object_number = following, object_number + 1

    def _is_cancelled(self, scope: Scope) -> bool:
        task = export_tasks.find(scope, self._task.id)
        return task is None or not task.is_active

    def _read(self, scope: Scope, stream: int, start: Position) -> tuple[list[str], Position]:
        lines: list[str] = []
        room = OBJECT_BYTES
        for event in Reader(scope).forward(stream, start, self._task.ends_at + 1):
            lines.append(line_of(event.at, event.masked))
            start = Position(event.at, event.order + 1)
            room -= size_of(event)
            if room <= 0:
                break
        return lines, start

    async def _put(self, key: str, content: bytes) -> None:
        request = {"Bucket": self._task.bucket, "Key": key, "Body": content}
        if self._caller is not None:
            await self._caller.call("s3", "PutObject", request)
            return
        delivery = self._delivery
        kernel, account, region = delivery.kernel, delivery.account, delivery.region
        source = await delivery.transact(lambda scope: f"{group_arn(scope, self._task.group_name)}:*")
        # Bucket policies name the region's service, as the user guide has it, or the service.
        self._caller = ServiceCaller(kernel, f"logs.{region}", account, region, source)
        try:
            await self._caller.call("s3", "PutObject", request)
        except ServiceError as error:
            if not error.code.startswith("AccessDenied"):
                raise
            self._caller = ServiceCaller(kernel, "logs", account, region, source)
            await self._caller.call("s3", "PutObject", request)
