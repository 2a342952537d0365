"""Printing without rich: for what must be quick, and for errors."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from skyglobe.cli.failures import Failure

SHELL_LINE = 'eval "$(skyglobe env)"'
"""What points the AWS clients of a shell here."""

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def is_colourful(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal that wants colour (see no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


class Painter:
    """Colours text, or leaves it as it is."""

    def __init__(self, stream: TextIO) -> None:
        self._paints = is_colourful(stream)

    def __call__(self, text: str, *styles: str) -> str:
        if not self._paints or not text:
            return text
        return f"\033[{';'.join(_CODES[style] for style in styles)}m{text}\033[0m"


def print_failure(failure: Failure) -> None:
    """Tell what went wrong on standard error."""
    paint = Painter(sys.stderr)
    print(paint("error:", "bold", "red"), failure.message, file=sys.stderr)
    if failure.advice:
        for line in failure.advice.splitlines():
            print(paint(f"  {line}", "dim"), file=sys.stderr)


def home_spelled(path: str | os.PathLike[str]) -> str:
    """Return ``path`` with ``~`` for the user's home."""
    text, own = os.fspath(path), os.path.expanduser("~")
    return f"~{text[len(own) :]}" if own != "/" and text.startswith(f"{own}/") else text
