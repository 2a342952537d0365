"""Skyglobe side by side with other local clouds, and with a handler that does nothing: ``python -m benchmarks``.

Every request is made and signed by botocore before the clock starts; a small client writes it to keep-alive
connections. Skyglobe verifies every signature and keeps every write through a kill -9; what the peers check and keep is
their affair.
Targets take turns within each workload. What to compare across days are the ratios and the CPU a request.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from benchmarks import footprint, goals, growth, report, targets, turns
from benchmarks.compiled import install_compiled
from benchmarks.functions import FUNCTION_WORKLOADS
from benchmarks.logs import LOG_WORKLOADS, Hours
from benchmarks.scans import SCAN, measure_scan
from benchmarks.tables import TABLE_WORKLOADS, Items, Partitions
from benchmarks.targets import FOLDER, CannotStart, Target
from benchmarks.workloads import WORKLOADS

PEER_LEVELS_UP_TO = 100_000
"""Peers are filled up to here: beyond, some take hours."""
ONLY_RATES = frozenset(("kinesalite", "dynalite", "s3rver"))
"""Peers of one service that are not filled."""
PARTS = ("rates", "growth", "start", "upload")

console = Console(stderr=True, soft_wrap=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--quick", action="store_true", help="shorter stretches, lower levels: a few minutes instead of an hour")
    add("--only", default="", metavar="PARTS", help=f"some of {','.join(PARTS)}")
    add("--workloads", default="", metavar="WORDS", help="only workloads named with one of these, a,b")
    add(
        "--targets",
        default="skyglobe,moto,ministack,null",
        metavar="NAMES",
        help="who takes part: skyglobe always, kinesalite (Kinesis), dynalite (DynamoDB) and s3rver (S3) when named",
    )
    add("--as-is", action="store_true", help="measure this checkout, not a compiled wheel of it")
    add("--rounds", type=int, help="turns each target takes (5; quick 3)")
    add("--seconds", type=float, help="length of a turn (2; quick 1)")
    add("--patience", type=float, help="seconds a target may take to be filled to a level (600; quick 120)")
    add("--json", type=Path, metavar="FILE", help="write all figures here too")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (1.0 if options.quick else 2.0)
    options.patience = options.patience or (120.0 if options.quick else 600.0)
    options.parts = [part for part in PARTS if not options.only or part in options.only.split(",")]
    options.names = ["skyglobe", *(n for n in options.targets.split(",") if n and n != "skyglobe")]
    options.levels = [1_000, 10_000, 50_000] if options.quick else [1_000, 100_000, 1_000_000]
    return options


def our_programs(options: argparse.Namespace) -> Path:
    """Return where the programs to be measured are: a compiled wheel's or, when asked for, this checkout's."""
    if options.as_is:
        return Path(sys.executable).parent
    console.print("[dim]Compiling a wheel, unless it is there (--as-is measures the checkout) …[/]")
    return install_compiled()


def makers(names: list[str], ours: Path) -> tuple[dict[str, Callable[[], Target]], dict[str, str]]:
    """Return how each target is made, and the versions of the peers among them."""
    made: dict[str, Callable[[], Target]] = {
        "skyglobe": lambda: targets.skyglobe(targets.fresh_folder("cloud"), ours),
        "null": lambda: targets.null(ours),
    }
    versions: dict[str, str] = {}
    if set(names) & set(targets.PEERS):
        console.print("[dim]Installing moto and ministack, unless they are there …[/]")
        programs = targets.install_peers()
        versions = targets.peer_versions(programs)
        made["moto"] = lambda: targets.moto(programs)
        made["ministack"] = lambda: targets.ministack(programs)
    made["kinesalite"] = targets.kinesalite
    made["dynalite"] = targets.dynalite
    made["s3rver"] = targets.s3rver
    return {name: made[name] for name in names}, versions


@contextlib.contextmanager
def running(made: dict[str, Callable[[], Target]]) -> Iterator[list[Target]]:
    """Start one of each; a peer that does not start is left out."""
    started: list[Target] = []
    try:
        for name, make in made.items():
            try:
                target = make()
                target.start()
            except CannotStart as problem:
                if name == "skyglobe":
                    raise
                console.print(f"[yellow]{problem}: left out.[/]")
                continue
            started.append(target)
        yield started
    finally:
        for target in started:
            target.stop()


async def measure_rates(started: list[Target], options: argparse.Namespace, results: report.Results) -> None:
    words = [word for word in options.workloads.split(",") if word]
    for workload in [*WORKLOADS, *TABLE_WORKLOADS, *LOG_WORKLOADS, *FUNCTION_WORKLOADS]:
        if words and not any(word in workload.name for word in words):
            continue
        for connections in workload.connections:
            with console.status(f"{workload.name}, {connections} connections …"):
                cells = await turns.measure(workload, started, connections, options.rounds, options.seconds)
            told = ", ".join(f"{cell.target} {cell.rate:,.0f}" for cell in cells)
            console.print(f"[dim]{workload.name}, {connections}: {told}[/]", highlight=False)
            results.cells += cells


async def measure_growths(started: list[Target], options: argparse.Namespace, results: report.Results) -> None:
    words = [word for word in options.workloads.split(",") if word]
    for kind in (growth.Queue, growth.Keys, growth.Versions, growth.Records, Items, Partitions, Hours):
        if words and not any(word in kind.name for word in words):
            continue
        for target in started:
            if target.is_null or target.name in ONLY_RATES:
                continue
            most = options.levels[-1] if target.name == "skyglobe" else PEER_LEVELS_UP_TO
            levels = [level for level in kind.levels or options.levels if level <= most]
            with console.status(f"{kind.name}: {target.name} up to {levels[-1]:,} …"):
                found = await growth.measure_growth(kind, target, levels, options.patience)
            told = ", ".join(f"{level:,}: {cost:.2f} ms" for level, cost in found.levels.items())
            console.print(f"[dim]{kind.name}, {target.name}: {told} {found.note}[/]", highlight=False)
            results.growths.append(found)
    if words and not any(word in SCAN for word in words):
        return
    for target in started:
        if target.is_null or target.name == "kinesalite":
            continue
        with console.status(f"{SCAN}: {target.name} …"):
            found = await measure_scan(target, options.patience)
        told = ", ".join(f"{level:,}: {cost:.0f} ms" for level, cost in found.levels.items())
        console.print(f"[dim]{SCAN}, {target.name}: {told} {found.note}[/]", highlight=False)
        results.growths.append(found)


def main() -> int:
    options = arguments()
    FOLDER.mkdir(exist_ok=True)
    try:
        made, versions = makers(options.names, our_programs(options))
    except CannotStart as problem:
        console.print(f"[red]{problem}[/]")
        return 1
    results = report.Results(report.machine(versions))
    if "start" in options.parts:
        for name, make in made.items():
            if name != "null":
                with console.status(f"Starting {name} …"):
                    results.starts.append(footprint.measure_start(make, 3 if options.quick else 7))
    if set(options.parts) - {"start"}:
        with running(made) as started:
            if "rates" in options.parts:
                asyncio.run(measure_rates(started, options, results))
            if "growth" in options.parts:
                asyncio.run(measure_growths(started, options, results))
            if "upload" in options.parts:
                with console.status("A PUT of 5 GiB …"):
                    results.upload = footprint.measure_upload(started[0])
            results.loaded_mib = {target.name: target.processes.rss() for target in started}
    shutil.rmtree(FOLDER / "cloud", ignore_errors=True)
    loaded = results.loaded_mib.get("skyglobe")
    results.verdicts = [
        *goals.rate_verdicts(results.cells),
        *goals.growth_verdicts(results.growths),
        *goals.footprint_verdicts(results.starts, results.upload, loaded),
    ]
    report.show(results, Console(width=max(120, Console().width)))
    if options.json is not None:
        results.write(options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
