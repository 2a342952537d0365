"""How environments live: idle ones end, prepared ones wait, snapshots are restored, and what logs look like."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from skyglobe.services.lambda_.running.pool import IDLE_FOR
from tests.services.lambda_.running.conftest import Function, Machine, until

WHO = """
import os
print("loading")
def handler(event, context):
    return [os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
"""


@pytest.mark.spec("LAM-003")
def test_nothing_runs_before_the_first_invocation_nor_long_after_the_last(machine: Machine) -> None:
    function = machine.function(WHO)
    assert function.living == []
    function.returns()
    (environment,) = function.living
    sandbox = environment._box.running
    machine.turn(IDLE_FOR / 1000 - 5)
    assert function.living == [environment]
    machine.turn(10)
    until(lambda: function.living == [], "the idle environment does not end")
    until(sandbox.ended.done, "its processes do not end")


@pytest.mark.spec("LAM-003")
def test_each_invocation_writes_start_end_and_report(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    print('hello')", memory_mb=256)
    tail = function.invoke(request_id="id-1").log_tail.decode()
    assert re.fullmatch(
        r"START RequestId: id-1 Version: \$LATEST\n"
        r"hello\n"
        r"END RequestId: id-1\n"
        r"REPORT RequestId: id-1\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\n",
        tail,
    )
    assert re.search(
        r"INIT_START Runtime Version: python:3\.11\.v\d+\tRuntime Version ARN: "
        r"arn:aws:lambda:eu-west-1::runtime:[0-9a-f]{64}\nSTART RequestId: id-1",
        function.log(),
    )


def test_the_tail_is_the_last_four_kilobytes(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    for n in range(2000):\n        print('line', n)")
    tail = function.invoke().log_tail
    assert len(tail) == 4096
    assert b"line 1999\nEND" in tail
    assert function.invoke(wants_tail=False).log_tail == b""


def test_json_logs_have_platform_events_by_level(machine: Machine) -> None:
    function = machine.function(
        """
        import logging
        log = logging.getLogger()
        def handler(event, context):
            log.warning("careful")
            log.info("quiet")
            if event:
                raise ValueError(event)
        """,
        log_format="JSON",
        application_level="WARN",
    )
    lines = [json.loads(line) for line in function.invoke(request_id="id-2").log_tail.decode().splitlines()]
    assert [line.get("type") or line["message"] for line in lines] == ["platform.start", "careful", "platform.report"]
    assert lines[0]["record"] == {"requestId": "id-2", "version": "$LATEST"}
    assert (lines[1]["level"], lines[1]["requestId"]) == ("WARNING", "id-2")
    report = lines[2]["record"]
    assert report["status"] == "success"
    assert report["metrics"]["memorySizeMB"] == 128
    assert set(report["metrics"]) >= {"durationMs", "billedDurationMs", "maxMemoryUsedMB", "initDurationMs"}
    quiet = function.changed(revision="2", system_level="WARN")
    assert [line.get("type") for line in map(json.loads, quiet.invoke().log_tail.decode().splitlines())] == [None]
    failed = [json.loads(line) for line in quiet.invoke("no").log_tail.decode().splitlines()]
    assert [line.get("type", line.get("level")) for line in failed] == [
        "WARNING",
        "ERROR",
        "platform.runtimeDone",
        "platform.report",
    ]


@pytest.mark.spec("LAM-033")
def test_prepared_environments_are_there_before_they_are_needed_and_are_kept(machine: Machine) -> None:
    function = machine.function(WHO, version="7")
    assert function.prepare(2) == 2
    assert len(function.living) == 2
    machine.turn(2 * IDLE_FOR / 1000)
    outcome = function.invoke()
    assert json.loads(outcome.payload)[1] == "provisioned-concurrency"
    assert outcome.init_ms is None
    assert b"Init Duration" not in outcome.log_tail
    machine.do(function.living[0].kill)
    until(lambda: len(function.living) == 2, "what ended is not replaced")
    assert function.prepare(0) == 0
    until(lambda: function.living == [], "what is not wanted any more does not end")


def test_code_that_does_not_load_is_never_ready(machine: Machine) -> None:
    function = machine.function("import missing", version="8")
    assert function.prepare(2) == 0
    assert function.living == []


def test_a_retired_environment_finishes_its_work_first(machine: Machine) -> None:
    import asyncio

    function = machine.function("import time\ndef handler(event, context):\n    time.sleep(0.5)\n    return 'done'")

    async def retire_meanwhile() -> bytes:
        waiting = asyncio.ensure_future(function._invoke(function.invocation()))
        versions = machine.environments._versions  # type: ignore[attr-defined]
        key = (function.specification.function_arn, "$LATEST")

        def is_at_work() -> bool:
            return any(each.current is not None and each.current.is_delivered for each in list(versions[key].all))

        await asyncio.to_thread(until, is_at_work, "the function does not start")
        await machine.environments.retire(function.specification.function_arn)
        return (await waiting).payload

    function.invoke()
    assert machine.run(retire_meanwhile()) == b'"done"'
    until(lambda: function.living == [], "the retired environment does not end")


@pytest.mark.spec("LAM-040")
def test_snapshots_are_restored_instead_of_initialized(machine: Machine) -> None:
    function = machine.function(
        """
        import os
        from snapshot_restore_py import register_before_snapshot, register_after_restore
        happened = ["loaded"]
        register_before_snapshot(lambda: happened.append("before snapshot"))
        register_after_restore(lambda: happened.append("after restore"))
        def handler(event, context):
            return [happened, os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]]
        """,
        version="3",
        initialization="snap-start",
    )
    assert function.prepare(1) == 1
    outcome = function.invoke()
    assert json.loads(outcome.payload) == [["loaded", "before snapshot", "after restore"], "snap-start"]
    report = outcome.log_tail.decode()
    assert re.search(r"Restore Duration: \d+\.\d\d ms\tBilled Restore Duration: \d+ ms\t", report)
    assert "Init Duration" not in report
    assert "RESTORE_START Runtime Version: python:3.11" in function.log()
    assert "Restore Duration" not in function.invoke().log_tail.decode()
    outcomes = function.invoke_all([1, 2])
    assert sum(b"Restore Duration" in each.log_tail for each in outcomes) == 1
    function.prepare(0)
    until(lambda: not any(each.is_frozen for each in function.living), "the snapshot is kept")


@pytest.mark.spec("LAM-008")
def test_more_memory_is_told_and_brings_more_processor(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    return context.memory_limit_in_mb")
    assert function.returns() == "128"
    weights = [_weight(function)]
    function = function.changed(revision="2", memory_mb=1769)
    assert function.returns() == "1769"
    weights.append(_weight(function))
    if None in weights:
        pytest.skip("the machine has no control groups for us")
    assert weights == [74, 1024]


def _weight(function: Function) -> int | None:
    """Return the processor weight of a function's newest environment."""
    environment = max(function.living, key=lambda each: each._box.running.number)
    groups = Path(f"/proc/{environment._box.running.pid}/cgroup").read_text()
    place = next((line.split(":")[2] for line in groups.splitlines() if line.split(":")[1] == "cpu"), "/")
    return int(Path(f"/sys/fs/cgroup/cpu{place}/cpu.shares").read_text()) if place != "/" else None


def test_environments_end_when_the_store_gets_another_content(machine: Machine) -> None:
    function = machine.function(WHO)
    function.returns()
    (environment,) = function.living
    sandbox = environment._box.running
    machine.run(machine.kernel.exchange(lambda: None))
    assert function.living == []
    until(sandbox.ended.done, "its processes do not end")


def test_many_at_a_time_all_answer(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    return event", timeout_s=120)
    outcomes = function.invoke_all(list(range(40)))
    assert [json.loads(outcome.payload) for outcome in outcomes] == list(range(40))
    function.retire()
