"""Durable functions, written with AWS's own SDK for them: what is done stays done, whatever happens meanwhile."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from skyglobe.kernel.config import Config
from skyglobe.testing import TestCloud
from tests.services.lambda_.conftest import ECHO, make_role, make_user, zipped

sdk = pytest.importorskip("aws_durable_execution_sdk_python")

CODE = """
import os

from aws_durable_execution_sdk_python import DurableContext, durable_execution, durable_step
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

@durable_step
def charge(step, order):
    print("charged", order)
    return {"charged": order}

@durable_step
def flaky(step):
    print("attempt", step.__class__.__name__)
    marks = "/tmp/marks"
    open(marks, "a").write("x")
    if len(open(marks).read()) < 3:
        raise ValueError("not yet")
    return len(open(marks).read())

@durable_step
def fatal(step):
    raise ValueError("never")

@durable_execution
def handler(event, context: DurableContext):
    kind = event["kind"]
    if kind == "exit":
        done = context.step(charge(event["order"]))
        seen = context.step(lambda _: os.environ["AWS_LAMBDA_LOG_STREAM_NAME"], name="where")
        if seen == os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]:
            os._exit(1)
        return done
    if kind == "wait":
        done = context.step(charge(event["order"]))
        context.wait(Duration.from_seconds(event["seconds"]), name="rest")
        return done
    if kind == "callback":
        config = CallbackConfig(
            timeout=Duration.from_seconds(event.get("timeout", 0)),
            heartbeat_timeout=Duration.from_seconds(event.get("heartbeat", 0)),
        )
        return context.create_callback(name="approval", config=config).result()
    if kind == "retry":
        strategy = create_retry_strategy(RetryStrategyConfig(max_attempts=5))
        return context.step(flaky(), config=StepConfig(retry_strategy=strategy))
    if kind == "invoke":
        return context.invoke(event["function"], {"from": "outside"}, name="other")
    if kind == "parallel":
        return context.map(event["items"], lambda ctx, item, index, items: ctx.step(charge(item))).get_results()
    once = create_retry_strategy(RetryStrategyConfig(max_attempts=1))
    return context.step(fatal(), config=StepConfig(retry_strategy=once))
"""
BARE = """
import json

def handler(event, context):
    kind = json.loads(event["InitialExecutionState"]["Operations"][0]["ExecutionDetails"]["InputPayload"])["kind"]
    if kind == "fails":
        raise ValueError("not now")
    return {"Status": "PENDING"} if kind == "idle" else {"Status": "SUCCEEDED", "Result": "1"}
"""
CONFIG = {"ExecutionTimeout": 600, "RetentionPeriodInDays": 7}


def packed(code):
    """Return a package of ``code`` with AWS's SDK for durable functions."""
    buffer = io.BytesIO()
    folder = Path(sdk.__file__).parent
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), code)
        for path in folder.rglob("*.py"):
            archive.write(path, path.relative_to(folder.parent))
    return buffer.getvalue()


@pytest.fixture
def durable(client, role, endpoint):
    """Create the durable function; return its name."""

    def make(name="orders", **config):
        client.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Timeout=30,
            MemorySize=1024,
            Environment={"Variables": {"AWS_ENDPOINT_URL": endpoint}},
            Code={"ZipFile": packed(CODE)},
            DurableConfig={**CONFIG, **config},
        )
        return name

    return make


@pytest.fixture
def plain(make_function):
    """Create a durable function that takes no SDK to write, nor the time to load one."""
    return lambda name, **config: make_function(name, BARE, DurableConfig={**CONFIG, **config})


@pytest.fixture
def start(client):
    """Begin an execution of ``orders``; return its ARN."""

    def begin(kind, **event):
        options = {"DurableExecutionName": event.pop("name")} if "name" in event else {}
        answer = client.invoke(
            FunctionName="orders:$LATEST",
            InvocationType="Event",
            Payload=json.dumps({"kind": kind, **event}),
            **options,
        )
        return answer["DurableExecutionArn"]

    return begin


def call(client, kind, **event):
    answer = client.invoke(FunctionName="orders:$LATEST", Payload=json.dumps({"kind": kind, **event}))
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def history(client, arn, **options):
    found = client.get_paginator("get_durable_execution_history").paginate(
        DurableExecutionArn=arn, IncludeExecutionData=True, PaginationConfig={"PageSize": 3}, **options
    )
    return [event for page in found for event in page["Events"]]


