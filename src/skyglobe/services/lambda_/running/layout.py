"""What a function sees of files: the machine's programs, AWS's folders, its code and layers, and nothing else."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import msgspec

from skyglobe.engines.sandboxes.client import Plan, Shared
from skyglobe.services.lambda_.running.interface import Specification

PYTHON_PACKAGES = (
    "awslambdaric",
    "runtime_client",
    "simplejson",
    "snapshot_restore_py",
    "boto3",
    "botocore",
    "s3transfer",
    "jmespath",
    "urllib3",
    "dateutil",
    "six",
)
"""What AWS's Python runtimes bring: the runtime client and the SDK, each with what it needs."""

PRELOADED = (
    "awslambdaric.bootstrap",
    "json.decoder",
    "logging.handlers",
    "http.client",
    "urllib.request",
    "decimal",
    "datetime",
    "hashlib",
    "ssl",
    "urllib3",
    "jmespath",
    "botocore.utils",
    "botocore.endpoint",
    "botocore.client",
    "botocore.session",
    "s3transfer",
    "boto3.session",
    "boto3",
)
"""Loaded ahead of need, a little at a time."""

_PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = ("alternatives", "ca-certificates", "fonts", "ld.so.cache", "localtime", "mime.types", "nsswitch.conf")
_MORE_SETTINGS = ("pki", "protocols", "resolv.conf", "services", "ssl", "terminfo")
_USERS = "root:x:0:0:root:/root:/sbin/nologin\nsbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin\n"
_HOSTS = "127.0.0.1 localhost localhost.localdomain\n"
MAX_PROCESSES = 1024  # processes and threads; "Lambda quotas"
MAX_OPEN_FILES = 1024  # "Lambda quotas", file descriptors
SPARES = 2
"""Sandboxes kept ready for the next cold starts."""
_MB = 1 << 20

_INSIDE = Path(__file__).parent / "inside"


class Places(msgspec.Struct, frozen=True):
    """Where a function finds things."""

    task: str = "/var/task"
    opt: str = "/opt"
    runtime: str = "/var/runtime"
    tmp: str = "/tmp"  # noqa: S108 - that is where AWS has it
    java: str = "/var/runtime/java"
    """The classes of Java's client of the Runtime API."""


INSIDE = Places()
"""Where AWS has them, and where they are in sandboxes with file systems of their own."""


def shared(programs: list[str]) -> Shared:
    """Return what all sandboxes of functions share. ``programs`` are interpreters that may lie anywhere."""
    binds = [(path, path) for path in _PROGRAMS]
    binds += [(path, path) for path in _prefixes(programs)]
    binds += [(os.path.realpath(f"/etc/{name}"), f"/etc/{name}") for name in (*_SETTINGS, *_MORE_SETTINGS)]
    binds += [(f"/etc/{name}", f"/etc/{name}") for name in _java_settings()]
    binds += [(path, f"{INSIDE.runtime}/{os.path.basename(path)}") for path in runtime_files()]
    return Shared(
        binds=binds,
        folders=[INSIDE.task, INSIDE.opt, INSIDE.runtime, INSIDE.tmp, INSIDE.java, "/mnt", "/var/lang/bin"],
        files={"/etc/passwd": _USERS, "/etc/group": "root:x:0:\nsbx_user1051:x:990:\n", "/etc/hosts": _HOSTS},
        links=[(path, f"/var/lang/bin/{os.path.basename(path)}") for path in programs],
        preload=list(PRELOADED),
        paths=[INSIDE.runtime],
        spares=SPARES,
        start=str(_INSIDE / "python_start.py"),
    )


def shared_in_the_open(folder: Path) -> Shared:
    """Return what sandboxes share that see the machine's own files; ``folder`` stands for ``/var/runtime``."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in runtime_files():
        link = folder / os.path.basename(path)
        if not link.is_symlink():
            link.symlink_to(path)
    start = str(_INSIDE / "python_start.py")
    return Shared(preload=list(PRELOADED), paths=[str(folder)], spares=SPARES, start=start)


def plan_files(plan: Plan, specification: Specification, hosts: Path, java: Path) -> Places:
    """Have a sandbox see one function's code, layers and scratch space."""
    plan.binds = [(str(specification.code), INSIDE.task), (str(hosts), "/etc/hosts")]
    if specification.runtime.startswith("java"):
        plan.binds.append((str(java), INSIDE.java))
    if specification.layers:
        plan.merged = [([str(folder) for folder in specification.layers], INSIDE.opt)]
    plan.scratch = [(INSIDE.tmp, specification.ephemeral_mb * _MB)]
    return INSIDE


def places_in_the_open(specification: Specification, folder: Path, runtime: Path, java: Path) -> Places:
    """Lay out an environment that sees the machine's own files: scratch space, and layers merged into one folder."""
    tmp, opt = folder / "tmp", folder / "opt"
    tmp.mkdir(parents=True)
    opt.mkdir()
    for layer in specification.layers:
        shutil.copytree(layer, opt, dirs_exist_ok=True, symlinks=True)
    return Places(task=str(specification.code), opt=str(opt), runtime=str(runtime), tmp=str(tmp), java=str(java))


def runtime_files() -> list[str]:
    """Return the files and folders AWS's runtimes bring, as far as they are installed."""
    found = [str(_INSIDE / name) for name in ("node_start.mjs", "python_start.py")]
    for name in PYTHON_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None:
            continue
        if spec.submodule_search_locations:
            found.append(os.path.realpath(spec.submodule_search_locations[0]))
        elif spec.origin:
            found.append(os.path.realpath(spec.origin))
    return found


def _prefixes(programs: list[str]) -> list[str]:
    """Return the folders that programs outside the machine's own need to see, the interpreter's first."""
    found = [os.path.realpath(sys.base_prefix)]
    found += [os.path.dirname(os.path.dirname(os.path.realpath(program))) for program in programs]
    return [path for path in dict.fromkeys(found) if path != "/" and not path.startswith(("/usr", "/bin"))]


def _java_settings() -> list[str]:
    try:
        return [name for name in os.listdir("/etc") if name.startswith("java")]
    except OSError:
        return []
