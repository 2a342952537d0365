"""Finding and reading botocore's service models, through the compact copy of each that a first reading leaves."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.models import caching
from skyglobe.models.caching import data_folder
from skyglobe.models.shapes import ServiceModel

OVERLAYS = Path(__file__).parent / "overlays"
_PROSE = frozenset({"documentation", "documentationUrl", "deprecatedMessage", "deprecatedSince", "examples"})


class Packed(msgspec.Struct):
    """A model without its prose, each operation and shape still encoded until it is asked for."""

    overlay: int
    """Checksum of the overlay that was laid over the model; 0 for none."""
    metadata: dict[str, Any]
    operations: dict[str, msgspec.Raw]
    shapes: dict[str, msgspec.Raw]


_DECODER = msgspec.msgpack.Decoder(Packed)


class LazyTable(Mapping[str, dict[str, Any]]):
    """Named values decoded when first looked at: a request touches some ten shapes of EC2's five thousand."""

    def __init__(self, packed: dict[str, Any]) -> None:
        self._values = packed

    def __getitem__(self, name: str) -> dict[str, Any]:
        value = self._values[name]
        if type(value) is msgspec.Raw:
            value = self._values[name] = msgspec.msgpack.decode(value)
        found: dict[str, Any] = value
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._values


@cache
def service_names() -> tuple[str, ...]:
    """Return the names of every service botocore knows, sorted."""
    return tuple(sorted(entry.name for entry in os.scandir(data_folder()) if entry.is_dir() and versions(entry.name)))


def versions(name: str) -> tuple[str, ...]:
    """Return the API versions of ``name`` on disk, oldest first; empty when botocore knows no such service."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return ()
    folder = data_folder() / name
    try:
        found = os.listdir(folder)
    except OSError:
        return ()
    return tuple(sorted(version for version in found if _file(name, version) is not None))


@cache
def load(name: str) -> ServiceModel:
    """Return the newest model of the service ``name``, the same object every time. Raises KeyError if there is none."""
    checksum = zlib.crc32(_overlay_bytes(name))
    packed = _read_packed(name, checksum)
    if packed is None:
        packed = pack(name, checksum)
    tables = {"operations": LazyTable(packed.operations), "shapes": LazyTable(packed.shapes)}
    return ServiceModel(name, {"metadata": packed.metadata, **tables})


def pack(name: str, checksum: int | None = None, folder: Path | None = None) -> Packed:
    """Read ``name`` from botocore, leave its compact copy in ``folder`` (the user's cache by default) and return it.

    Raises KeyError when there is no such service.
    """
    available = versions(name)
    if not available:
        raise KeyError(name)
    model = without_prose(read_model(name, available[-1]))
    lay_over(model, read_overlay(name))
    model["overlay"] = zlib.crc32(_overlay_bytes(name)) if checksum is None else checksum
    content = msgspec.msgpack.encode(model)
    caching.write(f"{name}.msgpack", content, folder)
    return _DECODER.decode(content)


def read_model(name: str, version: str) -> dict[str, Any]:
    """Return botocore's own file for one version of a service, as it is. Raises KeyError when there is none."""
    content = read_model_bytes(name, version)
    model: dict[str, Any] = msgspec.json.decode(content)
    return model


def read_model_bytes(name: str, version: str) -> bytes:
    """Return botocore's own file for one version of a service as JSON. Raises KeyError when there is none."""
    path = _file(name, version)
    if path is None:
        raise KeyError(f"{name} {version}")
    content = path.read_bytes()
    if path.suffix == ".gz":
        import gzip  # only where the compact copy is missing

        content = gzip.decompress(content)
    return content


def read_overlay(name: str) -> dict[str, Any]:
    """Return what AWS documents of ``name`` but dropped from its model: a partial model, empty for nearly all."""
    content = _overlay_bytes(name)
    patch: dict[str, Any] = msgspec.json.decode(content) if content else {}
    return patch


def without_prose(model: dict[str, Any]) -> dict[str, Any]:
    """Return what of ``model`` the program acts upon. Traits named as prose are dropped, members of such names kept."""
    return {
        "metadata": model["metadata"],
        "operations": {name: _operation(raw) for name, raw in model["operations"].items()},
        "shapes": {name: _shape(raw) for name, raw in model["shapes"].items()},
    }


def lay_over(target: dict[str, Any], patch: dict[str, Any]) -> None:
    """Merge ``patch`` into ``target``: mappings member by member, anything else replaced."""
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            lay_over(target[key], value)
        else:
            target[key] = value


def _operation(raw: dict[str, Any]) -> dict[str, Any]:
    kept = _traits(raw)
    for part in ("input", "output"):
        if part in kept:
            kept[part] = _traits(kept[part])
    if "errors" in kept:
        kept["errors"] = [_traits(reference) for reference in kept["errors"]]
    return kept


def _shape(raw: dict[str, Any]) -> dict[str, Any]:
    kept = _traits(raw)
    if "members" in kept:
        kept["members"] = {name: _traits(reference) for name, reference in kept["members"].items()}
    for part in ("member", "key", "value"):
        if part in kept:
            kept[part] = _traits(kept[part])
    return kept


def _traits(raw: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key not in _PROSE}


def _read_packed(name: str, checksum: int) -> Packed | None:
    content = caching.read(f"{name}.msgpack") if re.fullmatch(r"[a-z0-9-]+", name) else None
    if content is None:
        return None
    try:
        packed = _DECODER.decode(content)
    except msgspec.DecodeError:
        return None
    return packed if packed.overlay == checksum else None


def _overlay_bytes(name: str) -> bytes:
    try:
        return (OVERLAYS / f"{name}.json").read_bytes()
    except OSError:
        return b""


def _file(name: str, version: str) -> Path | None:
    for suffix in ("service-2.json.gz", "service-2.json"):
        path = data_folder() / name / version / suffix
        if path.exists():
            return path
    return None
