"""From a pattern's text to what it matches."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from skyglobe.services.logs.rules.patterns.documents import Documents
from skyglobe.services.logs.rules.patterns.fields import Fields
from skyglobe.services.logs.rules.patterns.regexes import MAX_IN_PATTERN
from skyglobe.services.logs.rules.patterns.scanning import BadPattern
from skyglobe.services.logs.rules.patterns.subjects import Subject
from skyglobe.services.logs.rules.patterns.terms import Terms


class Pattern(Protocol):
    """A compiled filter pattern."""

    regexes: int
    """How many regular expressions are in it."""
    wildcards: int

    def matches(self, subject: Subject) -> bool:
        """Return whether a log event is let through."""

    def extract(self, subject: Subject) -> dict[str, str]:
        """Return what a log event that was let through holds, by the names the pattern gives."""

    def find(self, subject: Subject, reference: str) -> str | None:
        """Return what ``$name`` or ``$.selector`` stands for in a log event; None where it is not there."""


@lru_cache(maxsize=4096)
def compile_pattern(text: str) -> Pattern:
    """Return the pattern a text is; an empty one lets everything through. Raises BadPattern."""
    stripped = text.strip()
    made: Pattern
    if stripped.startswith("{"):
        made = Documents(stripped)
    elif stripped.startswith("["):
        made = Fields(stripped)
    else:
        made = Terms(stripped)
    if made.regexes > MAX_IN_PATTERN:
        raise BadPattern(f"a filter pattern can have at most {MAX_IN_PATTERN} regular expressions")
    return made
