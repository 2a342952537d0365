"""What SearchTables finds; API reference of SearchTables, "Filters" and "SearchText"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

Test = Callable[[dict[str, Any]], bool]

_TIMES = frozenset({"CreateTime", "UpdateTime", "LastAccessTime", "LastAnalyzedTime"})
_TEXTS = frozenset({"Name", "DatabaseName", "Description", "Owner", "TableType", "CreatedBy"})
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "EQUALS": lambda a, b: a == b,
    "GREATER_THAN": lambda a, b: a > b,
    "LESS_THAN": lambda a, b: a < b,
    "GREATER_THAN_EQUALS": lambda a, b: a >= b,
    "LESS_THAN_EQUALS": lambda a, b: a <= b,
}


class BadFilter(ValueError):
    """A filter or an order that cannot be; says why."""


def filter_of(given: dict[str, str]) -> Test:
    """Return what a ``PropertyPredicate`` asks of a table. Raises BadFilter.

    Times are compared; of texts each word must be somewhere in the value, whatever its case. Other keys are those of
    the table's ``Parameters``.
    """
    name, value = given.get("Key", ""), given.get("Value", "")
    if not name:
        raise BadFilter("A filter needs a Key.")
    if name in _TIMES:
        at, compare = _instant(value), _COMPARE[given.get("Comparator", "EQUALS")]
        return lambda table: name in table and compare(_seconds(table[name]), at)
    if "Comparator" in given and given["Comparator"] != "EQUALS":
        raise BadFilter(f"Comparator {given['Comparator']} is for times only.")
    words = value.lower().split()

    def test(table: dict[str, Any]) -> bool:
        found = table.get(name) if name in _TEXTS else (table.get("Parameters") or {}).get(name)
        return found is not None and all(word in str(found).lower() for word in words)

    return test


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadFilter(f"{text} is no time.") from error
    return at.timestamp()


def _seconds(value: datetime | float) -> float:
    return value.timestamp() if isinstance(value, datetime) else value


def sorting_key(field: str) -> Callable[[dict[str, Any]], tuple[bool, Any]]:
    """Return what tables are put in order by. Raises BadFilter."""
    if field in _TIMES:
        return lambda table: (field in table, _seconds(table.get(field, 0.0)))
    if field not in _TEXTS:
        raise BadFilter(f"Tables cannot be sorted by {field}.")
    return lambda table: (field in table, str(table.get(field, "")))


def has_text(table: dict[str, Any], text: str) -> bool:
    """Return whether a text is somewhere in a table: in quotes as a whole value, else its words in any of them."""
    texts = [one.lower() for one in _texts(table)]
    wanted = text.lower()
    if len(wanted) > 2 and wanted[0] == wanted[-1] == '"':
        return wanted[1:-1] in texts
    return all(any(word in one for one in texts) for word in wanted.split())


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("CatalogId", "VersionId", "CreatedBy"):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
