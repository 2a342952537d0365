"""CloudWatch Logs' workloads: small batches and large ones, and how searching an hour grows with what is stored."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.growth import renewed
from benchmarks.prepared import Preparer
from benchmarks.targets import Target
from benchmarks.workloads import OBJECTS, Job, Workload, around, expect, unique

LINE = "2026-11-27T12:00:00Z 6b1f3f3e-0000-4000-8000-1234567890ab INFO request handled in 12 ms path=/orders/"
STREAMS = 8
PROBES = 200
BATCH = 1_000  # events of one call while filling
MINUTE, HOUR = 60_000, 3_600_000  # milliseconds
MINUTES = 18_000  # over which events are spread: twelve days and a half, as fourteen are the oldest that are taken
HITS = 20  # of the events of the hour that is searched


def make_group(target: Target, preparer: Preparer) -> str:
    """Create a log group with a few streams; return its name."""
    group = unique("logs")
    if target.is_null:
        return group
    client = preparer.client("logs")
    client.create_log_group(logGroupName=group)
    for number in range(STREAMS):
        client.create_log_stream(logGroupName=group, logStreamName=f"s{number}")
    return group


def _puts(target: Target, preparer: Preparer, size: int, requests: int) -> Job:
    group, now = make_group(target, preparer), int(time.time() * 1000)
    bodies = [
        {
            "logGroupName": group,
            "logStreamName": f"s{number % STREAMS}",
            "logEvents": [{"timestamp": now, "message": f"{LINE}{number}/{place}"} for place in range(size)],
        }
        for number in range(requests)
    ]
    if not target.is_null:
        rejected = preparer.client("logs").put_log_events(**bodies[0]).get("rejectedLogEventsInfo")
        expect(not rejected, f"events were rejected: {rejected}")
    one = preparer.prepare("logs", "put_log_events", **bodies[0])
    return Job(around([one.varied(body=json.dumps(body).encode()).wire for body in bodies]))


def small_puts(target: Target, preparer: Preparer) -> Job:
    return _puts(target, preparer, 3, OBJECTS)


def large_puts(target: Target, preparer: Preparer) -> Job:
    return _puts(target, preparer, BATCH, 32)


def tails(target: Target, preparer: Preparer) -> Job:
    group, now = make_group(target, preparer), int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"{LINE}{number}"} for number in range(BATCH)]
    asked: dict[str, Any] = {"logGroupName": group, "logStreamName": "s0"}
    if not target.is_null:
        preparer.client("logs").put_log_events(**asked, logEvents=events)
        found = preparer.client("logs").get_log_events(**asked, limit=100)["events"]
        expect(len(found) == 100, f"{len(found)} events instead of the last hundred")
    return Job(around([preparer.prepare("logs", "get_log_events", **asked, limit=100).wire]))


LOG_WORKLOADS = [
    Workload("Logs PutLogEvents of 3", small_puts),
    Workload("Logs PutLogEvents of 1,000", large_puts, (1, 4)),
    Workload("Logs GetLogEvents of 100", tails),
]


class Hours:
    """A stream that is filled step by step, over twelve days; one hour of it, always the same events, is searched."""

    name = "Logs FilterLogEvents of a stream's hour by events stored"
    levels: tuple[int, ...] = ()

    def __init__(self, target: Target) -> None:
        self._preparer = target.preparer()
        self.group = make_group(target, self._preparer)
        self._hour = (int(time.time() * 1000) - HOUR) // HOUR * HOUR - HOUR
        self._named = {"logGroupName": self.group, "logStreamName": "s0"}
        messages = [f"{LINE}{place}" + " ERROR" * (place % (BATCH // HITS) == 0) for place in range(BATCH)]
        step = HOUR // BATCH
        events = [{"timestamp": self._hour + place * step, "message": text} for place, text in enumerate(messages)]
        self._preparer.client("logs").put_log_events(**self._named, logEvents=events)

    def additions(self, start: int, stop: int) -> Iterator[bytes]:
        fresh = renewed(self._preparer, "logs", "put_log_events", **self._named, logEvents=[_event(0, "x")])
        for first in range(start, stop, BATCH):
            at = self._hour - (1 + first // BATCH * 7_919 % MINUTES) * MINUTE
            events = [_event(at + place, f"{LINE}{first + place}") for place in range(min(BATCH, stop - first))]
            yield fresh(json.dumps({**self._named, "logEvents": events}).encode(), None)

    def probes(self, level: int) -> list[bytes]:
        return [self._preparer.prepare("logs", "filter_log_events", **self._search()).wire] * PROBES

    def _search(self) -> dict[str, Any]:
        times = {"startTime": self._hour, "endTime": self._hour + HOUR - 1}
        return {"logGroupName": self.group, "logStreamNames": ["s0"], "filterPattern": "ERROR", **times}

    def check(self) -> None:
        """Expect what was put into the hour to be found."""
        found = self._preparer.client("logs").filter_log_events(**self._search())
        expect(len(found["events"]) == HITS, f"{len(found['events'])} events were found")


def _event(at: int, message: str) -> dict[str, Any]:
    return {"timestamp": at, "message": message}
