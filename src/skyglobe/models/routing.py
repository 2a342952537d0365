"""Which operation of a service a request names: by its name, or for the REST protocols by method, path and query.

A path is matched as it was sent, still percent-encoded, against a tree of the model's templates: what is literal before
what is a label, a label before a greedy one. Operations that share method and path are told apart by the fixed part of
their template's query (``?policy``, ``?list-type=2``), then by the query parameters and headers they require.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from skyglobe.kernel.errors import ServiceError
from skyglobe.models.shapes import OperationModel, ServiceModel

_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_OPERATION_HINT: Final = "x-id"
"""Query parameter in which SDKs repeat the operation's name. Never required; settles what nothing else does."""


def find_operation(model: ServiceModel, name: str) -> OperationModel | None:
    """Return the operation called ``name``, None when the service has none. Names are case-sensitive, as at AWS."""
    try:
        return model.operation(name)
    except KeyError:
        return None


@cache
def router(model: ServiceModel) -> Router:
    """Return the router of a service that speaks a REST protocol. Compiled once for each model."""
    return Router(model)


class Route:
    """One operation's template, taken apart."""

    __slots__ = ("fixed", "headers", "labels", "method", "name", "parameters", "preference", "segments")

    def __init__(self, operation: OperationModel, position: int) -> None:
        path, _, query = operation.request_uri.partition("?")
        self.name = operation.name
        self.method = operation.method
        self.segments = tuple(path[1:].split("/")) if path != "/" else ()
        self.labels = tuple(segment.strip("{}+") for segment in self.segments if segment.startswith("{"))
        self.fixed = tuple((key, value) for key, value in _pairs(query) if key != _OPERATION_HINT)
        """Query parameters the template spells out; an empty value means that any will do."""
        self.parameters: tuple[str, ...] = ()
        """Query parameters the input requires; looked up only where they decide."""
        self.headers: tuple[str, ...] = ()
        """Headers the input requires, in lower case; likewise."""
        express = "UseS3ExpressControlEndpoint" in operation.raw.get("staticContextParams", {})
        self.preference = (bool(operation.raw.get("deprecated")), express, position)
        """Least wins among operations that nothing tells apart."""

    def require(self, operation: OperationModel) -> None:
        """Learn what the input requires in query and headers."""
        shape = operation.input
        members = [shape.members[name] for name in shape.required] if shape else []
        names = {kind: tuple(m.location_name or "" for m in members if m.location == kind) for kind in _DECIDING}
        self.parameters = names["querystring"]
        self.headers = tuple(name.lower() for name in names["header"])

    def missing(self, sent: Mapping[str, str], headers: Mapping[str, str]) -> int:
        """Return how many required parameters and headers a request lacks."""
        return sum(name not in sent for name in self.parameters) + sum(name not in headers for name in self.headers)

    def lacks_nothing(self, sent: Mapping[str, str], headers: Mapping[str, str]) -> bool:
        """Return whether a request has all required parameters and headers."""
        for name in self.parameters:
            if name not in sent:
                return False
        for name in self.headers:  # noqa: SIM110 - a generator costs more than the look
            if name not in headers:
                return False
        return True

    def accepts(self, sent: Mapping[str, str]) -> bool:
        """Return whether a query has all that the template spells out."""
        return all(key in sent and (not value or sent[key] == value) for key, value in self.fixed)


_DECIDING: Final = ("querystring", "header")


class Choice:
    """The operations of one method at one path."""

    __slots__ = ("_by_fixed_key", "_plain", "_routes")

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._plain: list[Route] = []
        self._by_fixed_key: dict[str, list[Route]] = {}

    def add(self, route: Route) -> None:
        self._routes.append(route)
        if route.fixed:
            self._by_fixed_key.setdefault(route.fixed[0][0], []).append(route)
        else:
            self._plain.append(route)

    def settle(self, model: ServiceModel) -> None:
        """Put what demands most first, once all routes are in."""
        for group in (self._plain, *self._by_fixed_key.values()):
            if len(group) > 1:
                for route in group:
                    route.require(model.operation(route.name))
                group.sort(key=_rank)

    def select(self, query: str, headers: Mapping[str, str]) -> Route | None:
        """Return the route a request fits best; None when it lacks what every template spells out."""
        if not query or (not self._by_fixed_key and len(self._plain) == 1):
            group, sent = self._plain, _NOTHING
        else:
            sent = dict(_pairs(query))
            group = self._spelled_out(sent) or self._plain
        if len(group) < 2:
            return group[0] if group else None
        return _best(group, sent, headers)

    def _spelled_out(self, sent: Mapping[str, str]) -> list[Route]:
        """Return the routes whose fixed parameters were all sent, of those only the most particular."""
        if not self._by_fixed_key:
            return []
        keys = [key for key in sent if key in self._by_fixed_key]
        found = [route for key in keys for route in self._by_fixed_key[key] if route.accepts(sent)]
        most = max((len(route.fixed) for route in found), default=0)
        return [route for route in found if len(route.fixed) == most]


_NOTHING: Final[dict[str, str]] = {}


