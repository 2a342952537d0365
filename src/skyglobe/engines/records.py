"""Which engines there are to be: the desired state, in the store, written by services in their own transactions."""

from __future__ import annotations

import msgspec

from skyglobe.kernel.records import Record
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Table

CHANGED = "engines"
"""The topic signalled when the desired state changed."""


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """How it shows that an engine can be used. All that is given must hold."""

    host: str = ""
    port: int = 0
    """Accepts connections."""
    printed: str = ""
    """Text in its output."""
    within_s: float = 30.0
    """How long it may take before it is started anew."""


class Engine(Record, frozen=True, kw_only=True):
    """One process that runs as long as this record is in the store, and is started anew whenever it ends."""

    name: str
    """Unique in the cloud: ``rds:000000000000:us-east-1:orders``."""
    argv: tuple[str, ...]
    environment: dict[str, str] = msgspec.field(default_factory=dict)
    folder: str = "/"
    ready: Ready = Ready()
    health_every_s: float = 0.0
    """How often to try its port; three failures in a row have it started anew. 0 never tries."""
    grace_s: float = 5.0
    """How long it may take to end after TERM before it is killed."""
    memory_bytes: int = 0
    """What it may use, where the machine can hold it to that; 0 for any amount."""
    limits: dict[str, int] = msgspec.field(default_factory=dict)
    """Of each of its processes, as ``resource`` calls them: ``{"nofile": 4096}``."""


engines: Table[Engine] = Table("engines.wanted", Engine, key=("name",), reach="global")


def want_engine(scope: Scope, engine: Engine) -> None:
    """Have an engine run once this work is committed, instead of the one of that name if there is one."""
    engines.put(scope, engine)
    scope.notify(CHANGED)


def drop_engine(scope: Scope, name: str) -> None:
    """Have the engine of that name end. Harmless when there is none."""
    if engines.find(scope, name) is not None:
        engines.drop(scope, name)
        scope.notify(CHANGED)


def has_engines(scope: Scope) -> bool:
    """Return whether any engine is to run."""
    return next(engines.scan(scope, limit=1), None) is not None
