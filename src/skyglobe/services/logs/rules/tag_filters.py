"""Selecting by tags: values with asterisks at their ends, ``!`` for all others. API reference of ListLogGroups."""

from __future__ import annotations

from typing import Any

from skyglobe.services.logs.rules.patterns.conditions import is_like


def matches_tags(tags: dict[str, str], filters: list[dict[str, Any]]) -> bool:
    """Return whether a resource's tags meet all filters; one without values asks for the key alone."""
    return all(_meets(tags, one["key"], one.get("values") or []) for one in filters)


def _meets(tags: dict[str, str], key: str, values: list[str]) -> bool:
    value = tags.get(key)
    if value is None:
        return False
    return not values or any(_is_value(value, wanted) for wanted in values)


def _is_value(value: str, wanted: str) -> bool:
    return not is_like(value, wanted[1:]) if wanted.startswith("!") else is_like(value, wanted)
