"""Zip archives: what may be in them, and how they are unpacked where nothing can get out."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

MAX_UPLOAD_BYTES = 52_428_800  # Lambda quotas, "Deployment package (.zip file archive) size": 50 MB, zipped
MAX_UNPACKED_BYTES = 262_144_000  # the same: 250 MB, unzipped, with layers
MAX_ENTRIES = 200_000
"""Ours: files that hold nothing take room as well."""
_CHUNK = 1024 * 1024


class BadArchive(ValueError):
    """What Lambda does not take as a package. The message is for its user."""


class Entry(NamedTuple):
    """One file, folder or link of an archive that may be unpacked."""

    info: zipfile.ZipInfo
    path: PurePosixPath
    is_link: bool


def check_archive(file: BinaryIO) -> int:
    """Return how many bytes an archive has unpacked, as it says itself. Raises BadArchive."""
    archive = _open(file)
    if not archive.infolist():
        raise BadArchive("Uploaded file must be a non-empty zip")
    entries = _entries(archive)
    size = sum(entry.info.file_size for entry in entries)
    if size > MAX_UNPACKED_BYTES:
        raise BadArchive(f"Unzipped size must be smaller than {MAX_UNPACKED_BYTES} bytes")
    return size


def unpack(file: BinaryIO, target: Path) -> None:
    """Unpack an archive into ``target``, a new folder, readable for everybody.

    Nothing is written outside it, and nothing in it points outside. Raises BadArchive, also when it holds more bytes
    than it says.
    """
    archive = _open(file)
    target.mkdir(parents=True)
    target.chmod(0o755)
    room = MAX_UNPACKED_BYTES
    for entry in _entries(archive):
        place = target / entry.path
        if entry.info.is_dir():
            place.mkdir(parents=True, exist_ok=True)
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.is_link:
            os.symlink(archive.read(entry.info).decode("utf-8", "surrogateescape"), place)
            continue
        room -= _write(archive, entry.info, place, room)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)  # noqa: S103 - the sandbox's user is another one


def _open(file: BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise _unreadable() from error


def _unreadable() -> BadArchive:
    return BadArchive("Could not unzip uploaded file. Please check your file, then try to upload again.")


def _entries(archive: zipfile.ZipFile) -> list[Entry]:
    """Return what is to be unpacked. Raises BadArchive for whatever would get out of the folder."""
    found: list[Entry] = []
    links: set[PurePosixPath] = set()
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise BadArchive(f"The archive has more than {MAX_ENTRIES} entries.")
    for info in infos:
        path = PurePosixPath(info.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in info.filename or "\0" in info.filename:
            raise BadArchive(f"The archive's entry {info.filename[:200]!r} lies outside of it.")
        if info.flag_bits & 1 or len(info.filename.encode("utf-8", "surrogateescape")) > 4096:
            raise _unreadable()
        if not path.parts:
            continue
        is_link = stat.S_ISLNK(info.external_attr >> 16)
        if is_link:
            _check_link(archive, info, path)
            links.add(path)
        found.append(Entry(info, path, is_link))
    if links:
        for entry in found:
            if any(parent in links for parent in entry.path.parents):
                raise BadArchive(f"The archive's entry {str(entry.path)[:200]!r} lies behind a link.")
    return found


def _check_link(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: PurePosixPath) -> None:
    """Raise BadArchive for a link that leads out of the folder.

    ``..`` is only taken at its beginning: behind another link it would lead elsewhere than it looks.
    """
    if info.file_size > 4096:
        raise _unreadable()
    try:
        target = PurePosixPath(archive.read(info).decode("utf-8", "surrogateescape"))
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise _unreadable() from error
    ups = 0
    while ups < len(target.parts) and target.parts[ups] == "..":
        ups += 1
    if target.is_absolute() or ".." in target.parts[ups:] or ups > len(path.parts) - 1 or not target.parts:
        raise BadArchive(f"The archive's link {str(path)[:200]!r} leads outside of it.")


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, place: Path, room: int) -> int:
    """Write one file, of at most ``room`` bytes, and return its size."""
    size = 0
    try:
        with archive.open(info) as source, open(place, "wb") as target:
            while piece := source.read(_CHUNK):
                size += len(piece)
                if size > room:
                    raise BadArchive(f"Unzipped size must be smaller than {MAX_UNPACKED_BYTES} bytes")
                target.write(piece)
    except BadArchive:
        raise
    except IsADirectoryError as error:
        raise _unreadable() from error
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _unreadable() from error
    except Exception as error:
        if type(error).__module__ in ("zlib", "lzma", "_lzma"):
            raise _unreadable() from error
        raise
    is_executable = bool((info.external_attr >> 16) & stat.S_IXUSR)
    place.chmod(0o755 if is_executable else 0o644)
    return size
