"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.footprint import Start, Upload
from benchmarks.goals import Verdict
from benchmarks.growth import Growth
from benchmarks.turns import Measured


@dataclass
class Results:
    """Everything one run found."""

    machine: str
    cells: list[Measured] = field(default_factory=list)
    growths: list[Growth] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    upload: Upload | None = None
    loaded_mib: dict[str, float] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Write all figures as JSON."""
        verdicts = [{**asdict(verdict), "met": verdict.is_met} for verdict in self.verdicts]
        path.write_text(json.dumps({**asdict(self), "verdicts": verdicts}, indent=1))


def machine(versions: dict[str, str]) -> str:
    """Describe where and against what is measured."""
    cores = len(os.sched_getaffinity(0))
    peers = ", ".join(f"{name} {version}" for name, version in versions.items())
    python, load = platform.python_version(), os.getloadavg()[0]
    return f"{cores} cores shared with the client, load {load:.1f} at the start, Python {python}, {peers}"


def show(results: Results, console: Console) -> None:
    console.print(f"\n[dim]{results.machine}[/]")
    if results.cells:
        console.print(_rates(results.cells))
        console.print(_cpu(results.cells))
    if results.growths:
        console.print(_growths(results.growths))
    if results.starts or results.loaded_mib:
        console.print(_footprints(results))
    console.print(_verdicts(results.verdicts))
    for cell in [*results.cells, *results.growths, *([results.upload] if results.upload else [])]:
        if cell.note:
            console.print(
                f"[yellow]{getattr(cell, 'workload', 'very large PUT')}, {cell.target}: {cell.note}[/]", highlight=False
            )


def _rates(cells: list[Measured]) -> Table:
    names = list(dict.fromkeys(cell.target for cell in cells))
    table = Table("", "connections", *names, title="Answers a second (Skyglobe's times) · median ms / 99 % ms")
    places = {(cell.workload, cell.connections, cell.target): cell for cell in cells}
    for workload, connections in dict.fromkeys((cell.workload, cell.connections) for cell in cells):
        row = [places[workload, connections, name] for name in names]
        table.add_row(workload, str(connections), *(_rate(cell, row[0]) for cell in row))
    return table


def _rate(cell: Measured, ours: Measured) -> str:
    if not cell.rate:
        return "—"
    text = f"{cell.rate * cell.mib:,.0f} MiB/s" if cell.mib else f"{cell.rate:,.0f}"
    if cell is not ours and (ratio := ours.times(cell)) is not None:
        text += f" (× {ratio:.2f})"
    return f"{text} · {cell.p50_ms:.2f} / {cell.p99_ms:.1f}"


def _cpu(cells: list[Measured]) -> Table:
    names = list(dict.fromkeys(cell.target for cell in cells))
    table = Table("", "connections", *names, title="Server CPU, ms a request (client's share of a core)")
    places = {(cell.workload, cell.connections, cell.target): cell for cell in cells}
    for workload, connections in dict.fromkeys((cell.workload, cell.connections) for cell in cells):
        row = [places[workload, connections, name] for name in names]
        texts = [f"{cell.server_cpu_ms:.3f} ({cell.client_share:.0%})" if cell.rate else "—" for cell in row]
        table.add_row(workload, str(connections), *texts)
    return table


def _growths(growths: list[Growth]) -> Table:
    levels = sorted({level for growth in growths for level in growth.levels})
    table = Table(
        "", "", *(f"{level:,}" for level in levels), "grows", "MiB", title="Median ms of one call, by what is stored"
    )
    for growth in growths:
        texts = [f"{growth.levels[level]:.2f}" if level in growth.levels else "—" for level in levels]
        table.add_row(
            growth.workload,
            growth.target,
            *texts,
            f"× {growth.times:.2f}" if growth.times else "—",
            f"{growth.grew_mib:+.0f}",
        )
    return table


def _footprints(results: Results) -> Table:
    table = Table("", "first answer, s", "idle MiB", "after the load, MiB", title="Start and memory")
    starts = {start.target: start for start in results.starts}
    for name in dict.fromkeys([*starts, *results.loaded_mib]):
        start = starts.get(name)
        texts = (
            [f"{start.median:.2f} ({min(start.seconds):.2f}–{max(start.seconds):.2f})", f"{start.idle_mib:.0f}"]
            if start
            else ["—"] * 2
        )
        table.add_row(name, *texts, f"{results.loaded_mib[name]:.0f}" if name in results.loaded_mib else "—")
    if (upload := results.upload) is not None and not upload.note:
        table.caption = f"A PUT of 5 GiB took {upload.seconds:.0f} s and at most {upload.peak_mib:.0f} MiB."
    return table


def _verdicts(verdicts: list[Verdict]) -> Table:
    table = Table("goal", "wanted", "reached", "", title="Goals")
    for verdict in verdicts:
        sign = "≥" if verdict.is_least else "≤"
        reached = f"{verdict.reached:.2f}" if verdict.reached is not None else "not measured"
        mark = "[green]met[/]" if verdict.is_met else "[red]missed[/]"
        table.add_row(verdict.goal, f"{sign} {verdict.wanted:g}", reached, mark)
    return table
