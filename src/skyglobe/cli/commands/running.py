"""Clouds that run: stopping them, how they are, emptying them."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from datetime import timedelta
from typing import Annotated, Any

import typer

from skyglobe.admin.durations import spoken_duration
from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.failures import NOT_RUNNING, Failure
from skyglobe.cli.plain import home_spelled
from skyglobe.cli.printing import facts, print_json, say, show, spoken_bytes, spoken_instant, working
from skyglobe.cli.remote import find_cloud
from skyglobe.cli.runtime import Running, is_running, running_clouds, runtime_folder

STOPS_WITHIN = 15.0  # seconds; requests at work get five of them


def down(
    endpoint: Endpoint = None,
    port: Port = None,
    everything: Annotated[bool, typer.Option("--all", metavar=" ", help="Stop every cloud of this machine.")] = False,
    force: Annotated[bool, typer.Option("--force", metavar=" ", help="Kill it when it does not stop.")] = False,
) -> None:
    """Stop the cloud. Its state stays in its folder."""
    for running in running_clouds(runtime_folder(os.environ)) if everything else [_stoppable(endpoint, port)]:
        _stop(running, force=force)
        say(f"The cloud at [bold]{running.endpoint}[/] is down.")


def _stoppable(endpoint: str | None, port: int | None) -> Running:
    cloud = find_cloud(endpoint, port)
    if cloud.running is not None:
        return cloud.running
    status = cloud.ask("GET", "status")  # raises Failure when there is none
    text = f"The cloud at {cloud.endpoint} was not started on this machine by this user."
    raise Failure(text, f"Where it runs: kill {status['pid']}", NOT_RUNNING)


def _stop(running: Running, *, force: bool) -> None:
    folder = runtime_folder(os.environ)
    for sign in (signal.SIGTERM, signal.SIGKILL) if force else (signal.SIGTERM,):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, sign)
        with working(f"Stopping {running.endpoint} …"):
            until = time.monotonic() + STOPS_WITHIN
            while time.monotonic() < until:
                if not is_running(folder, running):
                    _await_end(running.pid, until)
                    return
                time.sleep(0.01)
    text = f"Process {running.pid} did not stop within {STOPS_WITHIN:.0f} s."
    raise Failure(text, f"Kill it: skyglobe down --port {running.port} --force")


def _await_end(pid: int, until: float) -> None:
    """Wait until the process is gone: only then its data folder is free."""
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except OSError:
            return
        if _is_zombie(pid):
            return
        time.sleep(0.01)


def _is_zombie(pid: int) -> bool:
    """Whether the process has ended and only its parent has not looked yet."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def status(endpoint: Endpoint = None, port: Port = None, json: Json = False) -> None:
    """Show how the cloud is: process, memory, clock, services."""
    cloud = find_cloud(endpoint, port)
    told = cloud.ask("GET", "status")
    if json:
        print_json(told)
        return
    say(f"[bold cyan]Skyglobe[/] {told['version']} at [bold]{cloud.endpoint}[/]")
    show(facts(_status_rows(told)))


def _status_rows(told: dict[str, Any]) -> list[tuple[str, str]]:
    counts = told["counts"]
    ahead = timedelta(seconds=told["clock"]["ahead_s"])
    turned = f"  [yellow]{spoken_duration(ahead)} ahead[/]" if ahead >= timedelta(seconds=1) else ""
    used = " ".join(f"[green]{name}[/]" if used else name for name, used in told["services"].items())
    dead = counts["dead_letters"] + counts["dead_timers"]
    waiting = f"{counts['timers']:,} timers, {counts['deliveries']:,} deliveries"
    rows = [
        ("Process", f"{told['pid']}, up {spoken_duration(timedelta(seconds=told['uptime_s']))}"),
        ("Memory", spoken_bytes(told["rss_bytes"])),
        ("State", f"{home_spelled(told['folder']) if told['folder'] else told['store']}"),
        ("Clock", f"{spoken_instant(told['clock']['now'])}{turned}"),
        ("Waiting", waiting + (f"  [red]{dead:,} failed[/]" if dead else "")),
        ("Snapshots", str(counts["snapshots"])),
        ("Services", used or "none"),
    ]
    return rows + ([("Faults", f"[yellow]{counts['faults']} switched on[/]")] if counts["faults"] else [])


def reset(
    endpoint: Endpoint = None,
    port: Port = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", metavar=" ", help="Do not ask.")] = False,
) -> None:
    """Empty the cloud: no resources, the clock back on the machine's time. Snapshots stay."""
    cloud = find_cloud(endpoint, port)
    told = cloud.ask("GET", "status")
    if not yes:
        typer.confirm(f"Delete everything in {told['folder'] or cloud.endpoint}?", abort=True)
    with working("Emptying the cloud …"):
        cloud.ask("POST", "reset")
    say("The cloud is empty. Snapshots are still there.")
