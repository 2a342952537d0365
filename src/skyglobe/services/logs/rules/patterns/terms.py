"""Patterns of terms: all of these, one of those, none of the others."""

from __future__ import annotations

import re
from collections.abc import Callable

from skyglobe.services.logs.rules.patterns.regexes import compile_regex
from skyglobe.services.logs.rules.patterns.scanning import BadPattern, Scanner
from skyglobe.services.logs.rules.patterns.subjects import Subject

_BARE = re.compile(r"\w+")
_Test = Callable[[str], bool]


class Terms:
    """Terms that must, may or must not be in the text. Terms to choose from count only when there are no others."""

    def __init__(self, text: str) -> None:
        self.regexes = 0
        self.wildcards = 0
        self._wanted: list[_Test] = []
        self._options: list[_Test] = []
        self._excluded: list[_Test] = []
        scanner = Scanner(text)
        while not scanner.is_done:
            self._read(scanner)
        if self._wanted or self._excluded:
            self._options = []

    def matches(self, subject: Subject) -> bool:
        text = subject.text
        if self._options:
            return any(test(text) for test in self._options)
        # Searches ask this of every event: loops, as generators would take twice the time.
        for test in self._wanted:
            if not test(text):
                return False
        for test in self._excluded:  # noqa: SIM110
            if test(text):
                return False
        return True

    def extract(self, subject: Subject) -> dict[str, str]:
        """Return nothing: terms have no names."""
        return {}

    def find(self, subject: Subject, reference: str) -> str | None:
        return None

    def _read(self, scanner: Scanner) -> None:
        kept = self._excluded if scanner.take("-") else self._options if scanner.take("?") else self._wanted
        if scanner.starts_here('"'):
            kept.append(_containing(scanner.enclosed('"', escapes=True)))
        elif scanner.starts_here("%"):
            self.regexes += 1
            kept.append(compile_regex(scanner.enclosed("%", escapes=False)).matches)
        else:
            term = scanner.word()
            if not _BARE.fullmatch(term):
                raise BadPattern(f"Invalid character(s) in term '{term}'")
            kept.append(_containing(term))


def _containing(term: str) -> _Test:
    if not term.strip():
        return lambda text: True  # the guide: double quotation marks match everything
    return lambda text: term in text
