"""Printing for people, with rich, and for scripts, as JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=False)


def print_json(content: Any) -> None:
    """Print a document for scripts, readable all the same."""
    text = msgspec.json.format(msgspec.json.encode(content), indent=2).decode()
    sys.stdout.write(f"{text}\n")


def say(text: str) -> None:
    """Print a line for people, with rich's markup; one line whatever its length."""
    console.print(text, soft_wrap=True)


def show(table: Table) -> None:
    """Print a table, without blanks at the ends of its lines."""
    with console.capture() as captured:
        console.print(table)
    console.file.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def facts(rows: list[tuple[str, str]]) -> Table:
    """Return names with their values, as a table without lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(f"  {name}", value)
    return table


def listing(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Return an empty table with a heading; the columns in ``right`` hold numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show that something is being done; silent where nobody watches."""
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


def spoken_bytes(count: int) -> str:
    """Return e.g. ``12.3 MiB``."""
    size, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if size < 1024:
            break
        size, unit = size / 1024, larger
    return f"{count} B" if unit == "B" else f"{size:,.1f} {unit}"


def spoken_instant(text: str | datetime) -> str:
    """Return an instant as people read it: UTC, to the second."""
    instant = datetime.fromisoformat(text) if isinstance(text, str) else text
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
