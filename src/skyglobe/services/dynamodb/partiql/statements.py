"""What statements are parsed to."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.services.dynamodb.expressions.binding import Values
from skyglobe.services.dynamodb.expressions.trees import Assignment, Condition, Path
from skyglobe.services.dynamodb.rules.values import Item


class Statement(NamedTuple):
    """A statement. Names in its trees are aliases (``#0``), its literals and parameters are values (``:0``)."""

    verb: str
    """SELECT, INSERT, UPDATE, DELETE or EXISTS."""
    table: str
    index_name: str | None
    names: dict[str, str]
    values: Values
    where: Condition | None = None
    paths: tuple[Path, ...] | None = None
    """What SELECT returns; None for everything."""
    item: Item | None = None
    actions: tuple[Assignment, ...] = ()
    returning: str | None = None
    """ALL OLD, ALL NEW, MODIFIED OLD or MODIFIED NEW."""
    order: tuple[tuple[str, bool], ...] = ()
    """ORDER BY: attributes, and whether descending."""
