"""Patterns of the policy language: wildcards, ARNs segment by segment, policy variables with defaults.

A pattern is compiled once to a test ``(value, context) -> bool``. All take time linear in the value for each piece
between two wildcards: pieces are found leftmost and never given back (atomic groups), so none can hang a decision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, Protocol, cast


class Context(Protocol):
    """The request context: keys in lower case, values text or several texts. A dict is one."""

    def get(self, key: str, /) -> Any:
        """Return a key's value, or None where the key does not apply to the request."""

    def items(self) -> Iterable[tuple[str, Any]]:
        """Return all keys that apply, with their values."""


Test = Callable[[str, Context], bool]

Match = Callable[[str], bool]

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_BODY = re.compile(r"\s*([^,']+?)\s*(?:,\s*'([^']*)'\s*)?")
_ESCAPES = ("*", "?", "$")
_ARN_FIELDS = 6
_MOST_VALUES = 256
"""Values of its variables for which a pattern is kept compiled."""


class Wild(NamedTuple):
    """``*`` (any number of characters) or ``?`` (exactly one)."""

    many: bool


class Variable(NamedTuple):
    """``${key, 'default'}``."""

    key: str
    default: str | None

    def value(self, context: Context) -> str | None:
        """Return what the variable stands for; None where the key is absent or has several values, and no default."""
        value: str | Sequence[str] | None = context.get(self.key)
        if isinstance(value, str):
            return value
        if value is not None and len(value) == 1:
            return value[0]
        return self.default if not value else None


Token = str | Wild | Variable
STAR = Wild(many=True)


def tokens_of(text: str, *, variables: bool, wildcards: bool = True) -> list[Token]:
    """Split ``text`` into literals, wildcards and variables.

    Variables exist in documents of version 2012-10-17 only; ``${*}``, ``${?}`` and ``${$}`` are the characters.
    """
    found: list[Token] = []
    at = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        found += _wild(text[at : match.start()], wildcards)
        found.append(_variable(match))
        at = match.end()
    return _joined(found + _wild(text[at:], wildcards))


def _variable(match: re.Match[str]) -> Token:
    if match[1] in _ESCAPES:
        return match[1]
    body = _BODY.fullmatch(match[1])
    return Variable(body[1].lower(), body[2]) if body else match[0]


def _wild(text: str, wildcards: bool) -> list[Token]:
    if not wildcards:
        return [text]
    return [Wild(part == "*") if part in ("*", "?") else part for part in re.split(r"([*?])", text)]


def _joined(tokens: list[Token]) -> list[Token]:
    """Return ``tokens`` with neighbouring literals made one, and neighbouring stars too."""
    joined: list[Token] = []
    for token in tokens:
        if token == "":
            continue
        if joined and isinstance(token, str) and isinstance(joined[-1], str):
            joined[-1] += token
        elif not (joined and token == STAR == joined[-1]):
            joined.append(token)
    return joined


def _glob(tokens: Sequence[Token], any_character: str) -> str:
    """Return a regular expression for ``tokens`` whose wildcards stand for ``any_character``."""
    pieces = [""]
    for token in tokens:
        if token == STAR:
            pieces.append("")
        else:
            pieces[-1] += any_character if isinstance(token, Wild) else re.escape(str(token))
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{any_character}*?{piece})" for piece in middle) + f"{any_character}*{last}"


def _segments(tokens: list[Token]) -> list[list[Token]]:
    """Split at the first five colons that are written out."""
    segments: list[list[Token]] = [[]]
    for token in tokens:
        if not isinstance(token, str):
            segments[-1].append(token)
            continue
        first, *rest = token.split(":", _ARN_FIELDS - len(segments))
        segments[-1].append(first)
        segments.extend([part] for part in rest)
    return segments


def _arn(tokens: list[Token], complete: bool) -> str | None:
    """Return a regular expression in which wildcards stay within their segment, but for the last.

    Missing segments become ``*`` where ``complete``, as IAM completes ``arn:aws:sqs``; else nothing matches (None).
    """
    segments = _segments(tokens)
    if len(segments) < _ARN_FIELDS:
        if not complete:
            return None
        segments += [[STAR] for _ in range(_ARN_FIELDS - len(segments))]
    *fields, resource = segments
    return ":".join([*(_glob(_joined(field), "[^:]") for field in fields), _glob(_joined(resource), ".")])


