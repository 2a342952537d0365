"""Functions that misbehave: AWS's errors for them, and nothing of them left."""

from __future__ import annotations

import json
import os

import pytest

from skyglobe.services.lambda_.running import layout
from tests.services.lambda_.running.conftest import Machine, until

MODES = """
import os, signal, subprocess, sys, time
def handler(event, context):
    mode = event["mode"]
    if mode == "exit":
        os._exit(event["status"])
    if mode == "kill":
        os.kill(os.getpid(), event["signal"])
        time.sleep(10)
    if mode == "hang":
        print("about to hang")
        time.sleep(60)
    if mode == "eat":
        kept = []
        while True:
            kept.append(bytearray(1 << 20))
    if mode == "fork":
        for _ in range(3):
            subprocess.Popen(["/bin/sh", "-c", "sleep 1000"], start_new_session=True)
        return "forked"
    if mode == "close":
        os.closerange(3, 100)
        return "closed"
    if mode == "gigabytes":
        line = b"y" * 1023 + b"\\n"
        for _ in range(event["mb"]):
            os.write(1, line * 1024)
        return "written"
    if mode == "binary":
        os.write(1, bytes(range(256)) + b"\\n")
        return "printed"
    return mode
"""


def test_a_process_that_exits_fails_its_invocation_only(machine: Machine) -> None:
    function = machine.function(MODES)
    outcome = function.invoke({"mode": "exit", "status": 3}, request_id="r-1")
    assert json.loads(outcome.payload) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: r-1 Error: Runtime exited with error: exit status 3",
    }
    log = outcome.log_tail.decode()
    assert "RequestId: r-1 Error: Runtime exited with error: exit status 3\nRuntime.ExitError\n" in log
    assert "Status: error\tError Type: Runtime.ExitError" in log
    without_reason = function.fails({"mode": "exit", "status": 0}, request_id="r-2")
    assert without_reason["errorMessage"] == "RequestId: r-2 Error: Runtime exited without providing a reason"
    assert function.returns({"mode": "fine"}) == "fine"


@pytest.mark.parametrize(("number", "name"), [(9, "killed"), (11, "segmentation fault"), (6, "aborted")])
def test_signals_are_named_as_aws_does(machine: Machine, number: int, name: str) -> None:
    error = machine.function(MODES).fails({"mode": "kill", "signal": number})
    assert error["errorType"] == "Runtime.ExitError"
    assert f"Runtime exited with error: signal: {name}" in error["errorMessage"]


@pytest.mark.spec("LAM-002")
def test_a_function_that_takes_too_long_is_ended(machine: Machine) -> None:
    function = machine.function(MODES, timeout_s=1)
    outcome = function.invoke({"mode": "hang"}, request_id="r-3")
    assert outcome.function_error == "Unhandled"
    assert json.loads(outcome.payload) == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": "RequestId: r-3 Error: Task timed out after 1.00 seconds",
    }
    assert outcome.duration_ms == 1000
    log = outcome.log_tail.decode()
    assert "about to hang\n" in log
    assert " r-3 Task timed out after 1.00 seconds\n" in log
    assert "Status: timeout\t\n" in log
    assert function.living == []


@pytest.mark.spec("LAM-009")
def test_a_function_that_needs_too_much_memory_is_ended(machine: Machine) -> None:
    function = machine.function(MODES, timeout_s=30)
    outcome = function.invoke({"mode": "eat"}, request_id="r-4")
    assert json.loads(outcome.payload) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": "RequestId: r-4 Error: Runtime exited with error: signal: killed",
    }
    assert outcome.max_memory_mb == 128
    assert "Max Memory Used: 128 MB" in outcome.log_tail.decode()
    assert function.changed(revision="2", memory_mb=512).returns({"mode": "fine"}) == "fine"


