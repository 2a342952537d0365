"""What a sandbox sees of files: a root of its own, made once for a launcher, and what each sandbox adds to it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from skyglobe.engines import linux

HOST = "/.host"
"""Where a launcher keeps the machine's own root. Sandboxes let go of it before anything of theirs runs."""

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}


def make_root(root: str, plan: Mapping[str, Any]) -> None:
    """Make this process's root an otherwise empty, read-only file system with what ``plan`` names.

    ``binds`` are (source, target) pairs shown read-only, ``files`` texts by path, ``folders`` and ``links`` what they
    are called. Must run in a mount namespace of its own.
    """
    linux.mount("none", "/", flags=linux.RECURSIVE | linux.PRIVATE)
    linux.mount("skyglobe", root, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, "size=8m,mode=755")
    for folder in (HOST, "/proc", "/dev", "/etc", *plan["folders"]):
        _make_folder(root, folder)
    for source, target in plan["binds"]:
        _show(source, root, target)
    for path, text in plan["files"].items():
        _make_folder(root, os.path.dirname(path))
        with open(root + path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(root + path, 0o644)
    for target, path in plan["links"]:
        _make_folder(root, os.path.dirname(path))
        os.symlink(target, root + path)
    _make_devices(root)
    linux.pivot_root(root, root + HOST)
    os.chdir("/")
    linux.mount("none", "/", flags=linux.BIND | linux.REMOUNT | linux.READ_ONLY | linux.NO_SETUID)


def furnish(plan: Mapping[str, Any], *, has_pids: bool) -> None:
    """Add to the launcher's root what is one sandbox's own, in a mount namespace of its own, and shut the host out.

    ``binds`` are as for the root; ``merged`` are (sources, target) pairs whose later sources hide what earlier ones
    have under the same names; ``scratch`` are (path, bytes) pairs of writable folders in memory.
    """
    for source, target in plan["binds"]:
        linux.bind(HOST + source, target)
    for sources, target in plan["merged"]:
        _merge(sources, target)
    for path, size in plan["scratch"]:
        linux.mount("scratch", path, "tmpfs", linux.NO_SETUID | linux.NO_DEVICES, f"size={size},mode=1777")
    if has_pids:
        linux.mount("proc", "/proc", "proc", linux.NO_SETUID | linux.NO_DEVICES)
    linux.detach(HOST)


def _merge(sources: Sequence[str], target: str) -> None:
    if len(sources) == 1:
        linux.bind(HOST + sources[0], target)
        return
    lowest_last = [(HOST + source).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,") for source in sources]
    lower = ":".join(reversed(lowest_last))
    linux.mount("merged", target, "overlay", linux.READ_ONLY | linux.NO_SETUID, f"lowerdir={lower}")


def _make_folder(root: str, folder: str) -> None:
    made = root
    for name in folder.split("/"):
        if name:
            made += "/" + name
            if not os.path.lexists(made):
                os.mkdir(made)
                os.chmod(made, 0o755)  # noqa: S103 - as system folders are


def _show(source: str, root: str, target: str) -> None:
    """Bind ``source``, or copy it where it is a link; leave out what the machine does not have."""
    if not os.path.lexists(source):
        return
    _make_folder(root, os.path.dirname(target))
    place = root + target
    if os.path.islink(source):
        if not os.path.lexists(place):
            os.symlink(os.readlink(source), place)
        return
    if os.path.isdir(source):
        _make_folder(root, target)
    else:
        open(place, "w").close()
    linux.bind(source, place)


def _make_devices(root: str) -> None:
    for name in _DEVICES:
        if os.path.exists(f"/dev/{name}"):
            open(f"{root}/dev/{name}", "w").close()
            linux.mount(f"/dev/{name}", f"{root}/dev/{name}", flags=linux.BIND)
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, f"{root}/dev/{name}")
