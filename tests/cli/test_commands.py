"""A cloud in the background and the commands that speak to it, as a shell runs them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from skyglobe.cli.ports import free_port_after, is_free
from tests.cli.shells import a_free_port, a_shell


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def port(worker_id):
    return a_free_port(worker_id)


@pytest.fixture(scope="module")
def shell(home, port):
    """A shell of a user who has one cloud running."""
    shell = a_shell(home)
    shell.run("up", "-d", "--port", port, "--folder", home / "cloud")
    yield shell
    shell.run("down", "--all", "--force")


def test_up_returns_when_the_cloud_answers(shell, home, port):
    told = shell.json("status")
    assert told["folder"] == str(home / "cloud")
    assert told["endpoint"] == f"http://localhost:{port}"
    assert told["services"]["sts"] in (True, False)
    text = shell.run("status")
    assert f"http://localhost:{port}" in text
    assert str(told["pid"]) in text


def test_what_is_piped_has_no_colours_and_no_trailing_blanks(shell):
    for words in (["status"], ["coverage"], ["coverage", "sts"], ["snapshot", "list"], ["trace", "--no-follow"]):
        text = shell.run(*words, FORCE_COLOR="")
        assert "\033" not in text
        assert all(line == line.rstrip() for line in text.splitlines())


def test_the_clock_turns(shell):
    before = shell.json("status")["clock"]["ahead_s"]
    turned = shell.json("turn", "4d12h")
    assert turned["turned_s"] == 4.5 * 86_400
    assert turned["ahead_s"] == pytest.approx(before + 4.5 * 86_400)
    assert "1 min 30 s later, 0 timers fired" in shell.run("turn", "90s")
    assert "2099-12-31" in shell.run("turn", "--until", "2099-12-31T00:00:00Z")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["turn"], "How far"),
        (["turn", "4x"], "'4x' is no duration"),
        (["turn", "1d", "--until", "2099-01-01"], "How far"),
        (["turn", "--until", "tomorrow"], "'tomorrow' is no instant"),
        (["coverage", "nonsense"], "no service 'nonsense'"),
        (["fly"], "No such command"),
    ],
)
def test_misspelled_commands_are_told_so(shell, words, told):
    assert told in shell.run(*words, status=2)


def test_the_clock_does_not_turn_back(shell):
    assert "only turns forwards" in shell.run("turn", "--until", "2001-01-01", status=1)


def test_a_snapshot_is_saved_listed_loaded_and_deleted(shell, home):
    assert "Saved shelf" in shell.run("snapshot", "save", "shelf")
    assert "exists already" in shell.run("snapshot", "save", "shelf", status=1)
    shell.run("snapshot", "save", "shelf", "--replace")
    assert [saved["name"] for saved in shell.json("snapshot", "list")["snapshots"]] == ["shelf"]
    assert "Loaded shelf" in shell.run("snapshot", "load", "shelf")
    exported = home / "shelf.tar"
    shell.run("snapshot", "export", "shelf", exported)
    assert exported.stat().st_size > 10_000
    shell.run("snapshot", "delete", "shelf")
    assert "There is no snapshot shelf" in shell.run("snapshot", "load", "shelf", status=1)
    assert "There are no snapshots" in shell.run("snapshot", "list")


def test_a_fork_is_a_cloud_of_its_own(shell, port):
    made = json.loads(shell.run("aws", "sqs", "create-queue", "--queue-name", "fork"))
    assert made["QueueUrl"].startswith(f"http://localhost:{port}/")
    second = free_port_after("127.0.0.1", port)
    told = shell.json("snapshot", "fork", "--port", second)
    assert told["endpoint"] == f"http://localhost:{second}"
    assert "Which one" in shell.run("status", status=2)
    listed = shell.run("aws", "sqs", "list-queues", SKYGLOBE_ENDPOINT=told["endpoint"])
    assert f"http://localhost:{second}/000000000000/fork" in listed
    shell.run("down", "--port", second)
    assert shell.json("status")["endpoint"] == f"http://localhost:{port}"


def test_reset_asks_first(shell):
    shell.run("aws", "sqs", "create-queue", "--queue-name", "doomed")
    shell.run("reset", status=1)
    assert "doomed" in shell.run("aws", "sqs", "list-queues")
    assert "empty" in shell.run("reset", "--yes")
    assert "doomed" not in shell.run("aws", "sqs", "list-queues")


def test_a_shell_gets_what_it_evaluates(shell, port):
    script = 'eval "$("$0" -m skyglobe.cli env)"; printenv AWS_ENDPOINT_URL AWS_REGION AWS_ACCESS_KEY_ID'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], env=shell.environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [f"http://localhost:{port}", "us-east-1", "test"]


def test_the_trace_shows_what_was_called(shell):
    shell.run("aws", "sts", "get-caller-identity")
    lines = [json.loads(line) for line in shell.run("trace", "--no-follow", "--json").splitlines()]
    assert (lines[-1]["operation"], lines[-1]["status"]) == ("GetCallerIdentity", 200)
    assert lines[-1]["caller"] == "arn:aws:iam::000000000000:root"
    assert "sts.GetCallerIdentity" in shell.run("trace", "--no-follow")


def test_the_trace_follows(shell):
    watching = subprocess.Popen(
        [sys.executable, "-m", "skyglobe.cli", "trace", "--json", "--limit", "0"],
        env=shell.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # Whoever watches is told of a call made after it began to; nobody says when that is, so calls are repeated.
        caller = subprocess.Popen(
            [
                "sh",
                "-c",
                'while "$0" -m skyglobe.cli aws sts get-caller-identity >/dev/null; do :; done',
                sys.executable,
            ],
            env=shell.environ,
            start_new_session=True,
        )
        assert json.loads(watching.stdout.readline())["operation"] == "GetCallerIdentity"
    finally:
        os.killpg(caller.pid, signal.SIGKILL)
        caller.wait()
        watching.send_signal(signal.SIGINT)
        assert watching.wait(20) == 130


def test_a_taken_port_is_told_with_who_has_it(shell, port, home):
    pid = shell.json("status")["pid"]
    for detached in ([], ["-d"]):
        text = shell.run("up", "--port", port, "--folder", home / "other", *detached, status=4)
        assert f"A cloud is running on port {port} already (process {pid})" in text
        assert f"skyglobe down --port {port}" in text


def test_a_folder_in_use_is_told_with_who_uses_it(shell, port, home):
    for detached in ([], ["-d"]):
        other = free_port_after("127.0.0.1", port)
        text = shell.run("up", "--port", other, "--folder", home / "cloud", *detached, status=4)
        assert f"in use by another cloud on port {port}" in text


def test_a_cloud_that_is_down_is_gone_and_keeps_its_state(worker_id, tmp_path):
    shell, port = a_shell(tmp_path), a_free_port(worker_id)
    variables = {"GATEWAY_LISTEN": f"127.0.0.1:{port}", "SERVICES": "sqs,sts", "DEFAULT_REGION": "eu-west-1"}
    shell.run("up", "-d", **variables)
    told = shell.json("status")
    assert (list(told["services"]), told["region"]) == (["sqs", "sts"], "eu-west-1")
    shell.run("turn", "1d")
    assert "is down" in shell.run("down")
    assert is_free("127.0.0.1", port)
    assert "Nothing answers" in shell.run("status", "--port", port, status=3)
    assert "skyglobe up" in shell.run("down", "--port", port, status=3)
    shell.run("up", "-d", **variables)
    assert shell.json("status")["clock"]["ahead_s"] == pytest.approx(86_400, abs=1)
    shell.run("down")


def test_in_the_foreground_it_says_ready_and_ends_with_ctrl_c(worker_id, tmp_path):
    shell, port = a_shell(tmp_path), a_free_port(worker_id)
    process = subprocess.Popen(
        [sys.executable, "-m", "skyglobe.cli", "up", "--port", str(port), "--memory"],
        env=shell.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = ""
    while not said.endswith("Ready.\n"):
        line = process.stdout.readline()
        assert line, said
        said += line
    assert f"http://localhost:{port}" in said
    assert "in memory" in said
    assert shell.json("status")["pid"] == process.pid
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def test_a_port_somebody_else_has_is_told_with_a_free_one(worker_id, tmp_path):
    import socket

    port = a_free_port(worker_id)
    with socket.create_server(("127.0.0.1", port)):
        text = a_shell(tmp_path).run("up", "--port", port, "--memory", status=4)
    assert f"127.0.0.1:{port} is taken" in text
    assert f"skyglobe up --port {free_port_after('127.0.0.1', port)}" in text


def test_denials_are_explained_and_policies_written(shell):
    shell.run("aws", "iam", "create-user", "--user-name", "ann")
    key = json.loads(shell.run("aws", "iam", "create-access-key", "--user-name", "ann"))["AccessKey"]
    credentials = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    shell.run("aws", "sqs", "list-queues", status=255, **credentials)
    told = shell.run("explain")
    assert told.startswith("Denied  sqs.ListQueues  403 AccessDenied")
    assert "◀ decided here" in told
    assert "1. Allow sqs:ListQueues on *" in told
    explained = json.loads(shell.run("explain", "--json"))
    assert explained["permissions"][0]["action"] == "sqs:ListQueues"
    assert shell.run("explain", explained["request"]["request_id"]) == told

    root = "arn:aws:iam::000000000000:root"
    document = json.loads(shell.run("policy", "generate", "--from-trace", "--principal", root))
    assert document["Version"] == "2012-10-17"
    assert any("iam:CreateUser" in statement["Action"] for statement in document["Statement"])