@pytest.mark.spec("LAM-042")
def test_a_function_goes_on_where_it_was_however_its_invocations_end(cloud, aws, client, durable, start):
    durable()
    assert client.get_function_configuration(FunctionName="orders")["DurableConfig"] == CONFIG

    slept = start("wait", order=7, seconds=3600)
    cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=slept)
    assert (execution["Status"], execution["Version"]) == ("RUNNING", "$LATEST")
    cloud.turn(3599)
    assert client.get_durable_execution(DurableExecutionArn=slept)["Status"] == "TIMED_OUT"

    slept = start("wait", order=8, seconds=300)
    cloud.turn(301)
    cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=slept)
    assert (execution["Status"], json.loads(execution["Result"])) == ("SUCCEEDED", {"charged": 8})
    kinds = [event["EventType"] for event in history(client, slept)]
    assert kinds == [
        "ExecutionStarted",
        "StepStarted",
        "StepSucceeded",
        "WaitStarted",
        "InvocationCompleted",
        "WaitSucceeded",
        "InvocationCompleted",
        "ExecutionSucceeded",
    ]

    killed = start("exit", order=9)
    cloud.settle()
    assert client.get_durable_execution(DurableExecutionArn=killed)["Status"] == "RUNNING"
    cloud.turn(10)
    cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=killed)
    assert (execution["Status"], json.loads(execution["Result"])) == ("SUCCEEDED", {"charged": 9})
    lines = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/orders", filterPattern='"charged 9"')
    assert len(lines["events"]) == 1


@pytest.mark.spec("LAM-042")
def test_callbacks_are_waited_for_until_they_come_or_it_is_too_late(cloud, client, durable, start):
    durable()
    arn = start("callback")
    cloud.settle()
    (identifier,) = [
        event["CallbackStartedDetails"]["CallbackId"]
        for event in history(client, arn)
        if event["EventType"] == "CallbackStarted"
    ]
    client.send_durable_execution_callback_success(CallbackId=identifier, Result=b'"yes"')
    cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=arn)
    assert (execution["Status"], execution["Result"]) == ("SUCCEEDED", '"\\"yes\\""')
    with pytest.raises(client.exceptions.CallbackTimeoutException):
        client.send_durable_execution_callback_heartbeat(CallbackId=identifier)

    refused = start("callback")
    cloud.settle()
    (started,) = [event for event in history(client, refused) if event["EventType"] == "CallbackStarted"]
    told = {"ErrorType": "Denied", "ErrorMessage": "no"}
    identifier = started["CallbackStartedDetails"]["CallbackId"]
    client.send_durable_execution_callback_failure(CallbackId=identifier, Error=told)
    cloud.settle()
    assert client.get_durable_execution(DurableExecutionArn=refused)["Status"] == "FAILED"

    silent = start("callback", heartbeat=60)
    cloud.settle()
    (started,) = [event for event in history(client, silent) if event["EventType"] == "CallbackStarted"]
    cloud.turn(50)
    client.send_durable_execution_callback_heartbeat(CallbackId=started["CallbackStartedDetails"]["CallbackId"])
    cloud.turn(50)
    assert client.get_durable_execution(DurableExecutionArn=silent)["Status"] == "RUNNING"
    cloud.turn(11)
    cloud.settle()
    assert client.get_durable_execution(DurableExecutionArn=silent)["Status"] == "FAILED"
    assert "CallbackTimedOut" in [event["EventType"] for event in history(client, silent)]


def test_whoever_waits_gets_the_result_of_the_whole_execution(cloud, client, durable, make_function):
    durable()
    make_function("echo", ECHO)
    assert call(client, "parallel", items=[1, 2]) == ([{"charged": 1}, {"charged": 2}], None)
    assert call(client, "invoke", function="echo") == ({"from": "outside"}, None)
    told, error = call(client, "fatal")
    assert (error, told["errorMessage"]) == ("Unhandled", "never")


def test_steps_that_fail_are_tried_again_when_it_is_time(cloud, client, durable, start):
    durable()
    arn = start("retry")
    for _ in range(5):
        cloud.turn(60)
        cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=arn)
    assert (execution["Status"], execution["Result"]) == ("SUCCEEDED", "3")
    failed = [event for event in history(client, arn) if event["EventType"] == "StepFailed"]
    assert [event["StepFailedDetails"]["RetryDetails"]["CurrentAttempt"] for event in failed] == [1, 2]
    assert failed[0]["StepFailedDetails"]["Error"]["Payload"]["ErrorMessage"] == "not yet"


