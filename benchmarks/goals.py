"""What the figures are held to."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.footprint import Start, Upload
from benchmarks.growth import Growth
from benchmarks.scans import SCAN
from benchmarks.tables import Items
from benchmarks.turns import Measured

SMALL = {"moto": 10.0, "ministack": 4.0, "null": 0.2}
"""How many times each rate Skyglobe's is to be, for small requests over 16 connections."""
BESIDE = {"s3rver": 4.0}
"""The same for peers that take part only when they are named."""
FANNED = {"SNS publish to 5 queues": {"moto": 3.0, "ministack": 3.0}, "Lambda Invoke": {"ministack": 4.0}}
"""The same for workloads with goals of their own."""
LARGE = {"S3 put 16 MiB": 1.5, "S3 get 16 MiB": 1.0}
"""How many times the better peer's rate Skyglobe's is to be."""
OF_TRANSPORT = {"S3 put 16 MiB": 0.6, "S3 get 16 MiB": 0.7}
"""Of what the same transport moves with a handler that throws the bytes away, or sends a file's."""
STREAMS = 3.0
"""How many times each peer's rate Skyglobe's is to be, for many records of streams in one request."""
GROWTH = 1.5
GROWTHS = {"DynamoDB GetItem by items stored": 1.3, "DynamoDB Query of 20 by items stored": 1.3}
"""How many times the cost with little stored that with much may be."""
TABLE_MIB = 100.0
"""How much memory a table of 1,000,000 items may take."""
COLD_START_SECONDS = 0.4
IDLE_MIB = 60.0
LOADED_MIB = 150.0


@dataclass
class Verdict:
    """One goal and what was reached of it; ``reached`` is None when it could not be measured."""

    goal: str
    wanted: float
    reached: float | None
    is_least: bool
    """Whether to be at least what is wanted, or at most."""

    @property
    def is_met(self) -> bool:
        if self.reached is None:
            return False
        return self.reached >= self.wanted if self.is_least else self.reached <= self.wanted


def rate_verdicts(cells: list[Measured]) -> list[Verdict]:
    verdicts = []
    places = {(cell.workload, cell.connections, cell.target): cell for cell in cells}
    for (workload, connections, name), ours in places.items():
        if name != "skyglobe":
            continue
        theirs = {other: places.get((workload, connections, other)) for other in {**SMALL, **BESIDE}}
        if ours.mib:
            peers = [cell for other, cell in theirs.items() if other != "null" and cell is not None and cell.rate]
            best = max(peers, key=lambda cell: cell.rate, default=None)
            if best is not None:
                goal = f"{workload}: times the better peer ({best.target})"
                verdicts.append(Verdict(goal, LARGE[workload], ours.times(best), True))
            if (ceiling := theirs["null"]) is not None:
                goal = f"{workload}: times the transport alone"
                verdicts.append(Verdict(goal, OF_TRANSPORT[workload], ours.times(ceiling), True))
        elif workload.startswith("Kinesis"):
            peers = [cell for cell in cells if (cell.workload, cell.connections) == (workload, connections)]
            verdicts += [
                Verdict(f"{workload}, {connections}: times {cell.target}", STREAMS, ours.times(cell), True)
                for cell in peers
                if cell.target not in ("skyglobe", "null")
            ]
        elif connections == 16:
            verdicts += [
                Verdict(
                    f"{workload}: times {other}", wanted, ours.times(cell) if (cell := theirs[other]) else None, True
                )
                for other, wanted in FANNED.get(workload, SMALL).items()
            ]
            verdicts += [
                Verdict(f"{workload}: times {other}", wanted, ours.times(cell), True)
                for other, wanted in BESIDE.items()
                if (cell := theirs[other]) is not None and cell.rates
            ]
    return verdicts


def growth_verdicts(growths: list[Growth]) -> list[Verdict]:
    """Judge how costs grow; whole scans, whose cost must grow, are held against each peer's instead."""
    verdicts = []
    for growth in growths:
        if growth.target != "skyglobe" or not growth.levels:
            continue
        least, most = min(growth.levels), max(growth.levels)
        if growth.workload == SCAN:
            for other in growths:
                if other.workload == SCAN and other is not growth and most in other.levels:
                    times = other.levels[most] / growth.levels[most]
                    verdicts.append(Verdict(f"{SCAN}, {most:,}: times {other.target}", 1.0, times, True))
            continue
        wanted = GROWTHS.get(growth.workload, GROWTH)
        verdicts.append(Verdict(f"{growth.workload}: times the cost at {least:,}", wanted, growth.times, False))
        if growth.workload == Items.name:
            verdicts.append(Verdict(f"a table of {most:,} items, MiB of memory", TABLE_MIB, growth.grew_mib, False))
    return verdicts


def footprint_verdicts(starts: list[Start], upload: Upload | None, loaded_mib: float | None) -> list[Verdict]:
    verdicts = []
    for start in starts:
        if start.target == "skyglobe":
            verdicts.append(Verdict("cold start, seconds", COLD_START_SECONDS, start.median, False))
            verdicts.append(Verdict("memory idle, MiB", IDLE_MIB, start.idle_mib, False))
    if upload is not None:
        peak = None if upload.note else upload.peak_mib
        verdicts.append(Verdict("memory while a very large PUT arrives, MiB", LOADED_MIB, peak, False))
    if loaded_mib is not None:
        verdicts.append(Verdict("memory after the whole load, MiB", LOADED_MIB, loaded_mib, False))
    return verdicts
