"""A cloud as users run it: a process of its own behind a socket. All clients share it: starting one takes seconds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 120  # seconds a client program may take before it is called broken
PROGRAMS = Path(sys.executable).parent
CLOUDS_OWN = ("AWS_", "SKYGLOBE_")
"""Variables of whoever runs the tests that must not reach the programs under test."""


@dataclass
class Server:
    """A running cloud, and the environment that points programs at it."""

    endpoint: str
    environment: dict[str, str]

    def run(self, *command: str | Path, folder: Path | None = None) -> str:
        """Run a program and return what it printed; its errors fail the test."""
        done = subprocess.run(
            command, env=self.environment, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr[-3000:]}"
        return done.stdout

    def client(self, service: str) -> Any:
        return shared_session().client(service, endpoint_url=self.endpoint)


@cache
def shared_session() -> Any:
    """Return the one boto3 session of these tests: every other would read all models again."""
    from boto3 import Session

    return Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")


def javascript_project(
    request: pytest.FixtureRequest, name: str, packages: tuple[str, ...], scenario: Path, others: tuple[str, ...] = ()
) -> Path:
    """Return a folder in pytest's cache with ``scenario``, the SDK's ``packages`` and ``others``, told as ``name@1``.

    The next run finds it there.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    folder = request.config.cache.mkdir(name)
    names = [*(f"@aws-sdk/{package}" for package in packages), *(other.rpartition("@")[0] for other in others)]
    if not all((folder / "node_modules" / package).is_dir() for package in names):
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        wanted = [*(f"@aws-sdk/{package}@3" for package in packages), *others]
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *wanted]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("npm took too long to install the SDK")
        if done.returncode != 0:
            pytest.skip(f"npm cannot install the SDK: {done.stderr.strip()[-200:]}")
    shutil.copy(scenario, folder / scenario.name)
    return folder


def python_packages(request: pytest.FixtureRequest, *packages: str) -> Path:
    """Return a folder in pytest's cache with ``packages``, told as ``name==1.0``, and nothing they need.

    For clients that would have the project take other versions of what both need than it works with. The next run
    finds it there.
    """
    folder = request.config.cache.mkdir("-".join(packages).replace("==", "-"))
    if not any(folder.iterdir()):
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--target", folder)
        command = [sys.executable, "-m", "pip", "install", *options, *packages]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("pip took too long to install the client")
        if done.returncode != 0:
            pytest.skip(f"pip cannot install the client: {done.stderr.strip()[-200:]}")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder, port = tmp_path_factory.mktemp("cloud"), free_port()
    endpoint = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(CLOUDS_OWN)}
    environment |= {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "no-config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "no-credentials"),
        "AWS_PAGER": "",
        "SKYGLOBE_RUNTIME": str(folder / "runtime"),
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    made = Server(endpoint, environment)
    made.run("skyglobe", "up", "--detach", "--port", str(port), "--folder", folder / "data")
    yield made
    made.run("skyglobe", "down", "--port", str(port))
