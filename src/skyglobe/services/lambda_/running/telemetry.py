"""What subscribed extensions are sent of a function's life: the Telemetry API, and the Logs API it came from."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any
from urllib.parse import urlsplit

import msgspec

from skyglobe.services.lambda_.running.lines import event

HOSTS = ("sandbox", "sandbox.localdomain")
"""How extensions name the environment they run in."""
TYPES = ("platform", "function", "extension")
MAX_UNSENT_BYTES = 10 << 20
"""Of one subscriber; what comes after is dropped, which it is told."""
SEND_FOR = 5.0
"""Seconds a subscriber may take to answer."""

_ITEMS = (25, 10_000, 10_000)  # least, most, default; "Lambda Telemetry API reference", buffering
_BYTES = (1024, 1_048_576, 262_144)
_TIMEOUT_MS = (25, 30_000, 10_000)

_log = logging.getLogger(__name__)


class BadSubscription(Exception):
    """The subscription cannot be; the message says why."""


class Subscriber:
    """One extension's subscription: buffers events and sends them on."""

    def __init__(self, name: str, wanted: dict[str, Any], address: str) -> None:
        """Take over what an extension asked for. Raises ``BadSubscription``."""
        self.name = name
        types = wanted.get("types")
        if not isinstance(types, list) or not types or any(each not in TYPES for each in types):
            raise BadSubscription(f"types must be some of {', '.join(TYPES)}")
        self.types = frozenset(types)
        buffering = wanted.get("buffering") or {}
        self.max_items = _within("maxItems", buffering, _ITEMS)
        self.max_bytes = _within("maxBytes", buffering, _BYTES)
        self.timeout_ms = _within("timeoutMs", buffering, _TIMEOUT_MS)
        self.protocol, self.port, self.path = _destination(wanted.get("destination") or {})
        self._address = address
        self._unsent: list[bytes] = []
        self._unsent_bytes = 0
        self._dropped_records = 0
        self._dropped_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    def take(self, kind: str, record: Any, at: int) -> None:
        """Take an event, if it is of a kind that was asked for."""
        if kind.partition(".")[0] not in self.types:
            return
        data = msgspec.json.encode(event(kind, record, at))
        if self._unsent_bytes + len(data) > MAX_UNSENT_BYTES:
            self._dropped_records += 1
            self._dropped_bytes += len(data)
            return
        if self._dropped_records:
            self._tell_dropped(at)
        self._unsent.append(data)
        self._unsent_bytes += len(data)
        if len(self._unsent) >= self.max_items or self._unsent_bytes >= self.max_bytes:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.timeout_ms / 1000, self.flush)

    def flush(self) -> None:
        """Send what there is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._unsent and self._sending is None:
            self._sending = asyncio.ensure_future(self._send())

    def _tell_dropped(self, at: int) -> None:
        record = {
            "reason": "Some logs were dropped because the downstream consumer is slower than the logs production rate",
            "droppedRecords": self._dropped_records,
            "droppedBytes": self._dropped_bytes,
        }
        self._dropped_records = self._dropped_bytes = 0
        if "platform" in self.types:
            self._unsent.append(msgspec.json.encode(event("platform.logsDropped", record, at)))

    async def _send(self) -> None:
        try:
            while self._unsent:
                batch, self._unsent = self._unsent[: self.max_items], self._unsent[self.max_items :]
                self._unsent_bytes = sum(map(len, self._unsent))
                try:
                    async with asyncio.timeout(SEND_FOR):
                        await self._deliver(batch)
                except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                    _log.debug("telemetry for %s is lost: %s", self.name, error)
        finally:
            self._sending = None

    async def _deliver(self, batch: list[bytes]) -> None:
        reader, writer = await asyncio.open_connection(self._address, self.port)
        try:
            if self.protocol == "TCP":
                writer.write(b"\n".join(batch) + b"\n")
                await writer.drain()
                return
            body = b"[" + b",".join(batch) + b"]"
            head = f"POST {self.path} HTTP/1.1\r\nHost: {HOSTS[1]}:{self.port}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
            await reader.readuntil(b"\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def _within(name: str, buffering: dict[str, Any], bounds: tuple[int, int, int]) -> int:
    least, most, default = bounds
    value = buffering.get(name, default)
    if not isinstance(value, int) or not least <= value <= most:
        raise BadSubscription(f"buffering.{name} must be between {least} and {most}")
    return value


def _destination(destination: dict[str, Any]) -> tuple[str, int, str]:
    """Return protocol, port and path."""
    protocol = str(destination.get("protocol", "HTTP")).upper()
    if protocol == "TCP":
        port = destination.get("port")
        if not isinstance(port, int) or not 0 < port < 1 << 16:
            raise BadSubscription("destination.port is not a port")
        return protocol, port, ""
    if protocol != "HTTP":
        raise BadSubscription("destination.protocol must be HTTP or TCP")
    url = urlsplit(str(destination.get("URI", destination.get("uri", ""))))
    try:
        port = url.port or 80
    except ValueError:
        port = 0
    if url.scheme != "http" or url.hostname not in HOSTS or not port:
        raise BadSubscription("destination.URI must be http://sandbox.localdomain:PORT/…")
    return protocol, port, (url.path or "/") + (f"?{url.query}" if url.query else "")
