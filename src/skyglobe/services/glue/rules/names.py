"""Names of what is in the catalog, patterns they are found by, and partitions' values as one text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from skyglobe.models.automaton import Automaton, Unsupported, exposure

_TRUSTED_DEGREE = 2  # of a pattern whose steps on a name, which has at most 255 characters, are borne
_BETWEEN = "\0"
_HIVE_STAR = re.compile(r"(?<![.\])}\\])\*")


class BadPattern(ValueError):
    """A text is no regular expression, or one that is too large."""


def folded(name: str) -> str:
    """Return a database's or a table's name as the catalog keeps it: Hive folds names to lower case."""
    return name.lower()


def name_pattern(source: str) -> Callable[[str], bool]:
    """Return what says whether a whole name matches a regular expression, in bounded time. Raises BadPattern.

    An asterisk after a letter, or after nothing, stands for any characters, as in Hive's patterns: clients of AWS write
    ``orders*`` and ``*orders*``.
    """
    try:
        source = _HIVE_STAR.sub(".*", source)
        compiled = re.compile(source)
        if exposure(source) <= _TRUSTED_DEGREE:
            return lambda name: compiled.fullmatch(name) is not None
        return Automaton(source, is_partial=False).matches
    except (re.error, OverflowError, RecursionError, Unsupported) as error:
        raise BadPattern(source) from error


def path_of(values: Sequence[str]) -> str:
    """Return a partition's values as one text, whose order is the order of the values. They hold no NUL."""
    return "".join(value + _BETWEEN for value in values)


def fault_of_values(values: Sequence[str], keys: int) -> str:
    """Return what is wrong with a partition's values for so many keys, or nothing."""
    if len(values) != keys:
        return "The number of partition keys do not match the number of partition values"
    if any(not value or _BETWEEN in value for value in values):
        return "Partition values must not be empty, nor hold NUL"
    return ""
