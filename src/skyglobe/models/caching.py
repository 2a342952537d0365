"""A folder of small checked files that only make the next start faster: losing it loses nothing."""

from __future__ import annotations

import os
import re
import zlib
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

FORMAT = 1
"""Raised whenever what is written changes its layout or meaning, so that older files are left alone."""

PREBUILT = Path(__file__).parent / "prebuilt"
"""Where a distribution may carry files built beforehand; laid out as the user's own cache."""

_CHECKSUM_BYTES = 4


@cache
def data_folder() -> Path:
    """Return botocore's ``data`` folder, without importing botocore (which takes 150 ms)."""
    spec = find_spec("botocore")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("botocore is not installed: pip install botocore")
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def botocore_version() -> str:
    """Return the installed botocore's version, read from its source: importing its metadata costs more."""
    source = (data_folder().parent / "__init__.py").read_text("utf-8")
    found = re.search(r"^__version__ = ['\"]([\w.+-]+)['\"]", source, re.MULTILINE)
    return found.group(1) if found else "unknown"


def cache_folder() -> Path | None:
    """Return where this user's files live for this botocore; None when there is no home to keep them in.

    ``SKYGLOBE_CACHE`` names the folder, else ``skyglobe`` under the XDG cache folder.
    """
    chosen = os.environ.get("SKYGLOBE_CACHE")
    if chosen:
        return Path(chosen) / generation()
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skyglobe" / generation()
    except RuntimeError:  # a user id without a home
        return None


def read(name: str) -> bytes | None:
    """Return what was written under ``name``; None when nothing was or what is there is damaged."""
    for folder in (cache_folder(), PREBUILT / generation()):
        content = _checked(folder / name) if folder is not None else None
        if content is not None:
            return content
    return None


def write(name: str, content: bytes, folder: Path | None = None) -> None:
    """Keep ``content`` under ``name`` in ``folder`` (the user's by default), whole or not at all.

    Does nothing where the folder cannot be written: a read-only system merely starts more slowly.
    """
    folder = folder or cache_folder()
    if folder is None:
        return
    partial = folder / f".{name}.{os.getpid()}"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big") + content)
            partial.replace(folder / name)
        except OSError:
            partial.unlink(missing_ok=True)
            raise


def _checked(path: Path) -> bytes | None:
    try:
        stored = path.read_bytes()
    except OSError:
        return None
    content = stored[_CHECKSUM_BYTES:]
    return content if stored[:_CHECKSUM_BYTES] == zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "big") else None


@cache
def generation() -> str:
    """Return the name of the folder whose files belong to this botocore and this layout."""
    return f"models-{botocore_version()}-{FORMAT}"