def test_names_make_starts_idempotent_and_executions_are_listed_stopped_and_forgotten(cloud, client, plain, start):
    plain("orders")
    arn = start("done", name="one")
    assert start("done", name="one") == arn
    with pytest.raises(client.exceptions.DurableExecutionAlreadyStartedException):
        start("done", name="one", heartbeat=5)
    other = start("fails", name="two")
    cloud.settle()
    assert client.get_durable_execution(DurableExecutionArn=arn)["Result"] == "1"
    client.stop_durable_execution(DurableExecutionArn=other, Error={"ErrorType": "Enough", "ErrorMessage": "stop"})
    stopped = client.get_durable_execution(DurableExecutionArn=other)
    assert (stopped["Status"], stopped["Error"]["ErrorType"]) == ("STOPPED", "Enough")

    def listed(**asked):
        pages = client.get_paginator("list_durable_executions_by_function").paginate(
            FunctionName="orders", PaginationConfig={"PageSize": 1}, **asked
        )
        return [one["DurableExecutionName"] for page in pages for one in page["DurableExecutions"]]

    assert sorted(listed()) == ["one", "two"]
    assert listed(ReverseOrder=True) == listed()[::-1]
    assert listed(Statuses=["STOPPED"]) == ["two"]
    assert listed(DurableExecutionName="one", Qualifier="$LATEST") == ["one"]
    events = history(client, other, ReverseOrder=True)
    assert [event["EventId"] for event in events] == list(range(len(events), 0, -1))
    cloud.turn(days=7, seconds=1)
    assert listed() == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_durable_execution(DurableExecutionArn=other)


def test_an_execution_goes_on_in_a_cloud_that_was_started_anew(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    aws = cloud.session()
    options = {"Runtime": "python3.13", "Handler": "app.handler", "Role": make_role(aws), "DurableConfig": CONFIG}
    client = aws.client("lambda")
    client.create_function(FunctionName="orders", Code={"ZipFile": zipped(BARE)}, **options)
    asked = {"FunctionName": "orders:$LATEST", "InvocationType": "Event", "Payload": b'{"kind": "done"}'}
    begun = [client.invoke(**asked)["DurableExecutionArn"] for _ in range(3)]
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    client = cloud.session().client("lambda")
    cloud.turn(10)
    cloud.settle()
    for arn in begun:
        execution = client.get_durable_execution(DurableExecutionArn=arn)
        assert (execution["Status"], execution["Result"]) == ("SUCCEEDED", "1")
    cloud.close()


def test_what_durable_functions_may_not(cloud, aws, client, plain, make_function, refusal, start):
    plain("orders")
    plain("long", ExecutionTimeout=901)
    make_function("plain", ECHO)
    for operation, params in (
        (client.invoke, {"FunctionName": "orders"}),
        (client.invoke, {"FunctionName": "long:$LATEST"}),
        (client.update_function_configuration, {"FunctionName": "plain", "DurableConfig": CONFIG}),
        (client.send_durable_execution_callback_success, {"CallbackId": "00ff"}),
    ):
        assert refusal(operation, **params)[:2] == ("InvalidParameterValueException", 400)
    arn = start("fails")
    wrong = {"DurableExecutionArn": arn, "CheckpointToken": "abcd"}
    assert refusal(client.checkpoint_durable_execution, **wrong)[2] == "Invalid checkpoint token."
    assert refusal(client.get_durable_execution_state, **wrong)[0] == "InvalidParameterValueException"
    stranger = cloud.session_with(make_user(aws, "stranger")).client("lambda")
    with pytest.raises(
        stranger.exceptions.ClientError, match=f"lambda:StopDurableExecution on resource: {re.escape(arn)}"
    ):
        stranger.stop_durable_execution(DurableExecutionArn=arn)
    pending = start("idle")
    cloud.settle()
    assert "no pending operations" in client.get_durable_execution(DurableExecutionArn=pending)["Error"]["ErrorMessage"]


def test_a_function_whose_role_may_not_save_its_progress_fails(cloud, aws, client, durable, start):
    durable()
    mute = make_role(aws, "mute", actions=("logs:*",))
    client.update_function_configuration(FunctionName="orders", Role=mute)
    arn = start("wait", order=1, seconds=5)
    cloud.settle()
    execution = client.get_durable_execution(DurableExecutionArn=arn)
    assert execution["Status"] == "FAILED"
    assert "CheckpointDurableExecution" in execution["Error"]["ErrorMessage"]
