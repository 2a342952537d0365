"""How long: ``30d``, ``4d12h``, ``90s``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_PIECE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|[wdhms])")
MAX_TURN = timedelta(days=36_525)
"""A hundred years: beyond it dates leave the formats AWS writes them in."""


def parse_duration(text: str) -> timedelta:
    """Return the duration ``text`` says, in weeks, days, hours, minutes, seconds and ms. Raises ValueError."""
    compact = text.replace(" ", "").lower()
    if not compact or _PIECE.sub("", compact):
        raise ValueError(f"{text!r} is no duration. Write it like 30d, 4d12h, 90s or 1w.")
    try:
        whole = sum(
            (timedelta(**{_UNITS[unit]: float(number)}) for number, unit in _PIECE.findall(compact)), timedelta()
        )
    except OverflowError:
        whole = timedelta.max
    if whole > MAX_TURN:
        raise ValueError("The clock turns a hundred years at most.")
    return whole


def parse_instant(text: str) -> datetime:
    """Return the instant ``text`` says in ISO 8601; without a zone it is UTC. Raises ValueError."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant. Write it like 2026-12-31T00:00:00Z.") from None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def spoken_duration(duration: timedelta) -> str:
    """Return e.g. ``4 d 12 h``, of the two largest units that matter."""
    seconds = round(duration.total_seconds())
    pieces = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        number, seconds = divmod(seconds, size)
        if number:
            pieces.append(f"{number:,} {unit}")
    return " ".join(pieces[:2]) or "0 s"
