"""Asynchronous invocations: tried again by the clock, told of at their end, never lost."""

import json

import pytest

from skyglobe.kernel.config import Config
from skyglobe.services.lambda_.readiness import running
from skyglobe.services.lambda_.records import queued_events
from skyglobe.services.lambda_.rules.lineage import pass_on, times_through
from skyglobe.services.lambda_.rules.retries import throttled_for
from skyglobe.testing.clouds import TestCloud
from tests.services.lambda_.conftest import ARN, Queue, make_role, zipped

FAIL = "def handler(event, context):\n    raise ValueError('no luck with %s' % event['n'])\n"
ECHO = "def handler(event, context):\n    return event\n"


def queued(cloud):
    def count(scope):
        return len(list(queued_events.scan(scope.within("000000000000", "us-east-1"))))

    return cloud.run(cloud.kernel.transact(count))


@pytest.mark.spec("LAM-027", "LAM-030")
def test_a_failed_event_is_tried_twice_more_and_then_told_of(cloud, client, make_function, make_queue):
    dead, told = make_queue("dead"), make_queue("told")
    make_function("hello", FAIL, DeadLetterConfig={"TargetArn": dead.arn})
    destinations = {"OnFailure": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="hello", DestinationConfig=destinations)
    answer = client.invoke(FunctionName="hello", InvocationType="Event", Payload=b'{"n": 7}')
    assert answer["StatusCode"] == 202
    cloud.turn(59)
    cloud.turn(2)  # the second try failed by now, the third comes two minutes later
    cloud.turn(117)
    assert (dead.counts, told.counts) == ((0, 0), (0, 0))
    cloud.turn(4)
    (letter,) = dead.take()
    assert letter["Body"] == '{"n": 7}'
    attributes = {name: one["StringValue"] for name, one in letter["MessageAttributes"].items()}
    assert attributes["ErrorCode"] == "200"
    assert attributes["ErrorMessage"] == "no luck with 7"
    assert attributes["RequestID"] == answer["ResponseMetadata"]["RequestId"]
    (record,) = told.taken()
    assert record["requestContext"] == {
        "requestId": answer["ResponseMetadata"]["RequestId"],
        "functionArn": f"{ARN}:hello:$LATEST",
        "condition": "RetriesExhausted",
        "approximateInvokeCount": 3,
    }
    assert record["requestPayload"] == {"n": 7}
    assert record["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"
    }  # fmt: skip
    assert record["responsePayload"]["errorMessage"] == "no luck with 7"
    assert queued(cloud) == 0


@pytest.mark.spec("LAM-030")
def test_success_is_told_where_it_is_asked_for(cloud, aws, client, make_function, make_queue):
    told = make_queue("told")
    make_function("next", ECHO)
    make_function("hello", ECHO)
    config = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    destinations = {"OnSuccess": {"Destination": f"{ARN}:next"}}
    client.put_function_event_invoke_config(FunctionName="hello", DestinationConfig=destinations, **config)
    destinations = {"OnSuccess": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="next", DestinationConfig=destinations)
    client.invoke(FunctionName="hello", InvocationType="Event", Payload=b'{"n": 1}')
    cloud.settle()
    (record,) = told.taken()
    assert record["requestContext"]["condition"] == "Success"
    assert record["responsePayload"]["responsePayload"] == {"n": 1}
    kept = client.get_function_event_invoke_config(FunctionName="hello")
    assert (kept["MaximumRetryAttempts"], kept["MaximumEventAgeInSeconds"]) == (0, 60)
    assert kept["FunctionArn"] == f"{ARN}:hello:$LATEST"
    changed = client.update_function_event_invoke_config(FunctionName="hello", MaximumRetryAttempts=1)
    assert (changed["MaximumRetryAttempts"], changed["MaximumEventAgeInSeconds"]) == (1, 60)
    assert len(client.list_function_event_invoke_configs(FunctionName="hello")["FunctionEventInvokeConfigs"]) == 1
    client.delete_function_event_invoke_config(FunctionName="hello")


@pytest.mark.spec("LAM-030")
def test_an_event_without_room_waits_until_it_is_too_old(cloud, aws, client, make_function):
    make_function("hello", ECHO)
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    aws.client("s3").create_bucket(Bucket="failures")
    client.put_function_event_invoke_config(
        FunctionName="hello",
        MaximumEventAgeInSeconds=120,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::failures"}},
    )
    client.invoke(FunctionName="hello", InvocationType="Event", Payload=b'{"n": 1}')
    cloud.turn(100)
    assert queued(cloud) == 1
    cloud.turn(300)
    assert queued(cloud) == 0
    s3 = aws.client("s3")
    (entry,) = s3.list_objects_v2(Bucket="failures")["Contents"]
    assert entry["Key"].startswith("aws/lambda/async/hello/")
    record = json.loads(s3.get_object(Bucket="failures", Key=entry["Key"])["Body"].read())
    assert record["requestContext"]["condition"] == "EventAgeExceeded"
    assert "responseContext" not in record


