"""Loops of functions that call themselves by way of queues are stopped."""

import pytest

from skyglobe.services.lambda_.readiness import running
from skyglobe.services.lambda_.rules.lineage import MAX_TIMES, pass_on
from tests.services.lambda_.conftest import ARN, SEND

LOOP = (
    SEND.replace("headers = {", 'headers = {"X-Amzn-Trace-Id": os.environ["_X_AMZN_TRACE_ID"], ')
    + """
def handler(event, context):
    for one in event["Records"]:
        send(one["body"] + "x")
"""
)


@pytest.fixture
def loop(cloud, client, make_function, make_queue):
    """A function that sends what it reads from a queue back to it."""
    work, dead = make_queue("work", VisibilityTimeout="60"), make_queue("dead")
    variables = {"ENDPOINT": cloud.listen(), "OUT": work.url}
    make_function(
        "loop",
        LOOP,
        Timeout=30,
        Environment={"Variables": variables},
        DeadLetterConfig={"TargetArn": dead.arn},
    )
    client.create_event_source_mapping(FunctionName="loop", EventSourceArn=work.arn, BatchSize=1)
    return work, dead


@pytest.mark.spec("LAM-041")
def test_a_loop_through_a_queue_is_stopped_after_sixteen_times(cloud, loop):
    work, dead = loop
    work.send("x")
    cloud.settle()
    assert work.counts == (0, 0)
    (stopped,) = dead.taken()
    assert stopped["Records"][0]["body"] == "x" * (MAX_TIMES + 1)


@pytest.mark.spec("LAM-041")
def test_loops_that_are_allowed_go_on(client, make_function, refusal):
    make_function("hello")
    header = "Root=1-5759e988-bd862e3fe1be46a994272793"
    for _ in range(MAX_TIMES):
        header = pass_on(header, f"{ARN}:hello")
    client.meta.events.register(
        "before-sign.lambda.Invoke", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header)
    )
    assert refusal(client.invoke, FunctionName="hello")[:2] == ("RecursiveInvocationException", 400)
    client.put_function_recursion_config(FunctionName="hello", RecursiveLoop="Allow")
    assert client.invoke(FunctionName="hello")["StatusCode"] == 200


@pytest.mark.spec("LAM-013")
def test_an_account_has_a_thousand_concurrent_executions(cloud, client, make_function):
    make_function("hello")
    running(cloud.kernel).unreserved = 999
    client.invoke(FunctionName="hello")
    running(cloud.kernel).unreserved = 1000
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="hello")
    assert caught.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=1)
    client.invoke(FunctionName="hello")
