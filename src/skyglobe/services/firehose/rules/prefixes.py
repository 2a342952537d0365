"""Where objects go: prefixes with expressions; developer guide, "Understand custom prefixes for Amazon S3 objects"."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

_EXPRESSION = re.compile(r"!\{([^:}]*):?([^}]*)\}")
_RUN = re.compile(r"'([^']*)'|([A-Za-z])\2*|.", re.DOTALL)
FROM_QUERY, FROM_LAMBDA = "partitionKeyFromQuery", "partitionKeyFromLambda"
_NAMESPACES = ("timestamp", "firehose", FROM_QUERY, FROM_LAMBDA)
_LETTERS: dict[str, Callable[[datetime, int], str]] = {
    # Java's DateTimeFormatter, as far as instants of files are made of it; each takes the number of letters.
    "y": lambda at, n: f"{at.year % 100:02d}" if n == 2 else f"{at.year:0{n}d}",
    "M": lambda at, n: at.strftime("%b" if n == 3 else "%B") if n > 2 else f"{at.month:0{n}d}",
    "d": lambda at, n: f"{at.day:0{n}d}",
    "D": lambda at, n: f"{at.timetuple().tm_yday:0{n}d}",
    "H": lambda at, n: f"{at.hour:0{n}d}",
    "h": lambda at, n: f"{at.hour % 12 or 12:0{n}d}",
    "a": lambda at, n: "AM" if at.hour < 12 else "PM",
    "m": lambda at, n: f"{at.minute:0{n}d}",
    "s": lambda at, n: f"{at.second:0{n}d}",
    "S": lambda at, n: f"{at.microsecond:06d}"[:n].ljust(n, "0"),
    "E": lambda at, n: at.strftime("%A" if n == 4 else "%a"),
}


class Place(NamedTuple):
    """What expressions stand for in one object's name."""

    at: datetime
    """Arrival of the oldest record, in the stream's time zone."""
    partition: Mapping[str, str]
    error_type: str
    random: str


def expressions(prefix: str) -> list[tuple[str, str]]:
    """Return the expressions in a prefix: namespace and value."""
    return [(found[1], found[2]) for found in _EXPRESSION.finditer(prefix)]


def fault_of(prefix: str, *, is_error: bool) -> str:
    """Return what is wrong with a prefix by itself, or nothing."""
    if "!{" in _EXPRESSION.sub("", prefix):
        return "contains an expression that is not closed"
    for namespace, value in expressions(prefix):
        if namespace not in _NAMESPACES:
            return f"contains the unknown namespace {namespace}"
        if namespace == "timestamp" and (letter := _unknown_letter(value)):
            return f"contains the pattern letter {letter}, which is not understood"
        if namespace == "firehose" and value not in ("random-string", "error-output-type"):
            return f"contains the unknown expression firehose:{value}"
        if (namespace, value) == ("firehose", "error-output-type") and not is_error:
            return "must not contain firehose:error-output-type"
        if is_error and namespace.startswith("partitionKey"):
            return f"must not contain {namespace}"
    return ""


def fault_between(prefix: str, error_prefix: str | None) -> str:
    """Return what is wrong between a prefix and its error prefix, or nothing."""
    if expressions(prefix) and not error_prefix:
        return "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"
    if error_prefix and expressions(error_prefix) and "!{firehose:error-output-type}" not in error_prefix:
        return "ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains expressions"
    return ""


def partition_names(prefix: str) -> set[str]:
    """Return the partition keys a prefix is made of, as ``partitionKeyFromQuery:NAME``."""
    return {f"{space}:{value}" for space, value in expressions(prefix) if space in (FROM_QUERY, FROM_LAMBDA)}


def evaluated(prefix: str, place: Place) -> str:
    """Return a prefix with its expressions replaced; one that has none is followed by ``YYYY/MM/DD/HH/``."""

    def replaced(found: re.Match[str]) -> str:
        namespace, value = found[1], found[2]
        if namespace == "timestamp":
            return formatted(value, place.at)
        if namespace == "firehose":
            return place.random if value == "random-string" else place.error_type
        return place.partition[f"{namespace}:{value}"]

    text = _EXPRESSION.sub(replaced, prefix)
    if not expressions(prefix):
        text += formatted("yyyy/MM/dd/HH/", place.at)
    return text


def formatted(pattern: str, at: datetime) -> str:
    """Return an instant in a pattern of Java's DateTimeFormatter."""
    return "".join(_formatted_run(found, at) for found in _RUN.finditer(pattern))


def _formatted_run(found: re.Match[str], at: datetime) -> str:
    if found[1] is not None:
        return found[1] or "'"
    if found[2] is not None:
        return _LETTERS[found[2]](at, len(found[0]))
    return found[0]


def _unknown_letter(pattern: str) -> str:
    return next((found[2] for found in _RUN.finditer(pattern) if found[2] and found[2] not in _LETTERS), "")
