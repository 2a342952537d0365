"""Rounds: within a workload the targets take turns, so that a slow stretch of the machine falls on all of them."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass, field

from benchmarks.load import LoadFailed, Stretch, play
from benchmarks.targets import Target
from benchmarks.workloads import Job, Unfit, Workload


@dataclass
class Measured:
    """One cell: a workload on a target over so many connections."""

    workload: str
    connections: int
    target: str
    mib: int = 0
    rates: list[float] = field(default_factory=list)
    """Answers a second, round by round."""
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    server_cpu_ms: float = 0.0
    """CPU a request, of the server and its children."""
    client_share: float = 0.0
    """Of one core, what the client used: near 1, it is the client that is measured."""
    note: str = ""

    @property
    def rate(self) -> float:
        return statistics.median(self.rates) if self.rates else 0.0

    def times(self, other: Measured) -> float | None:
        """Return how many times the other's rate this is: the median over the rounds, so that drift cancels."""
        rounds = [ours / theirs for ours, theirs in zip(self.rates, other.rates, strict=False) if theirs]
        return statistics.median(rounds) if rounds else None


async def measure(
    workload: Workload, targets: list[Target], connections: int, rounds: int, seconds: float
) -> list[Measured]:
    """Play ``workload`` on every target, ``rounds`` times in turns of ``seconds``."""
    cells = {target: Measured(workload.name, connections, target.name, workload.mib) for target in targets}
    stretches: dict[Target, list[Stretch]] = {target: [] for target in targets}
    for number in range(rounds + 1):  # the first round warms up and does not count
        for target in [*targets[number % len(targets) :], *targets[: number % len(targets)]]:
            if cells[target].note:
                continue
            try:
                job = workload.ready(target, target.preparer())
                stretch = await _stretch(target, job, connections, seconds if number else min(seconds, 0.5))
            except (Unfit, LoadFailed, OSError, TimeoutError) as error:
                cells[target].note = f"{type(error).__name__}: {error}"[:200]
                continue
            if stretch.errors:
                cells[target].note = f"{stretch.errors} errors, first {stretch.first_error}"[:300]
            if number:
                stretches[target].append(stretch)
    for target, cell in cells.items():
        _summarize(cell, stretches[target])
    return list(cells.values())


async def _stretch(target: Target, job: Job, connections: int, seconds: float) -> Stretch:
    scripts = [job.script(number) for number in range(connections)]
    stretch = await play(target.port, scripts, seconds, target.processes.cpu)
    if job.drain is not None and not target.is_null:
        began, cpu = time.perf_counter(), target.processes.cpu()
        await asyncio.to_thread(job.drain, len(stretch.latencies) - stretch.errors)
        stretch.seconds += time.perf_counter() - began
        stretch.server_cpu += target.processes.cpu() - cpu
    return stretch


def _summarize(cell: Measured, stretches: list[Stretch]) -> None:
    latencies = sorted(latency for stretch in stretches for latency in stretch.latencies)
    if not latencies:
        return
    cell.rates = [stretch.rate for stretch in stretches]
    cell.p50_ms = latencies[len(latencies) // 2] * 1000
    cell.p99_ms = latencies[len(latencies) * 99 // 100] * 1000
    cell.server_cpu_ms = sum(stretch.server_cpu for stretch in stretches) / len(latencies) * 1000
    cell.client_share = sum(s.client_cpu for s in stretches) / sum(s.seconds for s in stretches)
