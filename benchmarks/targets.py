"""The servers that are compared: Skyglobe, the peers from PyPI, and a handler that does nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.prepared import Preparer
from benchmarks.processes import Processes

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".bench"
PEERS = {"moto": "moto[server]", "ministack": "ministack"}
"""What pip installs, into an environment of its own: black boxes, reached over HTTP only."""
ROOT_KEY = ("AKIABENCHBENCHBENCH0", "the/secret+of/the+root+of/the+benchmark0")
START_FOR = 60.0  # seconds until a server that does not answer is given up


class CannotStart(Exception):
    """A target ended, or never answered."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(eq=False)
class Target:
    """One server: how it is started, reached and called."""

    name: str
    command: list[str]
    port: int
    key: tuple[str, str] = ("test", "test")
    environment: dict[str, str] = field(default_factory=dict)
    probe: tuple[str, str] = ("sts", "get_caller_identity")
    """A call it answers with success from the first moment on."""
    process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_null(self) -> bool:
        """Whether it answers the same to everything."""
        return self.name == "null"

    @property
    def processes(self) -> Processes:
        assert self.process is not None
        return Processes(self.process.pid)

    def preparer(self) -> Preparer:
        return Preparer(self.endpoint, self.key)

    def start(self) -> float:
        """Start it and wait for its first successful answer; return the seconds that took. Raises ``CannotStart``."""
        request = self.preparer().prepare(*self.probe).wire
        began = time.perf_counter()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        while not self._answers(request):
            if self.process.poll() is not None:
                raise CannotStart(f"{self.name} ended with {self.process.returncode}")
            if time.perf_counter() - began > START_FOR:
                self.stop()
                raise CannotStart(f"{self.name} never answered")
            time.sleep(0.002)
        return time.perf_counter() - began

    def _answers(self, request: bytes) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                connection.sendall(request)
                return b" 200 " in connection.recv(64)
        except OSError:
            return False

    def stop(self) -> None:
        """End it with all its children."""
        process, self.process = self.process, None
        if process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
                return


def skyglobe(folder: Path, programs: Path) -> Target:
    """A cloud with everything on: signatures verified (the key is known to it), every write in its file before its
    answer, data in ``folder``.
    """
    port = free_port()
    program = str(programs / "skyglobe")
    key = f"{ROOT_KEY[0]}:{ROOT_KEY[1]}"
    command = [program, "up", "--strict-auth", "--folder", str(folder), "--port", str(port), "--root-key", key]
    return Target("skyglobe", command, port, ROOT_KEY, {"SKYGLOBE_RUNTIME": str(folder.parent / "runtime")})


def null(programs: Path) -> Target:
    """The same transport over a handler that does nothing: the ceiling."""
    port = free_port()
    return Target("null", [str(programs / "python"), "-m", "benchmarks.null_server", str(port)], port)


def moto(programs: Path) -> Target:
    port = free_port()
    return Target("moto", [str(programs / "moto_server"), "-H", "127.0.0.1", "-p", str(port)], port)


def ministack(programs: Path) -> Target:
    port = free_port()
    return Target("ministack", [str(programs / "ministack")], port, environment={"GATEWAY_PORT": str(port)})


def kinesalite() -> Target:
    """A peer from npm that is Kinesis only, in memory."""
    port = free_port()
    program = installed_by_npm("kinesalite")
    command = ["node", str(program), "--port", str(port), "--createStreamMs", "0", "--shardLimit", "500"]
    return Target("kinesalite", command, port, probe=("kinesis", "list_streams"))


def dynalite() -> Target:
    """A peer from npm that is DynamoDB only, in memory."""
    port = free_port()
    command = ["node", str(installed_by_npm("dynalite")), "--port", str(port), "--createTableMs", "0"]
    return Target("dynalite", command, port, probe=("dynamodb", "list_tables"))


def s3rver() -> Target:
    """A peer from npm that is S3 only. It keeps its objects in files, and verifies signatures of the one key it has."""
    port = free_port()
    program = installed_by_npm("s3rver", "bin/s3rver.js")
    command = ["node", str(program), "--silent", "--directory", str(fresh_folder("s3rver")), "--address", "127.0.0.1"]
    return Target("s3rver", [*command, "--port", str(port)], port, ("S3RVER", "S3RVER"), probe=("s3", "list_buckets"))


def installed_by_npm(package: str, name: str = "cli.js") -> Path:
    """Install a package with npm, unless it is there; return its program. Raises ``CannotStart``."""
    folder = FOLDER / "npm"
    program = folder / "node_modules" / package / name
    if not program.exists():
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error", package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(f"npm cannot install {package}: {done.stderr[-500:]}")
    return program


def install_peers() -> Path:
    """Make the peers' virtual environment, unless there is one of this Python; return where its programs are."""
    programs = FOLDER / "peers" / "bin"
    is_there = all((programs / program).exists() for program in ("moto_server", "ministack"))
    if not is_there or not (programs / "python").samefile(sys.executable):
        shutil.rmtree(FOLDER / "peers", ignore_errors=True)
        pip = make_environment(FOLDER / "peers")
        done = subprocess.run([*pip, "install", *PEERS.values()], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(f"pip cannot install {', '.join(PEERS.values())}: {done.stderr[-500:]}")
    return programs


def make_environment(folder: Path) -> list[str]:
    """Make a virtual environment of the Python that runs this; return the words that have pip work in it.

    The pip is this Python's own: Debian's makes no environment that has one.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    return [sys.executable, "-m", "pip", "--python", python, "--quiet", "--disable-pip-version-check"]


def peer_versions(programs: Path) -> dict[str, str]:
    """Return what is installed of the peers, by name."""
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "list", "--format=freeze"]
    listed = subprocess.run(pip, capture_output=True, text=True, check=True)
    versions = dict(line.partition("==")[::2] for line in listed.stdout.splitlines())
    return {name: versions.get(name, "?") for name in PEERS}


def fresh_folder(name: str) -> Path:
    """Return an empty folder below ``.bench``."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
