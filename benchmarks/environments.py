"""Execution environments by themselves, without Lambda's API before them: ``python -m benchmarks.environments``.

Tells how long invocations of a trivial function take: warm, cold from a package while nothing runs yet, cold while a
launcher is there with sandboxes waiting, sixteen at a time, and two hundred at once. Processor time is that of the
cloud's own process; the load of the machine is told because everything else depends on it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from skyglobe.kernel.config import Config
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.lambda_.running.interface import (
    Credentials,
    Environments,
    Invocation,
    Specification,
    environments_of,
)

WARM = 2000
COLD = 20
CONCURRENT, EACH = 16, 125
AT_ONCE = 200
SETTLE_FOR = 3.0  # seconds for the launcher to load what it loads ahead of need

PYTHON = "def handler(event, context):\n    return event\n"
NODE = "export const handler = async (event) => event;\n"


def function(folder: Path, name: str, runtime: str) -> Specification:
    (folder / "app.py").write_text(PYTHON)
    (folder / "app.mjs").write_text(NODE)

    async def get_credentials() -> Credentials:
        return Credentials(access_key_id="A", secret_access_key="s", session_token="t", expires_at=1 << 60)

    return Specification(
        account="1" * 12,
        region="us-east-1",
        name=name,
        version="$LATEST",
        function_arn=f"arn:aws:lambda:us-east-1:111111111111:function:{name}",
        revision="1",
        runtime=runtime,
        handler="app.handler",
        code=folder,
        timeout_s=120,
        get_credentials=get_credentials,
        log_group=f"/aws/lambda/{name}",
    )


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return how many milliseconds it takes."""
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


async def invoke(environments: Environments, specification: Specification) -> None:
    invocation = Invocation(request_id=os.urandom(8).hex(), payload=b'{"a":1}', invoked_arn=specification.function_arn)
    outcome = await environments.invoke(specification, invocation)
    assert outcome.payload == b'{"a":1}' or outcome.payload == b'{"a": 1}', outcome.payload


def told(what: str, milliseconds: list[float]) -> None:
    last = sorted(milliseconds)[int(len(milliseconds) * 0.99)]
    print(f"{what:40} median {statistics.median(milliseconds):8.2f} ms   p99 {last:8.2f} ms")


async def main(folder: Path) -> None:
    kernel = Kernel(Config())
    await kernel.start()

    async def write_logs(*_: object) -> None: ...

    environments = environments_of(kernel, write_logs)
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors")
    python = function(folder, "python", "python3.11")
    told("python, cold, nothing runs", [await timed(lambda: invoke(environments, python))])
    await asyncio.sleep(SETTLE_FOR)
    cold = []
    for number in range(COLD):
        each = function(folder, f"cold-{number}", "python3.11")
        cold.append(await timed(lambda each=each: invoke(environments, each)))
        await asyncio.sleep(0.2)
    told("python, cold, from a waiting sandbox", cold)
    began = time.process_time()
    told("python, warm", [await timed(lambda: invoke(environments, python)) for _ in range(WARM)])
    print(f"{'':40} {(time.process_time() - began) * 1000 / WARM:.3f} ms of processor time of the cloud's process")

    async def many() -> None:
        for _ in range(EACH):
            await invoke(environments, python)

    async def concurrently() -> None:
        await asyncio.gather(*(many() for _ in range(CONCURRENT)))

    await concurrently()
    rate = CONCURRENT * EACH / (await timed(concurrently)) * 1000
    print(f"{'python, sixteen at a time':40} {rate:.0f} a second")

    async def at_once() -> None:
        await asyncio.gather(*(invoke(environments, python) for _ in range(AT_ONCE)))

    print(f"{'python, two hundred at once':40} {await timed(at_once):.0f} ms")
    node = function(folder, "node", "nodejs20.x")
    told("node, cold", [await timed(lambda: invoke(environments, node))])
    told("node, warm", [await timed(lambda: invoke(environments, node)) for _ in range(WARM)])
    print(f"load {os.getloadavg()[0]:.1f}")
    await kernel.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        uvloop.run(main(Path(made)))
