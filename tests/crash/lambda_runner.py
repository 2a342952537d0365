"""What is killed: a cloud that is at work on functions and engines.

Run as ``python lambda_runner.py FOLDER ISOLATION SECONDS``: what functions and engines start sleeps that long. Prints a
line when everything runs, then waits to be killed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from skyglobe.assembly import Cloud
from skyglobe.engines.records import Engine, Ready, want_engine
from skyglobe.engines.supervisor import supervisor_of
from skyglobe.kernel.config import Config
from skyglobe.services.lambda_.running.interface import Credentials, Invocation, Specification, environments_of

CODE = """
import subprocess, time
print("at work")
children = [subprocess.Popen(["/bin/sleep", "SECONDS"], start_new_session=True) for _ in range(2)]
def handler(event, context):
    print("handling")
    time.sleep(60)
"""
SERVER = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    os.execv("/bin/sleep", ["sleep", "SECONDS"])
print("up", flush=True)
time.sleep(1000)
"""


async def main(folder: Path, isolation: str, seconds: str) -> None:
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "app.py").write_text(CODE.replace("SECONDS", seconds))
    (folder / "server.py").write_text(SERVER.replace("SECONDS", seconds))
    cloud = Cloud(Config(folder=folder / "data"))
    await cloud.start()
    handling = asyncio.Event()

    async def write_logs(_: Specification, __: str, events: list[tuple[int, str]]) -> None:
        if any("handling" in text for _, text in events):
            handling.set()

    async def get_credentials() -> Credentials:
        return Credentials(access_key_id="A", secret_access_key="s", session_token="t", expires_at=1 << 60)

    argv = (sys.executable, "-S", str(folder / "server.py"))
    engine = Engine(name="one", argv=argv, ready=Ready(printed="up"))
    await cloud.kernel.transact(lambda scope: want_engine(scope, engine))
    await supervisor_of(cloud.kernel).ready("one")
    environments = environments_of(cloud.kernel, write_logs)
    environments._home.isolation = isolation  # type: ignore[attr-defined]
    specification = Specification(
        account="1" * 12,
        region="eu-west-1",
        name="f",
        version="$LATEST",
        function_arn="arn:f",
        revision="1",
        runtime="python3.11",
        handler="app.handler",
        code=code,
        timeout_s=600,
        get_credentials=get_credentials,
        log_group="/aws/lambda/f",
    )
    invocation = Invocation(request_id="r", payload=b"1", invoked_arn="arn:f")
    working = asyncio.ensure_future(environments.invoke(specification, invocation))
    while not handling.is_set() and not working.done():
        for version in environments._versions.values():  # type: ignore[attr-defined]
            for environment in version.all:
                environment.log.flush()
        await asyncio.sleep(0.02)
    sys.stdout.write("runs\n")
    sys.stdout.flush()
    await working


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
