"""Functions that bring their own runtime, and runtimes the machine lacks."""

from __future__ import annotations

import json

import pytest

from skyglobe.services.lambda_.running.interface import RuntimeMissing
from tests.services.lambda_.running.conftest import Function, Machine

BOOTSTRAP = """#!/usr/bin/python3 -S
import json, os, sys, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
def call(where, body=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(api + where, data=body, headers=headers)
    try:
        return urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        return error
print("started", os.environ["_HANDLER"], "AWS_EXECUTION_ENV" in os.environ, flush=True)
while True:
    answer = call("invocation/next")
    id = answer.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(answer.read())
    if event == "bad id":
        refused = call("invocation/nobody/response", b"1")
        call(f"invocation/{id}/response", json.dumps([refused.status, json.loads(refused.read())]).encode())
    elif event == "nowhere":
        call(f"invocation/{id}/response", json.dumps(call("nowhere").status).encode())
    elif event == "error":
        call(f"invocation/{id}/error", b'{"errorMessage": "own", "errorType": "Own.Type"}',
             Lambda_Runtime_Function_Error_Type="Own.Type")
    else:
        call(f"invocation/{id}/response", json.dumps({"got": event, "handler": os.environ["_HANDLER"]}).encode())
"""


def own(machine: Machine, files: dict[str, str | bytes], **changes: object) -> Function:
    return machine.function(files, runtime="provided.al2023", handler="some.handler", **changes)


@pytest.mark.spec("LAM-006")
def test_a_bootstrap_serves_invocations_by_the_runtime_api(machine: Machine) -> None:
    function = own(machine, {"bootstrap*": BOOTSTRAP})
    outcome = function.invoke({"a": 1})
    assert json.loads(outcome.payload) == {"got": {"a": 1}, "handler": "some.handler"}
    assert "started some.handler False\n" in function.log()
    assert "INIT_START Runtime Version: provided:al2023.v1\t" in function.log()


def test_a_bootstrap_may_come_from_a_layer(machine: Machine) -> None:
    layer = machine.layer({"bootstrap*": BOOTSTRAP})
    assert own(machine, {"function.txt": "x"}, layers=(layer,)).returns(1)["got"] == 1


def test_the_runtime_api_refuses_what_makes_no_sense(machine: Machine) -> None:
    function = own(machine, {"bootstrap*": BOOTSTRAP})
    status, body = function.returns("bad id")
    assert (status, body["errorType"]) == (400, "InvalidRequestID")
    assert function.returns("nowhere") == 404


def test_error_types_come_from_the_header(machine: Machine) -> None:
    outcome = own(machine, {"bootstrap*": BOOTSTRAP}).invoke("error")
    assert (outcome.function_error, outcome.error_type) == ("Unhandled", "Own.Type")
    assert json.loads(outcome.payload)["errorMessage"] == "own"
    assert "Error Type: Own.Type" in outcome.log_tail.decode()


def test_without_a_bootstrap_there_is_nothing_to_start(machine: Machine) -> None:
    error = own(machine, {"bootstrap": BOOTSTRAP}).fails()  # it may not be run
    assert error["errorType"] == "Runtime.InvalidEntrypoint"
    assert "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]" in error["errorMessage"]


def test_a_bootstrap_that_cannot_be_run_exits(machine: Machine) -> None:
    error = own(machine, {"bootstrap*": "#!/no/such/interpreter\n"}).fails()
    assert error["errorType"] == "Runtime.ExitError"
    assert "exit status 127" in error["errorMessage"]


def test_a_missing_runtime_is_named(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeMissing, match=r"ruby3\.3"):
        machine.function("", runtime="ruby3.3").invoke()
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeMissing, match=r"nodejs22\.x need node, which was not found on PATH"):
        machine.function("", runtime="nodejs22.x").invoke()
