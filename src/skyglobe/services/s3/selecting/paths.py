"""What S3 Select's SQL has that other SQL has not, turned into what a parser of other SQL takes.

Paths behind ``S3Object``, ``IS MISSING``, and timestamps between backticks.
"""

from __future__ import annotations

import re

from skyglobe.services.s3.selecting.documents import Step

MISSING_MARK = "\x01missing\x01"
"""What is compared with this is asked whether it is missing."""
_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`)""")
_MISSING = re.compile(r"\bIS\s+(NOT\s+)?MISSING\b", re.IGNORECASE)
_FROM = re.compile(r"\bFROM\s+S3Object\b", re.IGNORECASE)
_STEP = re.compile(
    r"""\s*(?:\[\s*(?:(?P<all>\*)|(?P<index>\d{1,9})|'(?P<key>(?:[^']|'')*)')\s*\]
    |\.\s*(?:(?P<each>\*)|"(?P<quoted>(?:[^"]|"")*)"|(?P<name>[^\W\d]\w*)))""",
    re.VERBOSE,
)


def split_path(expression: str) -> tuple[str, tuple[Step, ...] | None]:
    """Return an expression without the path behind ``S3Object``, and the path.

    None when there is none but ``[*]``, which means the same. Raises ValueError for one that does not begin with it.
    """
    start = _place_of_from(expression)
    if start is None:
        return expression, None
    at = start
    steps: list[Step] = []
    while (found := _STEP.match(expression, at)) is not None:
        at = found.end()
        if found["all"] or found["each"]:
            steps.append(None)
        elif found["index"]:
            steps.append(int(found["index"]))
        else:
            steps.append(_name_in(found))
    if steps and (steps[0] is not None or "." in expression[start : start + 1]):
        raise ValueError("a path begins with [*]")
    return f"{expression[:start]} {expression[at:]}", tuple(steps[1:]) or None


def _name_in(found: re.Match[str]) -> str:
    if found["key"] is not None:
        return found["key"].replace("''", "'")
    if found["quoted"] is not None:
        return found["quoted"].replace('""', '"')
    return found["name"]


def _place_of_from(expression: str) -> int | None:
    """Return where ``FROM S3Object`` ends, outside of quotes."""
    at = 0
    for index, piece in enumerate(_QUOTED.split(expression)):
        if index % 2 == 0 and (found := _FROM.search(piece)) is not None:
            return at + found.end()
        at += len(piece)
    return None


def plain_sql(expression: str) -> str:
    """Return an expression without what only S3 Select has: see ``MISSING_MARK``."""
    pieces = _QUOTED.split(expression)
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            pieces[index] = _MISSING.sub(lambda found: f"{'<>' if found[1] else '='} '{MISSING_MARK}'", piece)
        elif piece[0] == "`":
            text = piece[1:-1].replace("'", "''")
            pieces[index] = f"CAST('{text}' AS TIMESTAMP)"
    return "".join(pieces)