Kind = Literal["text", "arn", "resource"]


def _source(tokens: list[Token], kind: Kind) -> str | None:
    if kind == "text" or tokens == [STAR]:
        return _glob(tokens, ".")
    return _arn(tokens, complete=kind == "resource")


def _never(value: str, context: Context) -> bool:
    return False


def _always(value: str, context: Context) -> bool:
    return True


def _dynamic(tokens: list[Token], kind: Kind, fold: bool) -> Test:
    """Return the test of a pattern with variables: what they stand for is known only with the request.

    It is compiled once for the same values, which come back with each request of the same caller.
    """
    if kind == "resource" and any(isinstance(token, Variable) for field in _segments(tokens)[:5] for token in field):
        return _never  # in Resource no variable stands before the fifth colon; IAM user guide, policy variables
    variables = [token for token in tokens if isinstance(token, Variable)]
    prefix = tokens[0] if isinstance(tokens[0], str) and not fold else ""
    compiled: dict[tuple[str, ...], Match] = {}

    def test(value: str, context: Context) -> bool:
        if not value.startswith(prefix):
            return False
        values = tuple(variable.value(context) for variable in variables)
        if None in values:
            return False
        key = cast("tuple[str, ...]", values)
        matches = compiled.get(key)
        if matches is None:
            if len(compiled) >= _MOST_VALUES:
                compiled.clear()
            matches = compiled[key] = _filled(tokens, key, kind, fold)
        return matches(value.lower() if fold else value)

    return test if fold else _homely(tokens, test)


def _homely(tokens: list[Token], otherwise: Test) -> Test:
    """Return a quicker test for ``home/${aws:username}/*``, which is what nearly all patterns with variables are."""
    places = [number for number, token in enumerate(tokens) if isinstance(token, Variable)]
    wilds = [number for number, token in enumerate(tokens) if isinstance(token, Wild)]
    if len(places) != 1 or wilds != [len(tokens) - 1] or tokens[-1] != STAR:
        return otherwise
    variable = tokens[places[0]]
    assert isinstance(variable, Variable)
    key = variable.key
    before, after = "".join(map(str, tokens[: places[0]])), "".join(map(str, tokens[places[0] + 1 : -1]))

    def test(value: str, context: Context) -> bool:
        one = context.get(key)
        return value.startswith(f"{before}{one}{after}") if type(one) is str else otherwise(value, context)

    return test


def _filled(tokens: list[Token], values: tuple[str, ...], kind: Kind, fold: bool) -> Match:
    """Compile a pattern whose variables stand for ``values``, which are taken literally."""
    remaining = iter(values)

    def fill(part: list[Token]) -> list[Token]:
        filled = [next(remaining) if isinstance(token, Variable) else token for token in part]
        return _joined([token.lower() if fold and isinstance(token, str) else token for token in filled])

    if not any(isinstance(token, Wild) for token in tokens[:-1]):
        written = "".join(str(token) for token in fill(tokens) if token != STAR)
        if tokens[-1] == STAR:
            return lambda value: value.startswith(written)
        if not isinstance(tokens[-1], Wild):
            return lambda value: value == written
        remaining = iter(values)
    if kind == "text":
        source = _glob(fill(tokens), ".")
    else:  # values may hold colons: what is written is split, then filled in
        *fields, resource = _segments(tokens)
        source = ":".join([*(_glob(fill(field), "[^:]") for field in fields), _glob(fill(resource), ".")])
    pattern = re.compile(source, re.DOTALL)
    return lambda value: pattern.fullmatch(value) is not None


