"""Functions in Python: what they see, what they keep, how they fail."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.services.lambda_.running.conftest import REGION, Machine


def test_a_handler_gets_its_event_and_context(machine: Machine) -> None:
    function = machine.function(
        """
        def handler(event, context):
            return {"event": event, "name": context.function_name, "memory": context.memory_limit_in_mb,
                    "arn": context.invoked_function_arn, "version": context.function_version,
                    "id": context.aws_request_id, "group": context.log_group_name,
                    "client": context.client_context.custom, "identity": context.identity.cognito_identity_id,
                    "left": context.get_remaining_time_in_millis()}
        """,
        memory_mb=256,
        timeout_s=9,
    )
    found = function.returns(
        {"é": [1, None]},
        request_id="11111111-2222-3333-4444-555555555555",
        invoked_arn="arn:live",
        client_context='{"custom": {"a":\n 1}}',
        cognito_identity='{"cognitoIdentityId": "me", "cognitoIdentityPoolId": "pool"}',
    )
    left = found.pop("left")
    assert 0 < left <= 9000
    assert found == {
        "event": {"é": [1, None]},
        "name": function.specification.name,
        "memory": "256",
        "arn": "arn:live",
        "version": "$LATEST",
        "id": "11111111-2222-3333-4444-555555555555",
        "group": function.specification.log_group,
        "client": {"a": 1},
        "identity": "me",
    }


@pytest.mark.spec("LAM-039")
def test_globals_stay_between_invocations_and_init_is_reported_once(machine: Machine) -> None:
    function = machine.function(
        """
        import os
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            return [calls, os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
        """
    )
    first, second = function.invoke(), function.invoke()
    assert [json.loads(first.payload)[0], json.loads(second.payload)[0]] == [1, 2]
    assert json.loads(first.payload)[1] == json.loads(second.payload)[1]
    assert first.init_ms is not None
    assert b"Init Duration" in first.log_tail
    assert second.init_ms is None
    assert b"Init Duration" not in second.log_tail
    assert first.billed_ms >= first.init_ms


@pytest.mark.spec("LAM-039")
def test_invocations_at_the_same_time_have_environments_of_their_own(machine: Machine) -> None:
    function = machine.function(
        """
        import os, time
        def handler(event, context):
            time.sleep(0.3)
            return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        """
    )
    outcomes = function.invoke_all([1, 2, 3])
    assert len({outcome.payload for outcome in outcomes}) == 3


@pytest.mark.spec("LAM-016")
def test_files_in_tmp_stay_with_their_environment(machine: Machine) -> None:
    function = machine.function(
        """
        import os, time
        with open("/tmp/loaded", "a") as file:
            file.write("x")
        def handler(event, context):
            with open("/tmp/loaded", "a") as file:
                file.write("y")
            time.sleep(event)
            return [open("/tmp/loaded").read(), os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
        """
    )
    assert function.returns(0)[0] == "xy"
    assert function.returns(0)[0] == "xyy"
    both = sorted(json.loads(outcome.payload)[0] for outcome in function.invoke_all([0.3, 0.3]))
    assert both == ["xy", "xyyy"]


def test_a_function_sees_its_own_code_and_little_else(machine: Machine) -> None:
    function = machine.function(
        {
            "app.py": """
            import os, sys
            def handler(event, context):
                def attempt(path):
                    try:
                        open(path, "w").close()
                        return "written"
                    except OSError as error:
                        return type(error).__name__
                return {"root": sorted(os.listdir("/")), "here": os.getcwd(), "task": sorted(os.listdir("/var/task")),
                        "user": os.getuid(), "processes": [n for n in os.listdir("/proc") if n.isdigit()],
                        "writes": [attempt(p) for p in ("/var/task/x", "/opt/x", "/etc/x", "/x", "/tmp/x")],
                        "host": os.listdir("/.host"),
                        "platform": [n for n in sys.modules if n.startswith("skyglobe")]}
            """,
            "data/one.txt": "1",
        }
    )
    found = function.returns()
    if machine.environments._home._launcher.isolation != "root":  # type: ignore[attr-defined]
        pytest.skip("the machine does not let us isolate as root")
    assert not {"home", "work", "srv", "sys"} & set(found["root"])
    assert found["host"] == []
    assert found["here"] == "/var/task"
    assert {"app.py", "data"} <= set(found["task"])
    assert found["user"] > 1000
    assert len(found["processes"]) == 2
    assert found["writes"][:4] == ["OSError", "OSError", "OSError", "OSError"]
    assert found["writes"][4] == "written"
    assert found["platform"] == []


def test_the_environment_has_aws_s_variables_and_the_function_s_own(machine: Machine) -> None:
    function = machine.function(
        "import os\ndef handler(event, context):\n    return dict(os.environ)",
        environment={"STAGE": "test", "TZ": "Europe/Paris", "AWS_REGION": "mars-1"},
        memory_mb=192,
    )
    found = function.returns(trace_header="Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1")
    expected = {
        "STAGE": "test",
        "TZ": "Europe/Paris",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_LAMBDA_FUNCTION_NAME": function.specification.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "192",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.specification.log_group,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.11",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "_HANDLER": "app.handler",
        "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", found["AWS_LAMBDA_LOG_STREAM_NAME"])
    assert re.fullmatch(r"127\.\d+\.\d+\.\d+:9001", found["AWS_LAMBDA_RUNTIME_API"])


def test_the_sdk_is_there_and_the_function_s_own_copy_of_it_comes_first(machine: Machine) -> None:
    handler = "import boto3\ndef handler(event, context):\n    return [boto3.__file__, boto3.__version__]"
    assert machine.function(handler).returns()[0] == "/var/runtime/boto3/__init__.py"
    own = machine.function({"app.py": handler, "boto3/__init__.py": "__version__ = 'mine'"})
    assert own.returns() == ["/var/task/boto3/__init__.py", "mine"]


def test_an_endpoint_called_localhost_is_given_by_number() -> None:
    # Else SDKs put buckets' names before it, and nobody knows where bucket.localhost is.
    from skyglobe.services.lambda_.running.variables import _by_number

    assert _by_number("http://localhost:4566") == "http://127.0.0.1:4566"
    assert _by_number("https://localhost/x") == "https://127.0.0.1/x"
    assert _by_number("http://cloud.example:1") == "http://cloud.example:1"


def test_layers_are_merged_and_later_ones_win(machine: Machine) -> None:
    layers = (
        machine.layer({"python/first.py": "value = 1", "python/shared.py": "value = 'first'", "data/a": "a"}),
        machine.layer({"python/second.py": "value = 2", "python/shared.py": "value = 'second'", "data/b": "b"}),
    )
    function = machine.function(
        """
        import os, first, second, shared
        def handler(event, context):
            return [first.value, second.value, shared.value, sorted(os.listdir("/opt/data"))]
        """,
        layers=layers,
    )
    assert function.returns() == [1, 2, "second", ["a", "b"]]


@pytest.mark.spec("LAM-028")
def test_an_exception_is_the_answer(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    raise KeyError('no such thing')")
    outcome = function.invoke()
    error = json.loads(outcome.payload)
    assert (outcome.function_error, outcome.error_type) == ("Unhandled", "KeyError")
    assert error["errorMessage"] == "'no such thing'"
    assert error["errorType"] == "KeyError"
    assert 'File "/var/task/app.py", line 2, in handler' in error["stackTrace"][0]
    assert b"[ERROR] KeyError: 'no such thing'" in outcome.log_tail
    assert "Status: error\tError Type: Runtime.Unknown" in outcome.log_tail.decode()


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("import missing", "Runtime.ImportModuleError", "Unable to import module 'app': No module named 'missing'"),
        ("def handler(:", "Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ("1 / 0", "ZeroDivisionError", "division by zero"),
    ],
)
def test_code_that_cannot_be_loaded_answers_why(machine: Machine, code: str, kind: str, message: str) -> None:
    outcome = machine.function(code).invoke()
    error = json.loads(outcome.payload)
    assert error["errorType"] == kind
    assert message in error["errorMessage"]
    # It is tried a second time as part of the invocation, as on AWS.
    assert "INIT_REPORT Init Duration: " in outcome.log_tail.decode()
    assert "Phase: invoke\tStatus: error\tError Type: " + kind in outcome.log_tail.decode()


def test_what_is_not_json_cannot_be_returned(machine: Machine) -> None:
    error = machine.function("def handler(event, context):\n    return {1, 2}").fails()
    assert error["errorType"] == "Runtime.MarshalError"
    assert error["errorMessage"] == "Unable to marshal response: Object of type set is not JSON serializable"


@pytest.mark.spec("LAM-029")
def test_a_response_larger_than_six_megabytes_is_refused_and_the_next_one_is_served(machine: Machine) -> None:
    function = machine.function("def handler(event, context):\n    return 'x' * event")
    error = function.fails(6_291_555)
    assert error == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
    }
    assert len(function.returns(6_291_554)) == 6_291_554


def test_environments_of_a_changed_function_are_not_used_again(machine: Machine) -> None:
    function = machine.function(
        "import os\ndef handler(event, context):\n    return os.environ['STAGE']", environment={"STAGE": "1"}
    )
    assert function.returns() == "1"
    assert function.changed(revision="2", environment={"STAGE": "2"}).returns() == "2"


def test_an_environment_is_replaced_before_its_credentials_expire(machine: Machine) -> None:
    function = machine.function("import os\ndef handler(event, context):\n    return os.environ['AWS_ACCESS_KEY_ID']")
    first = function.returns()
    machine.turn(300)
    assert function.returns() == first
    machine.turn(400)
    machine.turn(400)
    assert function.returns() != first


def test_a_wrapper_script_starts_the_runtime(machine: Machine) -> None:
    wrapper = machine.layer({"wrap*": '#!/bin/sh\nexport WRAPPED="yes $#"\nexec "$@"\n'})
    function = machine.function(
        "import os\ndef handler(event, context):\n    return os.environ['WRAPPED']",
        layers=(wrapper,),
        environment={"AWS_LAMBDA_EXEC_WRAPPER": "/opt/wrap"},
    )
    found: Any = function.returns()
    assert found.startswith("yes ")
