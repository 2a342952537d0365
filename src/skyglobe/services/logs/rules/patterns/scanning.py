"""Reading a pattern from left to right."""

from __future__ import annotations

MAX_DEPTH = 50  # of parentheses within each other; AWS names no bound, and 1,024 characters could hold 500


class BadPattern(ValueError):
    """The text is no filter pattern; says why."""


class Scanner:
    """A position in a pattern's text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing but space is left."""
        self._skip()
        return self._at == len(self._text)

    def take(self, literal: str) -> bool:
        """Step over ``literal`` if it comes next, after any space."""
        self._skip()
        if self._text.startswith(literal, self._at):
            self._at += len(literal)
            return True
        return False

    def expect(self, literal: str) -> None:
        """Step over ``literal``. Raises BadPattern when something else comes next."""
        if not self.take(literal):
            raise BadPattern(f"'{literal}' is expected at position {self._at}")

    def starts(self, literal: str) -> bool:
        """Whether ``literal`` comes next, after any space."""
        self._skip()
        return self._text.startswith(literal, self._at)

    def starts_here(self, literal: str) -> bool:
        """Whether ``literal`` comes next, with no space before it."""
        return self._text.startswith(literal, self._at)

    def take_keyword(self, word: str) -> bool:
        """Step over a word that ends here."""
        self._skip()
        end = self._at + len(word)
        if self._text.startswith(word, self._at) and not self._text[end : end + 1].isalnum():
            self._at = end
            return True
        return False

    def enclosed(self, mark: str, *, escapes: bool) -> str:
        """Return what stands between two ``mark``s, of which the first comes next. Raises BadPattern without another.

        With ``escapes``, a backslash before the mark or another backslash stands for what follows; else both stay.
        """
        self.expect(mark)
        found: list[str] = []
        text, at = self._text, self._at
        while at < len(text):
            character = text[at]
            if character == "\\" and at + 1 < len(text) and (not escapes or text[at + 1] in (mark, "\\")):
                found.append(text[at + 1] if escapes else text[at : at + 2])
                at += 2
                continue
            if character == mark:
                self._at = at + 1
                return "".join(found)
            found.append(character)
            at += 1
        raise BadPattern(f"a closing {mark} is missing")

    def word(self, stops: str = "", joints: tuple[str, ...] = ()) -> str:
        """Return the characters up to space, one of ``stops`` or one of ``joints``; may be empty."""
        self._skip()
        start, text = self._at, self._text
        while (
            self._at < len(text)
            and not text[self._at].isspace()
            and text[self._at] not in stops
            and not text.startswith(joints, self._at)
        ):
            self._at += 1
        return text[start : self._at]

    def run(self, allowed: str) -> str:
        """Return the letters, digits and ``allowed`` characters that come next; may be empty."""
        start, text = self._at, self._text
        while self._at < len(text) and (text[self._at].isalnum() or text[self._at] in allowed):
            self._at += 1
        return text[start : self._at]

    def _skip(self) -> None:
        text = self._text
        while self._at < len(text) and text[self._at].isspace():
            self._at += 1
