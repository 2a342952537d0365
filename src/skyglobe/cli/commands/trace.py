"""Requests as they are answered."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import msgspec
import typer

from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.printing import console, say
from skyglobe.cli.remote import find_cloud

WIDE = 150  # columns; from there on, a line has room for the request's id
NARROW = 110  # columns; below, a line leaves out what is usually the same


def trace(
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", metavar=" ", help="Go on until Ctrl+C, or print and end.")
    ] = True,
    limit: Annotated[int, typer.Option(min=0, max=1000, metavar="N", help="How many of the last requests.")] = 20,
    endpoint: Endpoint = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Show requests as they are answered: when, who, what, the result, how long."""
    cloud = find_cloud(endpoint, port)
    if not follow:
        _show(cloud.ask("GET", f"trace?limit={limit}")["requests"], json)
        return
    with cloud.open("GET", f"trace?follow=true&limit={limit}") as lines:
        _show((msgspec.json.decode(line) for line in lines if line.strip()), json)


def _show(requests: Iterable[dict[str, Any]], json: bool) -> None:
    for traced in requests:
        if json:
            sys.stdout.write(f"{msgspec.json.encode(traced).decode()}\n")
        else:
            _show_line(traced)
        sys.stdout.flush()


def _show_line(traced: dict[str, Any]) -> None:
    if console.is_terminal:
        text = line(traced, narrow=console.width < NARROW, with_id=console.width >= WIDE)
        console.print(text, no_wrap=True, overflow="ellipsis", crop=True)
    else:
        say(line(traced))


def line(traced: dict[str, Any], *, narrow: bool = False, with_id: bool = True) -> str:
    """Return one request as a line with rich's markup; a ``narrow`` one without date and region.

    The id at its end is what `skyglobe explain` takes.
    """
    at = datetime.fromisoformat(traced["at"])
    result = f"{traced['status']} {traced['error']}".strip()
    colour = "green" if traced["status"] < 400 else "yellow" if traced["status"] < 500 else "red"
    operation = f"{traced['service']}.{traced['operation']}"
    instant = f"{at:%H:%M:%S}" if narrow else f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"
    place = "" if narrow else f"{traced['region']:<14}  "
    request_id = f"  [dim]{traced['request_id']}[/]" if with_id else ""
    return (
        f"[dim]{instant}  {place}{_short(traced['caller']):<17}[/]  [bold]{operation:<{26 if narrow else 32}}[/]  "
        f"{traced['took_ms']:>7.1f} ms  [{colour}]{result}[/]{request_id}"
    )


def _short(caller: str) -> str:
    """Return a caller's ARN without what all of them begin with."""
    return caller.removeprefix("arn:aws:iam::").removeprefix("arn:aws:sts::")
