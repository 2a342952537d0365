"""Extensions of an environment: who registered, for what, and who waits for the next event (Extensions API)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.engines.http import HttpRequest

EVENTS = ("INVOKE", "SHUTDOWN")
MAX_EXTENSIONS = 10  # "Lambda extensions": an environment registers up to ten
MAX_NAME_CHARACTERS = 128


class Extension:
    """One registered extension."""

    def __init__(self, identifier: str, name: str, events: Iterable[str], *, is_external: bool) -> None:
        self.identifier = identifier
        self.name = name
        self.events = frozenset(events)
        self.is_external = is_external
        self.is_ready = False
        """Whether it has asked for an event: its initialization is over."""
        self.waiting: HttpRequest | None = None
        """Its request for the next event, when it has nothing to do."""

    def tell(self, event: dict[str, Any], event_id: str) -> None:
        """Answer its request for the next event."""
        request, self.waiting = self.waiting, None
        if request is not None:
            body = msgspec.json.encode(event)
            request.reply(200, body, {"Lambda-Extension-Event-Identifier": event_id})


class Extensions:
    """The extensions of one environment. ``expected`` are the external ones, by their files' names."""

    def __init__(self, expected: list[str]) -> None:
        self.expected = expected
        self.registered: dict[str, Extension] = {}

    @property
    def are_all_registered(self) -> bool:
        return set(self.expected) <= {extension.name for extension in self.registered.values()}

    @property
    def are_all_ready(self) -> bool:
        return all(extension.is_ready for extension in self.registered.values())

    def named(self, name: str) -> Extension | None:
        return next((each for each in self.registered.values() if each.name == name), None)

    def wanting(self, event: str) -> list[Extension]:
        return [extension for extension in self.registered.values() if event in extension.events]

    @property
    def are_all_waiting(self) -> bool:
        """Whether none is still at work on an invocation."""
        return all(extension.waiting is not None for extension in self.wanting("INVOKE"))


def external_extensions(layers: Iterable[Path]) -> list[str]:
    """Return the names of the executables layers have in ``extensions/``: AWS starts each of them."""
    found: dict[str, None] = {}
    for layer in layers:
        folder = layer / "extensions"
        if folder.is_dir():
            for name in sorted(os.listdir(folder)):
                if (folder / name).is_file() and os.access(folder / name, os.X_OK):
                    found[name] = None
    return list(found)