@pytest.mark.spec("LAM-012")
def test_scratch_space_ends_where_configured_and_is_not_held_against_memory(machine: Machine) -> None:
    function = machine.function(
        """
        def handler(event, context):
            with open("/tmp/file", "wb", buffering=0) as file:
                for _ in range(event):
                    file.write(bytes(1 << 20))
            return file.name
        """,
        timeout_s=60,
    )
    assert function.returns(300) == "/tmp/file"
    error = function.fails(513)
    assert error["errorMessage"] == "[Errno 28] No space left on device"
    assert function.changed(revision="2", ephemeral_mb=600).returns(513) == "/tmp/file"


def test_processes_a_function_leaves_behind_end_with_its_environment(machine: Machine) -> None:
    function = machine.function(MODES)
    assert function.returns({"mode": "fork"}) == "forked"
    (environment,) = function.living
    sandbox = environment._box.running.pid
    namespace = os.readlink(f"/proc/{sandbox}/ns/pid")
    function.retire()
    until(lambda: namespace not in _namespaces(), "processes of the environment are left")


def _namespaces() -> set[str]:
    found = set()
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.add(os.readlink(f"/proc/{name}/ns/pid"))
            except OSError:
                continue
    return found


def test_a_function_that_forks_without_end_meets_a_limit(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert layout.MAX_PROCESSES == 1024
    monkeypatch.setattr(layout, "MAX_PROCESSES", 50)  # a thousand take a while
    function = machine.function(
        """
        import os, time
        def handler(event, context):
            made = 0
            try:
                while made < 100:
                    if os.fork() == 0:
                        time.sleep(100)
                        os._exit(0)
                    made += 1
            except OSError as error:
                return [made, error.strerror]
            return [made, "no limit"]
        """,
        timeout_s=60,
        memory_mb=512,
    )
    if machine.environments._home._launcher.isolation != "root":  # type: ignore[attr-defined]
        pytest.skip("only root can give each environment a user of its own")
    made, why = function.returns()
    assert 40 < made < 50
    assert why == "Resource temporarily unavailable"
    function.retire()
    assert machine.function(MODES).returns({"mode": "fine"}) == "fine"


def test_functions_go_on_when_the_launcher_was_killed(machine: Machine) -> None:
    function = machine.function(MODES, timeout_s=60)
    assert function.returns({"mode": "fine"}) == "fine"
    launcher = machine.environments._home._launcher  # type: ignore[attr-defined]
    os.kill(launcher.process.pid, 9)
    until(lambda: launcher.has_ended, "nobody notices")
    until(lambda: function.living == [], "environments without processes are kept")
    assert function.returns({"mode": "fine"}) == "fine"


def test_a_function_that_closes_all_its_files_is_replaced(machine: Machine) -> None:
    function = machine.function(MODES)
    outcome = function.invoke({"mode": "close"})
    assert outcome.function_error in (None, "Unhandled")
    assert function.returns({"mode": "fine"}) == "fine"


def test_a_function_that_prints_without_end_is_held_up_and_not_lost(machine: Machine) -> None:
    function = machine.function(MODES, timeout_s=60)
    assert function.returns({"mode": "gigabytes", "mb": 20}) == "written"
    written = function.log()
    assert written.count("y" * 1023 + "\n") == 20 * 1024


def test_binary_output_is_logged_with_replacements(machine: Machine) -> None:
    outcome = machine.function(MODES).invoke({"mode": "binary"})
    log = outcome.log_tail.decode()
    assert "\ufffd" in log
    assert "abcdefghij" in log


def test_an_invocation_goes_on_when_its_caller_stops_waiting(machine: Machine) -> None:
    import asyncio

    function = machine.function("import time\ndef handler(event, context):\n    time.sleep(0.5)\n    print('went on')")

    async def give_up() -> None:
        waiting = asyncio.ensure_future(function._invoke(function.invocation()))
        arn = function.specification.function_arn
        await asyncio.to_thread(until, lambda: machine.environments.busy(arn) == 1, "the function does not start")
        waiting.cancel()

    machine.run(give_up())
    arn = function.specification.function_arn
    until(lambda: machine.environments.busy(arn) == 0, "the function does not end")
    assert "went on" in function.log()
