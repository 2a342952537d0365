"""The table of routes: declared once, dispatched by ``dispatch``, described by ``openapi``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any, TypeVar, get_type_hints

import msgspec

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)

PARTS = (
    "health",
    "status",
    "clock",
    "snapshots",
    "trace",
    "explain",
    "permissions",
    "coverage",
    "faults",
    "outbox",
    "captured",
    "timers",
    "openapi",
)
"""Submodules that declare routes."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The input of routes that take none."""


class Route(msgspec.Struct, frozen=True):
    """One thing to ask of the cloud.

    ``handler(admin, given)`` is given an instance of ``takes``, whose fields come from the path and from the query
    (GET, DELETE) or a JSON body (POST, PUT). It returns an instance of ``gives``, or a whole ``Response``.
    """

    method: str
    path: str
    summary: str
    handler: Handler
    takes: type[msgspec.Struct]
    gives: Any
    tag: str
    media: str
    """What the answer is when it is no JSON document: a tar, a stream of lines."""

    @property
    def changes_state(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def path_names(self) -> tuple[str, ...]:
        """The names of the path's variable segments."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def has_body(self) -> bool:
        """Whether the input's other fields come as a JSON body."""
        return self.changes_state and self.method != "DELETE"

    @property
    def operation_id(self) -> str:
        return self.handler.__name__


_declared: dict[tuple[str, str], Route] = {}
"""Declarations only, filled at import."""


def route(method: str, path: str, *, media: str = "application/json") -> Callable[[H], H]:
    """Declare a function to be the route's handler. Its docstring's first line is the summary."""

    def declare(function: H) -> H:
        hints = get_type_hints(function)
        given = list(inspect.signature(function).parameters)[1:]
        summary = (inspect.getdoc(function) or "").partition("\n")[0].replace("``", "`")
        _declared[method, path] = Route(
            method=method,
            path=path,
            summary=summary,
            handler=function,
            takes=hints[given[0]] if given else Nothing,
            gives=hints["return"],
            tag=function.__module__.rpartition(".")[2],
            media=media,
        )
        return function

    return declare


@cache
def all_routes() -> tuple[Route, ...]:
    """Return every route, by path and method."""
    for part in PARTS:
        importlib.import_module(f"skyglobe.admin.{part}")
    return tuple(sorted(_declared.values(), key=lambda declared: (declared.path, declared.method)))


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], dict[str, Route]], ...]:
    by_path: dict[str, dict[str, Route]] = {}
    for declared in all_routes():
        by_path.setdefault(declared.path, {})[declared.method] = declared
    # Fixed paths come before those with variables: "{" sorts after every letter.
    return tuple((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), found) for path, found in by_path.items())


def find_routes(path: str) -> tuple[dict[str, Route], dict[str, str]]:
    """Return the routes at ``path`` by method (none when there is nothing) and the path's variable segments."""
    for pattern, found in _patterns():
        if matched := pattern.fullmatch(path):
            return found, matched.groupdict()
    return {}, {}
