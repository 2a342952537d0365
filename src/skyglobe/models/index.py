"""What tells services apart, for all of them at once, without loading their models.

The index is built from every model botocore ships (half a second) and kept beside the compact models; reading it
back takes milliseconds. ``python -m skyglobe.models.index [FOLDER]`` builds it, and the compact models, beforehand.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.models import caching, loading

_FILE = "index.msgpack"
_QUERY_PROTOCOLS = frozenset({"query", "ec2"})
_CBOR = "smithy-rpc-v2-cbor"


class ServiceFacts(msgspec.Struct, frozen=True, array_like=True):
    """One service in a line."""

    name: str
    """botocore's name, the one the models are loaded by."""
    service_id: str
    """As the SDKs write it (``API Gateway``)."""
    full_name: str
    protocols: tuple[str, ...]
    """By preference, those an overlay adds included."""
    api_version: str
    """The newest on disk, the one that is served."""
    api_versions: tuple[str, ...]
    """Every version on disk, oldest first: older clients still send them."""
    endpoint_prefix: str
    signing_name: str
    target_prefixes: tuple[str, ...]
    """What comes before the last dot of ``X-Amz-Target``; the newest version's last."""
    rpc_name: str | None
    """What ``/service/NAME/operation/…`` says, for services that speak rpc-v2-cbor."""
    operation_count: int

    @property
    def speaks_query(self) -> bool:
        """Whether requests may name their operation by ``Action`` and ``Version``."""
        return not _QUERY_PROTOCOLS.isdisjoint(self.protocols)


class _Stored(msgspec.Struct, array_like=True):
    overlays: int
    """Checksum of all overlays it was built with."""
    services: tuple[ServiceFacts, ...]
    actions: msgspec.Raw