def matcher_of(
    texts: Sequence[str], kind: Kind, *, variables: bool, wildcards: bool = True, fold: bool = False
) -> Test:
    """Return the test whether a value matches any of ``texts``.

    ``text`` patterns are plain; ``arn`` patterns are matched segment by segment; ``resource`` patterns too, with
    missing segments completed. ``fold`` ignores case.
    """
    exact: set[str] = set()
    prefixes: list[str] = []
    sources: list[str] = []
    dynamic: list[Test] = []
    for text in texts:
        tokens = tokens_of(text.lower() if fold else text, variables=variables, wildcards=wildcards)
        if any(isinstance(token, Variable) for token in tokens):
            dynamic.append(_dynamic(tokens, kind, fold))
        elif tokens == [STAR]:
            return _always
        elif _is_literal(tokens, kind):
            exact.add(str(tokens[0]) if tokens else "")
        elif len(tokens) == 2 and tokens[1] == STAR and _is_literal(tokens[:1], kind):
            prefixes.append(str(tokens[0]))
        elif (source := _source(tokens, kind)) is not None:
            sources.append(source)
    return _any_of(frozenset(exact), tuple(prefixes), sources, dynamic, fold)


def _is_literal(tokens: list[Token], kind: Kind) -> bool:
    if len(tokens) > 1 or (tokens and not isinstance(tokens[0], str)):
        return False
    return kind == "text" or (bool(tokens) and str(tokens[0]).count(":") >= _ARN_FIELDS - 1)


def _any_of(
    exact: frozenset[str], prefixes: tuple[str, ...], sources: list[str], dynamic: list[Test], fold: bool
) -> Test:
    """Return the cheapest test for these: most statements name one literal or one prefix."""
    pattern = re.compile("|".join(f"(?:{source})" for source in sources), re.DOTALL) if sources else None
    if len(dynamic) == 1 and pattern is None and not exact and not prefixes:
        return dynamic[0]
    if not fold and pattern is None and not dynamic:
        if not prefixes:
            return lambda value, context: value in exact
        if not exact:
            prefix = prefixes[0] if len(prefixes) == 1 else prefixes
            return lambda value, context: value.startswith(prefix)

    def test(value: str, context: Context) -> bool:
        text = value.lower() if fold else value
        if text in exact or text.startswith(prefixes):
            return True
        if pattern is not None and pattern.fullmatch(text) is not None:
            return True
        return any(matches(value, context) for matches in dynamic)

    return test


class Outline(NamedTuple):
    """What patterns surely do not match: quicker to ask of many than each of them. What it lets by may match."""

    exact: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    """Texts of which a value must hold one."""

    def test(self) -> Match:
        """Return the test whether a value may be matched."""
        exact, prefixes, pieces = self

        def test(value: str) -> bool:
            if value in exact or value.startswith(prefixes):
                return True
            for piece in pieces:  # noqa: SIM110 - a generator costs as much as the tests
                if piece in value:
                    return True
            return False

        return test


def outline_of(texts: Sequence[str], *, variables: bool) -> Outline:
    """Return the outline of ``resource`` patterns. Variables stand for anything in it."""
    exact: set[str] = set()
    prefixes: set[str] = set()
    pieces: set[str] = set()
    for text in texts:
        tokens = tokens_of(text, variables=variables)
        first = str(next(iter(tokens), ""))
        if _is_literal(tokens, "resource"):
            exact.add(first)
        elif _is_literal(tokens[:1], "resource") and (tokens[1:] == [STAR] or isinstance(tokens[1], Variable)):
            prefixes.add(first)
        else:  # what stands behind a wildcard tells more than how all ARNs of a service begin
            literals = [token for token in tokens[1:] if isinstance(token, str)]
            pieces.add(max(literals, key=len) if literals else first if isinstance(tokens[0], str) else "")
    return Outline(frozenset(exact), tuple(sorted(prefixes)), tuple(sorted(pieces)))


def joined_outline(outlines: Sequence[Outline]) -> Outline:
    """Return the outline of all of these together."""
    return Outline(
        frozenset(text for outline in outlines for text in outline.exact),
        tuple(sorted({text for outline in outlines for text in outline.prefixes})),
        tuple(sorted({text for outline in outlines for text in outline.pieces})),
    )
