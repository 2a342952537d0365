"""How functions of each runtime are started, and what the machine must have for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from skyglobe.services.lambda_.running.interface import RuntimeMissing, Specification
from skyglobe.services.lambda_.running.layout import Places

WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"


class Start(msgspec.Struct, kw_only=True):
    """How a function's main process is started."""

    argv: list[str] | None
    """None where it is forked off an interpreter that is running already."""
    takes_frames: bool = False
    """Whether it writes framed log lines to the descriptor it is told of."""


class Entrypoint(Exception):
    """The function has no program to start: AWS's ``Runtime.InvalidEntrypoint``."""


def start_of(specification: Specification, places: Places) -> Start:
    """Return how to start a function. Raises ``RuntimeMissing`` and ``Entrypoint``."""
    runtime = specification.runtime
    if runtime.startswith("provided"):
        return Start(argv=[_bootstrap(specification, places)])
    if runtime.startswith("python"):
        started = _python(specification, places)
    elif runtime.startswith("nodejs"):
        started = Start(argv=[_program("node", runtime), f"{places.runtime}/node_start.mjs"], takes_frames=True)
    elif runtime.startswith("java"):
        started = _java(specification, places)
    else:
        raise RuntimeMissing(f"functions of {runtime} cannot be run here: there is no runtime client for them")
    wrapper = specification.environment.get(WRAPPER)
    if wrapper:
        assert started.argv is not None, "wrapped functions are started as programs"
        started.argv = [wrapper, *started.argv]
    return started


def programs() -> list[str]:
    """Return the interpreters found on this machine, besides Python's own."""
    found = (shutil.which("node"), _java_home() and f"{_java_home()}/bin/java")
    return [program for program in found if program]


def version_of(specification: Specification) -> dict[str, Any]:
    """Return what logs and telemetry say of the runtime's version. There is but one of each here."""
    runtime = specification.runtime
    family = "provided" if runtime.startswith("provided") else runtime.rstrip("0123456789.x")
    version = f"{family}:{runtime.removeprefix(family).lstrip('.').removesuffix('.x') or 'al1'}.v1"
    return {
        "runtimeVersion": version,
        "runtimeVersionArn": f"arn:aws:lambda:{specification.region}::runtime:{_digest(version)}",
    }


def _digest(text: str) -> str:
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def _python(specification: Specification, places: Places) -> Start:
    import importlib.util

    if importlib.util.find_spec("awslambdaric") is None:
        raise RuntimeMissing(
            f"functions of {specification.runtime} need the package awslambdaric: pip install 'skyglobe[lambda]'"
        )
    if WRAPPER not in specification.environment:
        return Start(argv=None, takes_frames=True)
    from skyglobe.engines.sandboxes.client import interpreter

    return Start(argv=[interpreter(), "-S", f"{places.runtime}/python_start.py"], takes_frames=True)


def _java(specification: Specification, places: Places) -> Start:
    home = _java_home()
    if home is None:
        raise RuntimeMissing(f"functions of {specification.runtime} need a JDK: no java was found on PATH")
    if not os.path.exists(f"{home}/bin/javac"):
        raise RuntimeMissing(f"functions of {specification.runtime} need a JDK, and {home} is a JRE only")
    heap = max(16, specification.memory_mb * 85 // 100)  # percent of memory, as AWS's runtimes give
    path = f"{places.java}:{places.task}:{places.task}/lib/*:{places.opt}/java/lib/*"
    flags = [f"-Xmx{heap}m", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:TieredStopAtLevel=1"]
    return Start(argv=[f"{home}/bin/java", *flags, "-cp", path, "JavaStart"])


def compile_java(folder: Path) -> None:
    """Compile Java's client of the Runtime API into ``folder``, unless that was done. Takes a second or two.

    Raises ``RuntimeMissing``.
    """
    if folder.exists():
        return
    home = _java_home()
    if home is None or not os.path.exists(f"{home}/bin/javac"):
        return  # the function will be told
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        source = str(Path(__file__).parent / "inside" / "JavaStart.java")
        command = [f"{home}/bin/javac", "-nowarn", "-d", f"{made}/classes", source]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if result.returncode:
            raise RuntimeMissing(f"the JDK in {home} cannot compile the runtime client: {result.stderr.strip()[-500:]}")
        os.chmod(made, 0o755)  # noqa: S103 - functions have users of their own
        Path(made, "classes").rename(folder)


def _java_home() -> str | None:
    home = os.environ.get("JAVA_HOME")
    if home and os.path.exists(f"{home}/bin/java"):
        return os.path.realpath(home)
    found = shutil.which("java")
    return os.path.dirname(os.path.dirname(os.path.realpath(found))) if found else None


def _program(name: str, runtime: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RuntimeMissing(f"functions of {runtime} need {name}, which was not found on PATH")
    return os.path.realpath(found)


def _bootstrap(specification: Specification, places: Places) -> str:
    """Return the program of a function that brings its own runtime: in its code, or in the last layer that has one."""
    for folder, place in ((specification.code, places.task), *((layer, places.opt) for layer in specification.layers)):
        program = Path(folder) / "bootstrap"
        if program.is_file() and os.access(program, os.X_OK):
            return f"{place}/bootstrap"
    raise Entrypoint("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