class Index:
    """Answers which services a request may be meant for. Every answer is a tuple of names, perhaps empty.

    The service with most operations comes first: of ``rds``, ``neptune`` and ``docdb``, which share everything a
    request shows, it is ``rds``.
    """

    def __init__(self, stored: _Stored) -> None:
        self.services: dict[str, ServiceFacts] = {facts.name: facts for facts in stored.services}
        """Every service by name."""
        self._packed_actions = stored.actions

    def by_signing_name(self, signing_name: str) -> tuple[str, ...]:
        """Return the services whose signatures carry ``signing_name`` in their scope."""
        return self._signing_names.get(signing_name, ())

    def by_endpoint_prefix(self, prefix: str) -> tuple[str, ...]:
        """Return the services found at ``PREFIX.REGION.amazonaws.com``."""
        return self._endpoint_prefixes.get(prefix, ())

    def by_target(self, target: str) -> tuple[str, ...]:
        """Return the services an ``X-Amz-Target`` (``PREFIX.Operation``) may name; the operation is not looked at."""
        return self._target_prefixes.get(target.rpartition(".")[0], ())

    def by_query(self, version: str | None, action: str) -> tuple[str, ...]:
        """Return the query and ec2 services that have ``action``, of ``version`` where that tells them apart.

        A version no model has leaves all services with the action: AWS accepts older ones than botocore ships.
        """
        found = self._actions.get(action, ())
        exact = tuple(name for name in found if version in self.services[name].api_versions)
        return exact or found

    def by_rpc_name(self, name: str) -> tuple[str, ...]:
        """Return the services that ``/service/NAME/operation/…`` may mean."""
        return self._rpc_names.get(name, ())

    @cached_property
    def _signing_names(self) -> dict[str, tuple[str, ...]]:
        return self._grouped((facts.signing_name, facts.name) for facts in self.services.values())

    @cached_property
    def _endpoint_prefixes(self) -> dict[str, tuple[str, ...]]:
        return self._grouped((facts.endpoint_prefix, facts.name) for facts in self.services.values())

    @cached_property
    def _target_prefixes(self) -> dict[str, tuple[str, ...]]:
        return self._grouped(
            (prefix, facts.name) for facts in self.services.values() for prefix in facts.target_prefixes
        )

    @cached_property
    def _rpc_names(self) -> dict[str, tuple[str, ...]]:
        return self._grouped((facts.rpc_name, facts.name) for facts in self.services.values() if facts.rpc_name)

    def _grouped(self, pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
        return _grouped(pairs, {name: facts.operation_count for name, facts in self.services.items()})

    @cached_property
    def _actions(self) -> dict[str, tuple[str, ...]]:
        return msgspec.msgpack.decode(self._packed_actions, type=dict[str, tuple[str, ...]])


@cache
def index() -> Index:
    """Return the index of all services, the same object every time; built and kept when there is none yet."""
    content = caching.read(_FILE)
    if content is not None:
        try:
            stored = msgspec.msgpack.decode(content, type=_Stored)
        except msgspec.DecodeError:
            pass
        else:
            if stored.overlays == _overlays_checksum():
                return Index(stored)
    return build_index()


def build_index(folder: Path | None = None) -> Index:
    """Read every model, leave the index in ``folder`` (the user's cache by default) and return it."""
    services, actions = [], []
    for name in loading.service_names():
        facts, operations = _facts(name)
        services.append(facts)
        if facts.speaks_query:
            actions += [(operation, name) for operation in operations]
    packed = msgspec.msgpack.encode(_grouped(actions, {facts.name: facts.operation_count for facts in services}))
    stored = _Stored(_overlays_checksum(), tuple(services), msgspec.Raw(packed))
    caching.write(_FILE, msgspec.msgpack.encode(stored), folder)
    return Index(stored)


class _Head(msgspec.Struct):
    metadata: dict[str, Any]
    operations: dict[str, msgspec.Raw]


_HEADS = msgspec.json.Decoder(_Head)


def _facts(name: str) -> tuple[ServiceFacts, Iterable[str]]:
    versions = loading.versions(name)
    heads = [_HEADS.decode(loading.read_model_bytes(name, version)) for version in versions]
    newest = heads[-1]
    metadata = newest.metadata | loading.read_overlay(name).get("metadata", {})
    protocols = tuple(metadata.get("protocols") or (metadata["protocol"],))
    targets = [head.metadata["targetPrefix"] for head in heads if "targetPrefix" in head.metadata]
    facts = ServiceFacts(
        name=name,
        service_id=metadata["serviceId"],
        full_name=metadata["serviceFullName"],
        protocols=protocols,
        api_version=metadata["apiVersion"],
        api_versions=tuple(head.metadata["apiVersion"] for head in heads),
        endpoint_prefix=metadata["endpointPrefix"],
        signing_name=metadata.get("signingName", metadata["endpointPrefix"]),
        target_prefixes=tuple(dict.fromkeys(targets)),
        rpc_name=metadata["targetPrefix"] if _CBOR in protocols else None,
        operation_count=len(newest.operations),
    )
    return facts, newest.operations


def _overlays_checksum() -> int:
    checksum = 0
    for file in sorted(loading.OVERLAYS.glob("*.json")):
        checksum = zlib.crc32(file.name.encode() + file.read_bytes(), checksum)
    return checksum


def _grouped(pairs: Iterable[tuple[str, str]], sizes: dict[str, int]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, set[str]] = {}
    for key, name in pairs:
        groups.setdefault(key, set()).add(name)
    return {key: tuple(sorted(names, key=lambda name: (-sizes[name], name))) for key, names in groups.items()}


def prebuild(folder: Path | None = None) -> int:
    """Write the index and all compact models to ``folder`` (the user's cache by default); return how many models."""
    build_index(folder)
    for name in loading.service_names():
        loading.pack(name, folder=folder)
    return len(loading.service_names())


if __name__ == "__main__":
    target = Path(sys.argv[1]) / caching.generation() if len(sys.argv) > 1 else None
    sys.stdout.write(f"{prebuild(target)} models in {target or caching.cache_folder()}\n")
