"""Where an event stands in a stream: its time and order, as ids and page tokens carry them."""

from __future__ import annotations

import re
from typing import NamedTuple

_ORDER_BITS = 144  # below the time, as in AWS's own ids
_TOKEN = re.compile(r"([fb])/([0-9]{56})/s")


class Position(NamedTuple):
    """A point in a stream."""

    at: int
    """Milliseconds since the epoch."""
    order: int


def event_id(at: int, order: int) -> str:
    """Return an event's id: 56 digits that grow with time, as AWS's do."""
    return f"{(at << _ORDER_BITS) | order:056d}"


def write_token(direction: str, position: Position) -> str:
    """Return a token of GetLogEvents: on from a position forward (``f``), or backward (``b``) from before it."""
    return f"{direction}/{event_id(*position)}/s"


def read_token(token: str) -> tuple[str, Position] | None:
    """Return the direction and position of a token, None when it is none."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        return None
    number = int(found[2])
    return found[1], Position(number >> _ORDER_BITS, number & ((1 << _ORDER_BITS) - 1))
