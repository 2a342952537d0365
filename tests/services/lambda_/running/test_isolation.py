"""The same functions with less help from the machine: without being root, and without namespaces at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.lambda_.running.conftest import Machine, until


@pytest.fixture(scope="module", params=["user", "none"])
def less(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("machine"), request.param)
    yield made
    made.close()


def test_functions_have_code_layers_and_scratch_space(less: Machine) -> None:
    layers = (
        less.layer({"python/both.py": "value = 1", "a": ""}),
        less.layer({"python/both.py": "value = 2", "b": ""}),
    )
    function = less.function(
        {
            "app.py": """
            import both, os, tempfile
            def handler(event, context):
                with tempfile.NamedTemporaryFile() as file:
                    file.write(b"x")
                return [both.value, open("beside.txt").read(), os.environ["LAMBDA_TASK_ROOT"] == os.getcwd()]
            """,
            "beside.txt": "beside",
        },
        layers=layers,
    )
    assert function.returns() == [2, "beside", True]


def test_memory_is_limited(less: Machine) -> None:
    function = less.function(
        """
        def handler(event, context):
            kept = []
            while True:
                kept.append(bytearray(1 << 20))
        """,
        timeout_s=30,
    )
    assert function.fails()["errorType"] == "Runtime.OutOfMemory"


def test_what_takes_too_long_ends_with_everything_it_started(less: Machine) -> None:
    function = less.function(
        """
        import subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["/bin/sleep", event], start_new_session=True)
            time.sleep(60)
        """,
        timeout_s=1,
    )
    seconds = str(2_000_000 + os.getpid())
    assert function.fails(seconds)["errorType"] == "Sandbox.Timedout"
    until(lambda: _asleep(seconds) == 0, "its processes are left")


def _asleep(seconds: str) -> int:
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += seconds.encode() in path.read_bytes()
        except OSError:
            continue
    return found


def test_exits_are_told_apart(less: Machine) -> None:
    function = less.function(
        "import os\ndef handler(event, context):\n    os._exit(event) if event else None\n    return 'fine'"
    )
    assert "exit status 9" in function.fails(9)["errorMessage"]
    assert json.loads(function.invoke(0).payload) == "fine"
