"""The AWS CLI on log groups: events put, searched page by page, and tailed while they come."""

from __future__ import annotations

import json
import select
import subprocess
import time

from tests.clients.conftest import PATIENCE, Server


def aws(server: Server, *words: str) -> str:
    return server.run("aws", "--endpoint-url", server.endpoint, "--output", "json", *words)


def put(server: Server, *messages: str) -> None:
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    named = ("--log-group-name", "/cli", "--log-stream-name", "one")
    aws(server, "logs", "put-log-events", *named, "--log-events", json.dumps(events))


def test_the_cli_puts_searches_and_tails_events(server: Server):
    aws(server, "logs", "create-log-group", "--log-group-name", "/cli")
    aws(server, "logs", "create-log-stream", "--log-group-name", "/cli", "--log-stream-name", "one")
    put(server, *[f"ERROR {number}" for number in range(30)], "fine")
    searched = ("logs", "filter-log-events", "--log-group-name", "/cli", "--filter-pattern", "ERROR")
    found = json.loads(aws(server, *searched, "--page-size", "7"))
    assert [event["message"] for event in found["events"]] == [f"ERROR {number}" for number in range(30)]
    named = ("--log-group-name-prefix", "/cli")
    (group,) = json.loads(aws(server, "logs", "describe-log-groups", *named))["logGroups"]
    command = ["aws", "--endpoint-url", server.endpoint, "logs", "start-live-tail", "--log-group-identifiers"]
    # Without DNS of one's own, "streaming-logs." in front of the endpoint's name leads nowhere.
    environment = {**server.environment, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}
    tail = subprocess.Popen([*command, group["logGroupArn"]], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert tail.stdout is not None
        until = time.monotonic() + PATIENCE
        shown: list[object] = []
        while not shown and time.monotonic() < until and tail.poll() is None:
            put(server, "live and well")
            shown, _, _ = select.select([tail.stdout], [], [], 1)
        assert "live and well" in tail.stdout.readline()
    finally:
        tail.terminate()
        tail.wait(PATIENCE)
