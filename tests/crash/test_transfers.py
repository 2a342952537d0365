"""kill -9 in the middle of concurrent transfers between accounts: not a cent is made or lost."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from skyglobe.assembly import Cloud
from skyglobe.kernel.config import Config

ROUNDS = 20
MAX_PAID = 60  # transfers heard of before the kill

_PROGRAM = Path(__file__).with_name("bank.py")


def _load() -> Any:
    spec = importlib.util.spec_from_file_location("crash_bank", _PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bank = _load()


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Forks a bank on the folder of this test for each line it is sent."""
    process = subprocess.Popen(
        [sys.executable, _PROGRAM, tmp_path / "cloud"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.communicate()
    assert process.returncode == 0


def work_and_kill(zygote: subprocess.Popen[str], seed: int, wanted: int) -> int:
    """Let a bank work until it has told of so many transfers, kill it, and return how many it told of in all."""
    assert zygote.stdin is not None
    assert zygote.stdout is not None
    zygote.stdin.write(f"{seed}\n")
    zygote.stdin.flush()
    child = int(zygote.stdout.readline())
    paid = 0
    for _ in range(wanted):
        assert zygote.stdout.readline() == "paid\n"
        paid += 1
    os.kill(child, signal.SIGKILL)
    while (line := zygote.stdout.readline()) != "gone\n":
        assert line == "paid\n"
        paid += 1
    return paid


async def balances(folder: Path) -> tuple[list[int], list[int], int, int]:
    """Return the balances as the table has them and as its index has them, its item count, its stream's records."""
    cloud = Cloud(Config(folder=folder))
    await cloud.start()
    try:
        table = await bank.invoke(cloud, "Scan", TableName="bank")
        index = await bank.invoke(cloud, "Scan", TableName="bank", IndexName="branches")
        shown = await bank.invoke(cloud, "DescribeTable", TableName="bank")
        changes = await cloud.kernel.transact(_count_changes, bank.OWNER, bank.REGION)
    finally:
        await cloud.stop()
    found = [[int(item["balance"]["N"]) for item in page["Items"]] for page in (table, index)]
    return found[0], found[1], shown["Table"]["ItemCount"], changes


def _count_changes(scope: Any) -> int:
    from skyglobe.services.dynamodb.records import changes

    return sum(1 for _ in changes.scan(scope))


def test_a_bank_that_is_killed_again_and_again_keeps_its_sum(zygote: subprocess.Popen[str], tmp_path: Path) -> None:
    random_ = random.Random()
    paid = 0
    for round_ in range(ROUNDS):
        paid += work_and_kill(zygote, random_.randrange(2**32), 5 + random_.randrange(MAX_PAID))
        if round_ % 4 and round_ < ROUNDS - 1:
            continue  # the next one starts on what this one left
        in_table, in_index, count, changes = asyncio.run(balances(tmp_path / "cloud"))
        assert sum(in_table) == bank.ACCOUNTS * bank.BALANCE
        assert min(in_table) >= 0
        assert sorted(in_index) == sorted(in_table), "the index disagrees with its table"
        assert count == len(in_table) == bank.ACCOUNTS
        assert changes >= bank.ACCOUNTS + 2 * paid, "an acknowledged transfer is not in the stream"
        assert (changes - bank.ACCOUNTS) % 2 == 0, "half a transfer is in the stream"
