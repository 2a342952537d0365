"""Finding and reading botocore's service models."""

from __future__ import annotations

import gzip
import importlib.util
import json
from functools import cache
from pathlib import Path
from typing import Any

from skyglobe.models.shapes import ServiceModel


@cache
def data_folder() -> Path:
    """Return botocore's ``data`` folder, without importing botocore (which takes 150 ms)."""
    spec = importlib.util.find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed: pip install botocore")
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def service_names() -> tuple[str, ...]:
    """Return the names of every service botocore knows, sorted."""
    return tuple(sorted(folder.name for folder in data_folder().iterdir() if any(folder.glob("*/service-2.json*"))))


@cache
def load(name: str) -> ServiceModel:
    """Return the newest model of the service ``name``. Raises KeyError when there is none."""
    versions = sorted(path.parent for path in (data_folder() / name).glob("*/service-2.json*"))
    if not versions:
        raise KeyError(name)
    return ServiceModel(name, overlay(name, _read(versions[-1])))


def _read(folder: Path) -> dict[str, Any]:
    packed = folder / "service-2.json.gz"
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "service-2.json").read_bytes()
    model: dict[str, Any] = json.loads(content)
    return model


def overlay(name: str, model: dict[str, Any]) -> dict[str, Any]:
    """Lay what AWS documents but dropped from the model of ``name`` over it, if we keep such a file. Changes ``model``."""
    patch = Path(__file__).parent / "overlays" / f"{name}.json"
    if patch.exists():
        _merge(model, json.loads(patch.read_bytes()))
    return model


def _merge(target: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value
