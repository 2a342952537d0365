"""What functions print lies in CloudWatch Logs, written as their role."""

import base64
import gzip
import json

import pytest

from tests.services.lambda_.conftest import make_role

pytest.importorskip("skyglobe.services.logs")

CODE = """
def handler(event, context):
    print("seen", event)
"""


@pytest.mark.spec("LAM-003", "LAM-007", "CWL-010")
def test_each_invocation_writes_its_start_end_and_report(cloud, aws, client, make_function):
    make_function("hello", CODE)
    request_id = client.invoke(FunctionName="hello", Payload=b"7")["ResponseMetadata"]["RequestId"]
    logs = aws.client("logs")
    lines = []
    while not any(line.startswith("REPORT") for line in lines):
        found = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/hello")["logGroups"]
        lines = found and [one["message"] for one in logs.filter_log_events(logGroupName="/aws/lambda/hello")["events"]]
    (stream,) = logs.describe_log_streams(logGroupName="/aws/lambda/hello")["logStreams"]
    assert "[$LATEST]" in stream["logStreamName"]
    text = "".join(lines)
    for wanted in (f"START RequestId: {request_id} Version: $LATEST", "seen 7", f"END RequestId: {request_id}"):
        assert wanted in text


def test_whoever_reads_is_shown_what_was_logged_a_moment_ago(cloud, aws, client, make_function):
    make_function("hello", CODE)
    for number in range(5):
        client.invoke(FunctionName="hello", Payload=str(number))
    found = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/hello", filterPattern="seen")["events"]
    assert [one["message"] for one in found] == [f"seen {number}\n" for number in range(5)]


def test_a_role_that_may_not_write_logs_leaves_none(cloud, aws, client, make_function):
    make_function("hello", CODE, Role=make_role(aws, "mute", actions=("sqs:*",)))
    assert json.loads(client.invoke(FunctionName="hello", Payload=b"7")["Payload"].read()) is None
    client.delete_function(FunctionName="hello")
    assert aws.client("logs").describe_log_groups()["logGroups"] == []


@pytest.mark.spec("LAM-023", "CWL-017")
def test_a_subscription_of_a_log_group_invokes_a_function(cloud, aws, client, make_function, make_queue):
    told = make_queue("told")
    make_function("hello", "def handler(event, context):\n    return event\n")
    client.put_function_event_invoke_config(
        FunctionName="hello", DestinationConfig={"OnSuccess": {"Destination": told.arn}}
    )
    client.add_permission(
        FunctionName="hello", StatementId="logs", Action="lambda:InvokeFunction", Principal="logs.amazonaws.com"
    )
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="one")
    arn = client.get_function(FunctionName="hello")["Configuration"]["FunctionArn"]
    logs.put_subscription_filter(logGroupName="app", filterName="f", filterPattern="ERROR", destinationArn=arn)
    entries = [{"timestamp": cloud.now, "message": text} for text in ("ERROR one", "fine")]
    logs.put_log_events(logGroupName="app", logStreamName="one", logEvents=entries)
    cloud.turn(10)
    cloud.settle()
    seen = [one["responsePayload"] for one in told.taken()]
    data = [json.loads(gzip.decompress(base64.b64decode(one["awslogs"]["data"]))) for one in seen]
    messages = [entry["message"] for one in data if one["messageType"] == "DATA_MESSAGE" for entry in one["logEvents"]]
    assert messages == ["ERROR one"]