@pytest.mark.spec("LAM-030")
def test_an_event_that_found_no_room_runs_when_there_is_some(cloud, client, make_function, make_queue):
    told = make_queue("told")
    make_function("hello", ECHO)
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    destinations = {"OnSuccess": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="hello", DestinationConfig=destinations)
    client.invoke_async(FunctionName="hello", InvokeArgs=b'{"n": 1}')
    cloud.turn(100)
    client.delete_function_concurrency(FunctionName="hello")
    cloud.turn(minutes=5)
    assert [one["requestContext"]["approximateInvokeCount"] for one in told.taken()] == [1]


@pytest.mark.spec("LAM-020")
def test_s3_invokes_a_function_of_new_objects(cloud, aws, client, make_function, make_queue):
    told = make_queue("told")
    make_function("hello", ECHO)
    destinations = {"OnSuccess": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="hello", DestinationConfig=destinations)
    client.add_permission(
        FunctionName="hello", StatementId="s3", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com"
    )
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="inbox")
    configuration = {"LambdaFunctionArn": f"{ARN}:hello", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="inbox", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )
    s3.put_object(Bucket="inbox", Key="a/b.txt", Body=b"x")
    cloud.settle()
    (record,) = told.taken()
    assert record["responsePayload"]["Records"][0]["s3"]["object"]["key"] == "a/b.txt"


@pytest.mark.spec("LAM-024")
def test_sns_invokes_a_function_that_subscribes(cloud, aws, client, make_function, make_queue):
    told = make_queue("told")
    make_function("hello", ECHO)
    destinations = {"OnSuccess": {"Destination": told.arn}}
    client.put_function_event_invoke_config(FunctionName="hello", DestinationConfig=destinations)
    sns = aws.client("sns")
    topic = sns.create_topic(Name="news")["TopicArn"]
    client.add_permission(
        FunctionName="hello",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=f"{ARN}:hello")
    sns.publish(TopicArn=topic, Message="extra")
    cloud.settle()
    (record,) = told.taken()
    assert record["responsePayload"]["Records"][0]["Sns"]["Message"] == "extra"


def test_events_outlive_a_restart(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    session = cloud.session()
    client, told = session.client("lambda"), Queue(session, "told")
    client.create_function(
        FunctionName="hello",
        Runtime="python3.13",
        Role=make_role(session),
        Handler="app.handler",
        Code={"ZipFile": zipped(ECHO)},
    )
    client.put_function_event_invoke_config(
        FunctionName="hello", DestinationConfig={"OnSuccess": {"Destination": told.arn}}
    )
    client.put_function_concurrency(FunctionName="hello", ReservedConcurrentExecutions=0)
    for number in range(5):
        client.invoke(FunctionName="hello", InvocationType="Event", Payload=json.dumps({"n": number}).encode())
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    cloud.client("lambda").delete_function_concurrency(FunctionName="hello")
    cloud.turn(minutes=5)
    told.client = cloud.client("sqs")
    assert sorted(one["requestPayload"]["n"] for one in told.taken()) == list(range(5))
    cloud.close()


def test_an_event_that_was_running_when_a_cloud_was_stopped_did_not_fail(tmp_path):
    cloud = TestCloud(Config(folder=tmp_path))
    session = cloud.session()
    client, told = session.client("lambda"), Queue(session, "told")
    code = "import time\ndef handler(event, context):\n    time.sleep(1)\n    return event\n"
    options = {"Runtime": "python3.13", "Role": make_role(session), "Handler": "app.handler"}
    client.create_function(FunctionName="hello", Code={"ZipFile": zipped(code)}, **options)
    destinations = {"OnSuccess": {"Destination": told.arn}, "OnFailure": {"Destination": told.arn}}
    client.put_function_event_invoke_config(
        FunctionName="hello", MaximumRetryAttempts=0, DestinationConfig=destinations
    )
    client.invoke(FunctionName="hello", InvocationType="Event", Payload=b'{"n": 1}')
    while not running(cloud.kernel).by_function:
        client.get_function(FunctionName="hello")
    cloud.close()
    cloud = TestCloud(Config(folder=tmp_path))
    cloud.settle()
    cloud.turn(60)
    told.client = cloud.client("sqs")
    assert [one["requestContext"]["condition"] for one in told.taken()] == ["Success"]
    cloud.close()


def test_pauses_without_room_grow_to_five_minutes():
    assert [throttled_for(times) for times in (0, 1, 2, 8, 9, 400)] == [1000, 2000, 4000, 256000, 300000, 300000]


def test_a_trace_header_counts_how_often_it_went_through_a_function():
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
    for times in range(20):
        assert times_through(header, f"{ARN}:loop") == times
        header = pass_on(header, f"{ARN}:loop")
    assert times_through(header, f"{ARN}:other") == 0
    assert header.startswith("Root=1-5759e988-bd862e3fe1be46a994272793;")