class Node:
    """One place in the tree of templates."""

    __slots__ = ("choices", "greedy", "label", "literals")

    def __init__(self) -> None:
        self.literals: dict[str, Node] = {}
        self.label: Node | None = None
        self.greedy: list[tuple[str, Node]] = []
        """What must follow the greedy label (``""`` or ``/suffix``), and the place after it; longest first."""
        self.choices: dict[str, Choice] = {}
        """By method."""

    def grow(self, segments: Sequence[str]) -> Node:
        """Return the place ``segments`` lead to, made as needed."""
        if not segments:
            return self
        first, rest = segments[0], segments[1:]
        if first.endswith("+}"):
            return self._grow_greedy("".join(f"/{segment}" for segment in rest))
        if first.startswith("{"):
            self.label = self.label or Node()
            return self.label.grow(rest)
        return self.literals.setdefault(first, Node()).grow(rest)

    def _grow_greedy(self, suffix: str) -> Node:
        for known, node in self.greedy:
            if known == suffix:
                return node
        node = Node()
        self.greedy.append((suffix, node))
        self.greedy.sort(key=lambda entry: -len(entry[0]))
        return node


class Router:
    """Finds the operation of a REST request."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._root = Node()
        self._depth = 1
        choices = []
        for position, name in enumerate(model.operation_names):
            route = Route(model.operation(name), position)
            node = self._root.grow(route.segments)
            choice = node.choices.setdefault(route.method, Choice())
            choice.add(route)
            choices.append(choice)
            self._depth = max(self._depth, len(route.segments))
        for choice in choices:
            choice.settle(model)

    def match(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] = _NOTHING
    ) -> tuple[OperationModel, dict[str, str]] | None:
        """Return the operation a request names and its labels, decoded, by their names in the template.

        ``path`` and ``query`` are as sent, percent-encoded; ``headers`` have lower-case names. Returns None when the
        service has no such operation. Raises ServiceError when a label is no UTF-8 or has a broken escape.
        """
        found = self._find(method, path, query, headers)
        if found is None:
            return None
        route, captured = found
        labels = {name: self._decode(value) for name, value in zip(route.labels, captured, strict=True)}
        return self._model.operation(route.name), labels

    def methods(self, path: str) -> tuple[str, ...]:
        """Return the methods that some operation has at ``path``, sorted: what a 405 answer lists."""
        every = {choice for node in _nodes(self._root) for choice in node.choices}
        return tuple(sorted(method for method in every if self._leads_somewhere(method, path)))

    def _find(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> tuple[Route, tuple[str, ...]] | None:
        """Match as sent, then with the trailing slash removed or added, which AWS's services overlook."""
        for candidate in (path, path[:-1] if path.endswith("/") and len(path) > 2 else f"{path}/"):
            # No template has more segments than the depth, so only a greedy label ever sees the unsplit rest.
            segments = candidate[1:].split("/", self._depth) if len(candidate) > 1 else []
            for choice, captured in self._led_to(method, segments):
                route = choice.select(query, headers)
                if route is not None:
                    return route, captured
        return None

    def _led_to(self, method: str, segments: list[str]) -> list[Led]:
        found: list[Led] = []
        _walk(self._root, method, segments, 0, (), found)
        return found

    def _leads_somewhere(self, method: str, path: str) -> bool:
        segments = path[1:].split("/", self._depth) if len(path) > 1 else []
        return bool(self._led_to(method, segments))

    def _decode(self, value: str) -> str:
        if "%" not in value and value.isascii():
            return value
        try:
            if _BROKEN_ESCAPE.search(value):
                raise ValueError(value)
            return unquote_to_bytes(value.encode("latin-1")).decode("utf-8")
        except ValueError:
            # S3's error list has the first; the second is how AWS's JSON services call input they cannot read.
            code = "InvalidURI" if "rest-xml" in self._model.protocols else "SerializationException"
            raise ServiceError("Couldn't parse the specified URI.", code=code) from None


Led = tuple[Choice, tuple[str, ...]]
"""What a path leads to, and the values of the labels on the way, as sent."""


def _walk(node: Node, method: str, segments: list[str], at: int, captured: tuple[str, ...], found: list[Led]) -> None:
    """Add the choices the segments lead to, most literal first, and the labels on the way to each."""
    if at == len(segments):
        choice = node.choices.get(method)
        if choice is not None:
            found.append((choice, captured))
        return
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is None and "%" in segment:
        literal = node.literals.get(unquote(segment))
    if literal is not None:
        _walk(literal, method, segments, at + 1, captured, found)
    if node.label is not None and segment:
        _walk(node.label, method, segments, at + 1, (*captured, segment), found)
    if not node.greedy:
        return
    rest = segments[at] if at + 1 == len(segments) else "/".join(segments[at:])
    for suffix, after in node.greedy:
        choice = after.choices.get(method)
        if choice is not None and rest.endswith(suffix) and len(rest) > len(suffix):
            found.append((choice, (*captured, rest.removesuffix(suffix))))


def _best(group: list[Route], sent: Mapping[str, str], headers: Mapping[str, str]) -> Route:
    """Return the most demanding route that is given all it requires, else the one that lacks least."""
    if _OPERATION_HINT in sent:
        for route in group:
            if route.name == sent[_OPERATION_HINT]:
                return route
    for route in group:
        if route.lacks_nothing(sent, headers):
            return route
    return min(group, key=lambda route: (route.missing(sent, headers), route.preference))


def _rank(route: Route) -> tuple[int, tuple[bool, bool, int]]:
    return -len(route.parameters) - len(route.headers), route.preference


def _pairs(query: str) -> list[tuple[str, str]]:
    """Take a raw query apart, decoding only what is encoded."""
    pairs = []
    for part in query.split("&") if query else ():
        key, _, value = part.partition("=")
        pairs.append((unquote(key) if "%" in key else key, unquote(value) if "%" in value else value))
    return pairs


def _nodes(node: Node) -> Iterable[Node]:
    yield node
    below = [*node.literals.values(), *([node.label] if node.label else []), *(after for _, after in node.greedy)]
    for child in below:
        yield from _nodes(child)
