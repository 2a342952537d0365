"""AWS's service authorization reference: which actions there are, on which resources, under which condition keys.

The data file is made by ``tools/authorization_reference.py``. A service's part is read when first asked for.
"""

from __future__ import annotations

import zlib
from functools import cache, cached_property
from pathlib import Path

import msgspec

_FILE = Path(__file__).parent / "data" / "authorization.bin"

_PREFIXES = {
    # Where actions are called otherwise than signatures; service authorization reference, "service prefix".
    "IoTSecuredTunneling": "iot",
    "cloudcontrolapi": "cloudformation",
    "email": "ses",
    "iot-jobs-data": "iotjobsdata",
    "iotdata": "iot",
    "monitoring": "cloudwatch",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "tagging": "tag",
}


class ActionResource(msgspec.Struct, frozen=True, array_like=True):
    """A resource type that an action works on."""

    name: str
    required: bool
    """Whether the action must be allowed on a resource of this type, or on this one of several."""
    keys: tuple[str, ...]


class Action(msgspec.Struct, frozen=True, array_like=True):
    """An action as policies name it."""

    name: str
    level: str
    """``Read``, ``Write``, ``List``, ``Tagging`` or ``Permissions management``, or several of them."""
    resources: tuple[ActionResource, ...]
    keys: tuple[str, ...]
    """The condition keys it can be limited by, whatever the resource."""


class ResourceType(msgspec.Struct, frozen=True, array_like=True):
    """A type of resource that policies can name."""

    name: str
    arn: str
    """``arn:${Partition}:sqs:${Region}:${Account}:${QueueName}``"""
    keys: tuple[str, ...]


class ConditionKey(msgspec.Struct, frozen=True, array_like=True):
    """A condition key."""

    key: str
    type: str
    """``String``, ``ARN``, ``Bool``, ``Numeric``, ``ArrayOfString`` and so on."""


class _Part(msgspec.Struct, frozen=True, array_like=True):
    name: str
    actions: tuple[Action, ...]
    resources: tuple[ResourceType, ...]
    keys: tuple[ConditionKey, ...]


class _Head(msgspec.Struct, frozen=True):
    version: str
    services: dict[str, tuple[int, int]]


class Reference:
    """What the reference says of one service."""

    def __init__(self, prefix: str, part: _Part) -> None:
        self.prefix = prefix
        self.name = part.name
        self.actions = {action.name.lower(): action for action in part.actions}
        self.resources = {resource.name: resource for resource in part.resources}
        self.keys = {key.key.lower(): key for key in part.keys}

    def find_action(self, name: str) -> Action | None:
        """Return the action of this name, in whatever case, or None."""
        return self.actions.get(name.lower())

    @cached_property
    def key_families(self) -> tuple[str, ...]:
        """What the condition keys begin with whose ends are anybody's choice: ``aws:resourcetag/``."""
        named = (key.replace("<", "${") for key in self.keys)  # S3 writes ``s3:RequestObjectTag/<key>``
        return tuple(key.partition("${")[0] for key in named if "${" in key)

    def has_key(self, key: str) -> bool:
        """Whether there is a condition key of this name, in whatever case."""
        lower = key.lower()
        return lower in self.keys or lower.startswith(self.key_families)


def version() -> str:
    """Return the version of the data."""
    return _head()[0].version


def prefixes() -> tuple[str, ...]:
    """Return the prefixes of all services, sorted."""
    return tuple(_head()[0].services)


@cache
def find_reference(prefix: str) -> Reference | None:
    """Return what there is about the service whose actions begin with ``prefix``, or None."""
    head, start = _head()
    place = head.services.get(prefix)
    if place is None:
        return None
    with _FILE.open("rb") as file:
        file.seek(start + place[0])
        content = file.read(place[1])
    return Reference(prefix, msgspec.json.decode(zlib.decompress(content), type=_Part))


def prefix_of(signing_name: str) -> str:
    """Return what the actions of a service begin with that signs by this name."""
    return _PREFIXES.get(signing_name, signing_name)


@cache
def _head() -> tuple[_Head, int]:
    with _FILE.open("rb") as file:
        line = file.readline()
    return msgspec.json.decode(line, type=_Head), len(line)
