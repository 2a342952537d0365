"""Turning the clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from skyglobe.admin.durations import parse_duration, parse_instant, spoken_duration
from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.failures import USAGE, Failure
from skyglobe.cli.printing import console, print_json, say, spoken_instant
from skyglobe.cli.remote import Cloud, find_cloud

LOOK_EVERY = 0.15  # seconds between two looks at a clock that is being turned

T = TypeVar("T")


def turn(
    duration: Annotated[str | None, typer.Argument(metavar="[DURATION]", help="E.g. 30d, 4d12h, 90s, 1w.")] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="E.g. 2026-12-31T00:00:00Z.")] = None,
    endpoint: Endpoint = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Turn the cloud's clock forwards. Every timer on the way fires at its due time, in order."""
    asked = _checked(duration, until)
    cloud = find_cloud(endpoint, port)
    turned = _turn(cloud, asked)
    if json:
        print_json(turned)
        return
    fired = turned["timers_fired"]
    say(
        f"The clock shows [bold]{spoken_instant(turned['now'])}[/]: "
        f"{spoken_duration(timedelta(seconds=turned['turned_s']))} later, "
        f"{fired:,} timer{'' if fired == 1 else 's'} fired."
    )


def _checked(duration: str | None, until: str | None) -> dict[str, str]:
    if (duration is None) == (until is None):
        raise Failure("How far?", "skyglobe turn 30d, or skyglobe turn --until 2026-12-31T00:00:00Z", USAGE)
    try:
        if until is not None:
            return {"until": parse_instant(until).isoformat()}
        parse_duration(duration or "")
        return {"duration": duration or ""}
    except ValueError as error:
        raise Failure(str(error), "", USAGE) from None


def _turn(cloud: Cloud, asked: dict[str, str]) -> Any:
    """Turn, and show on a terminal where the clock is when that takes a while."""
    if not console.is_terminal:
        return cloud.ask("POST", "clock/turn", asked)
    from rich.progress import BarColumn, Progress, TextColumn

    start = _now(cloud)
    target = parse_instant(asked["until"]) if "until" in asked else start + parse_duration(asked["duration"])
    turning = _Beside(lambda: cloud.ask("POST", "clock/turn", asked))
    if not turning.ends_within(2 * LOOK_EVERY):
        columns = (TextColumn("Turning"), BarColumn(), TextColumn("{task.description}"))
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("", total=(target - start).total_seconds())
            while not turning.ends_within(LOOK_EVERY):
                now = _now(cloud)
                progress.update(task, completed=(now - start).total_seconds(), description=spoken_instant(now))
    return turning.result()


def _now(cloud: Cloud) -> datetime:
    return datetime.fromisoformat(cloud.ask("GET", "clock")["now"])


class _Beside:
    """Work done in a thread."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._result: Any = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def ends_within(self, seconds: float) -> bool:
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> Any:
        if self._failure is not None:
            raise self._failure
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as failure:
            self._failure = failure
