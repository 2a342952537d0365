"""What tables and the clock hold: apart, as mypyc cannot compile msgspec's classes (docs/decisions/compiled.md)."""

from __future__ import annotations

import msgspec


class Record(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """An immutable row, declared as ``class Queue(Record, frozen=True)``.

    Fields are stored by position: add new ones at the end, with a default.
    """


class Number(Record, frozen=True):
    key: str
    value: int


class Shift(msgspec.Struct, frozen=True, array_like=True):
    """From wall instant ``wall`` on, the cloud's clock is ``ahead`` milliseconds ahead of the wall's."""

    wall: int
    """Milliseconds since the Unix epoch."""
    ahead: int
