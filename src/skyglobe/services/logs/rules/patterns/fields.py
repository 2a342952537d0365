"""Patterns of space-delimited events: ``[ip, user, ..., status_code = 4* && status_code != 403, bytes > 1000]``."""

from __future__ import annotations

from skyglobe.services.logs.rules.patterns.conditions import Condition, read_condition, read_operator
from skyglobe.services.logs.rules.patterns.scanning import BadPattern, Scanner
from skyglobe.services.logs.rules.patterns.subjects import Subject

_ELLIPSES = ("...", "…")


class Field:
    """One field of the pattern: its name, and the conditions of which all of one group must hold."""

    __slots__ = ("alternatives", "name")

    def __init__(self, name: str, alternatives: list[list[Condition]]) -> None:
        self.name = name
        """Empty where the pattern gives none."""
        self.alternatives = alternatives

    def takes(self, text: str) -> bool:
        if not self.alternatives:
            return True
        return any(all(condition.holds_in_text(text) for condition in group) for group in self.alternatives)


class Fields:
    """A pattern in brackets. Raises BadPattern."""

    def __init__(self, text: str) -> None:
        self.regexes = 0
        self.wildcards = 0
        self._before: list[Field] = []
        self._after: list[Field] | None = None
        """The fields behind the ellipsis; None without one."""
        scanner = Scanner(text)
        scanner.expect("[")
        while True:
            self._read(scanner)
            if scanner.take("]"):
                break
            scanner.expect(",")
        if not scanner.is_done:
            raise BadPattern("nothing may follow the closing bracket")

    def matches(self, subject: Subject) -> bool:
        placed = self._placed(subject)
        return placed is not None and all(field.takes(text) for field, text, _ in placed)

    def extract(self, subject: Subject) -> dict[str, str]:
        """Return all fields of an event by name, ``$ip``, or by number where the pattern gives no name, ``$3``."""
        placed = self._placed(subject)
        if placed is None:
            return {}
        named = {number: field.name for field, _, number in placed if field.name}
        texts = {number: text for _, text, number in placed}
        skipped = {number: text for number, text in enumerate(subject.fields, 1) if number not in texts}
        if self._after is None:
            skipped = {}
        return {f"${named.get(number, number)}": text for number, text in sorted({**skipped, **texts}.items())}

    def find(self, subject: Subject, reference: str) -> str | None:
        """Return the field ``$name``."""
        return self.extract(subject).get(reference)

    def _placed(self, subject: Subject) -> list[tuple[Field, str, int]] | None:
        """Return each field of the pattern with its text and number in the event; None when they do not fit.

        Without an ellipsis, what an event has beyond the last field belongs to that field: the user guide's
        ``[w1=ERROR, w2]`` finds whatever begins with ERROR and goes on.
        """
        texts, before, after = subject.fields, self._before, self._after
        if after is None:
            if len(texts) < len(before):
                return None
            if len(texts) > len(before):
                rest = subject.text[subject.starts[len(before) - 1] :].rstrip()
                texts = [*texts[: len(before) - 1], rest]
            return [(field, text, number) for number, (field, text) in enumerate(zip(before, texts, strict=True), 1)]
        if len(texts) < len(before) + len(after):
            return None
        first = [(field, texts[place], place + 1) for place, field in enumerate(before)]
        start = len(texts) - len(after)
        return first + [(field, texts[start + place], start + place + 1) for place, field in enumerate(after)]

    def _read(self, scanner: Scanner) -> None:
        if any(scanner.take(mark) for mark in _ELLIPSES):
            if self._after is not None:
                raise BadPattern("there can be one ellipsis only")
            self._after = []
            return
        name = scanner.word(",]=!<>", ("&&", "||"))
        if name and not name.replace("_", "").replace("-", "").isalnum():
            raise BadPattern(f"'{name}' is no name of a field")
        alternatives = self._conditions(scanner, name)
        (self._before if self._after is None else self._after).append(Field(name, alternatives))

    def _conditions(self, scanner: Scanner, name: str) -> list[list[Condition]]:
        operator = read_operator(scanner)
        if operator is None:
            return []
        alternatives = [[self._condition(scanner, operator)]]
        while True:
            if scanner.take("&&"):
                alternatives[-1].append(self._again(scanner, name))
            elif scanner.take("||"):
                alternatives.append([self._again(scanner, name)])
            else:
                return alternatives

    def _again(self, scanner: Scanner, name: str) -> Condition:
        """Read a further condition on the same field."""
        again = scanner.word(",]=!<>")
        if again != name:
            raise BadPattern(f"'{again}' must be the name of the field, '{name}'")
        operator = read_operator(scanner)
        if operator is None:
            raise BadPattern(f"an operator is missing after {again}")
        return self._condition(scanner, operator)

    def _condition(self, scanner: Scanner, operator: str) -> Condition:
        if operator == "=" and scanner.take("!"):
            operator = "!="  # the user guide's older form: [w1=!ERROR, w2]
        condition = read_condition(scanner, operator, ",]")
        self.regexes += condition.has_regex
        return condition
