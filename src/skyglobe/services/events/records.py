"""What EventBridge keeps: buses, rules and their targets, archives with their events, replays, connections."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.resources import Resource, ResourceTable
from skyglobe.kernel.tables import Counter, Record, Table

DEFAULT_BUS = "default"
ENABLED = "ENABLED"


class EventBus(Resource, frozen=True, kw_only=True):
    """A bus. The default one is written when it is first changed."""

    number: int
    """Known to no other bus, not even a later one of the same name; 0 for the default bus."""
    version: int
    """Another after each change of its rules or archives: what was worked out from them is kept by it."""
    changed_at: Instant
    description: str = ""
    policy: str = ""

    @property
    def is_default(self) -> bool:
        return self.id == DEFAULT_BUS


buses: ResourceTable[EventBus] = ResourceTable("AWS::Events::EventBus", "events.buses", EventBus, is_hot=True)


class Rule(Resource, frozen=True, kw_only=True):
    """A rule of a bus."""

    bus: str
    number: int
    """Known to no other rule."""
    pattern: str = ""
    schedule: str = ""
    state: str = ENABLED
    description: str = ""
    role: str = ""
    managed_by: str = ""
    """The service that made it for itself; empty for everybody else's."""
    creator: str = ""
    """The account that made it."""

    @property
    def is_enabled(self) -> bool:
        return self.state == ENABLED


rules: ResourceTable[Rule] = ResourceTable("AWS::Events::Rule", "events.rules", Rule, key=("bus", "id"))


class Target(Record, frozen=True):
    """One target of a rule."""

    rule_number: int
    id: str
    bus: str
    rule: str
    arn: str
    settings: dict[str, Any]
    """As PutTargets was given it."""

    @property
    def role(self) -> str:
        return str(self.settings.get("RoleArn", ""))


targets: Table[Target] = Table(
    "events.targets", Target, key=("rule_number", "id"), indexes={"arn": ("bus", "arn", "rule")}
)


class Archive(Resource, frozen=True, kw_only=True):
    """An archive of a bus."""

    number: int
    bus: str
    bus_arn: str
    description: str = ""
    pattern: str = ""
    retention_days: int = 0
    """0 keeps for ever."""


archives: ResourceTable[Archive] = ResourceTable(
    "AWS::Events::Archive", "events.archives", Archive, indexes={"bus": ("bus",)}
)
sizes = Counter("events.archive_sizes")
"""Of archives by number: ``NUMBER:events`` and ``NUMBER:bytes``."""


class Archived(Record, frozen=True):
    """An event in an archive."""

    number: int
    """The archive's."""
    at: Instant
    """What the event says."""
    order: int
    text: str


archived: Table[Archived] = Table("events.archived", Archived, key=("number", "at", "order"))


class Replay(Resource, frozen=True, kw_only=True):
    """A replay of an archive."""

    archive_arn: str
    archive_number: int
    bus: str
    destination: dict[str, Any]
    start_at: Instant
    """Of the events: from here, and before ``stop_at``."""
    stop_at: Instant
    number: int = 0
    description: str = ""
    state: str = "STARTING"
    reason: str = ""
    ended_at: Instant = 0
    last_at: Instant = 0
    """Of the last event that was replayed; 0 before the first."""
    last_order: int = 0


replays: ResourceTable[Replay] = ResourceTable(
    "AWS::Events::Replay", "events.replays", Replay, indexes={"state": ("state",)}
)


class Connection(Resource, frozen=True, kw_only=True):
    """How to be let in by HTTP endpoints."""

    number: int
    kind: str
    """``BASIC``, ``API_KEY`` or ``OAUTH_CLIENT_CREDENTIALS``."""
    shown: dict[str, Any]
    """The parameters without secrets."""
    sealed: str
    """All of them, for nobody's eyes; empty once it was deauthorized."""
    state: str
    changed_at: Instant
    description: str = ""
    reason: str = ""
    authorized_at: Instant = 0
    token: str = ""
    """What an OAuth server gave, sealed."""
    token_ends_at: Instant = 0


connections: ResourceTable[Connection] = ResourceTable("AWS::Events::Connection", "events.connections", Connection)


class ApiDestination(Resource, frozen=True, kw_only=True):
    """An HTTP endpoint as a target."""

    connection_arn: str
    endpoint: str
    method: str
    changed_at: Instant
    description: str = ""
    per_second: int = 0
    """Invocations at most; 0 where none was set."""


api_destinations: ResourceTable[ApiDestination] = ResourceTable(
    "AWS::Events::ApiDestination", "events.api_destinations", ApiDestination
)


class Pace(Record, frozen=True):
    """How many invocations of an API destination were given to which second."""

    arn: str
    second: int
    used: int


paces: Table[Pace] = Table("events.paces", Pace, key=("arn",))


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way to one target."""

    bus: str
    rule: str
    number: int
    """The rule's: a later one of its name is another."""
    target: str
    event: str
    """The event's text, as it came."""
    began_at: Instant
    hops: int = 0
    """How many buses it came through before this one."""
    attempts: int = 0
    key: str = ""
    """Of its timer; known after the first attempt."""
