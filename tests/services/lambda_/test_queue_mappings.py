"""Queues as sources of events: batches, failures, filters, order, and what is refused."""

import json
import threading

import pytest

from skyglobe.kernel.config import Config
from skyglobe.services.lambda_.readiness import running
from tests.services.lambda_.conftest import ARN, SEND, make_role

COPY = (
    SEND
    + """
import json, os
def handler(event, context):
    bodies = [one["body"] for one in event["Records"]]
    send(json.dumps(bodies))
    if "poison" in bodies:
        if os.environ.get("PARTIAL"):
            bad = [one["messageId"] for one in event["Records"] if one["body"] == "poison"]
            return {"batchItemFailures": [{"itemIdentifier": one} for one in bad]}
        raise ValueError("poison")
"""
)


@pytest.fixture
def work(make_queue):
    return make_queue("work", VisibilityTimeout="60")


@pytest.fixture
def out(make_queue):
    return make_queue("out")


@pytest.fixture
def copier(cloud, make_function, out):
    """A function that puts the bodies of each batch, as a list, into the queue ``out``."""
    endpoint = cloud.listen()

    def make(**variables):
        return make_function(
            "copier", COPY, Timeout=30, Environment={"Variables": {"ENDPOINT": endpoint, "OUT": out.url, **variables}}
        )

    return make


def mapping_of(client, work, **options):
    return client.create_event_source_mapping(FunctionName="copier", EventSourceArn=work.arn, **options)


@pytest.mark.spec("LAM-025", "LAM-036", "SQS-011")
def test_messages_are_handled_in_batches_and_deleted(cloud, client, copier, work, out):
    copier()
    work.send("polled")
    assert [message["Body"] for message in work.take()] == ["polled"]
    work.send(*"abcde")
    made = mapping_of(client, work, BatchSize=3)
    assert (made["State"], made["FunctionArn"]) == ("Enabled", f"{ARN}:copier")
    cloud.settle()
    assert sorted(len(one) for one in out.taken()) == [2, 3]
    assert work.counts == (0, 0)
    work.send("later")
    cloud.settle()
    assert out.taken() == [["later"]]
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    work.send("held")
    cloud.settle()
    assert (out.taken(), work.counts) == ([], (1, 0))
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=True)
    cloud.settle()
    assert out.taken() == [["held"]]
    assert client.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    assert client.list_event_source_mappings()["EventSourceMappings"] == []


@pytest.mark.spec("LAM-025")
def test_a_failed_batch_comes_back_when_its_visibility_timeout_is_over(cloud, client, copier, work, out, make_queue):
    dead = make_queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": 2})
    work.client.set_queue_attributes(QueueUrl=work.url, Attributes={"RedrivePolicy": redrive})
    copier()
    mapping_of(client, work, BatchSize=2)
    work.send("poison")
    cloud.settle()
    assert (out.taken(), work.counts) == ([["poison"]], (0, 1))
    cloud.turn(61)
    assert out.taken() == [["poison"]]
    cloud.turn(61)
    assert (out.taken(), work.counts) == ([], (0, 0))
    assert [one["Body"] for one in dead.take()] == ["poison"]


@pytest.mark.spec("LAM-036")
def test_what_a_function_says_it_failed_with_comes_back_alone(cloud, client, copier, work, out):
    copier(PARTIAL="1")
    work.send("a", "poison", "b")
    mapping_of(client, work, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])
    cloud.settle()
    assert sorted(out.taken()[0]) == ["a", "b", "poison"]
    assert work.counts == (0, 1)
    cloud.turn(61)
    assert out.taken() == [["poison"]]


@pytest.mark.spec("LAM-036")
def test_what_filters_leave_out_is_deleted_unseen(cloud, client, copier, work, out):
    copier()
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["order"], "n": [{"numeric": [">", 1]}]}})}]}
    mapping_of(client, work, FilterCriteria=criteria)
    work.send('{"kind": "order", "n": 2}', '{"kind": "order", "n": 1}', '{"kind": "other", "n": 2}', "no JSON")
    cloud.settle()
    assert [json.loads(body)["n"] for one in out.taken() for body in one] == [2]
    assert work.counts == (0, 0)


@pytest.mark.spec("LAM-036")
def test_a_batching_window_waits_for_more_by_the_clock(cloud, client, copier, work, out):
    copier()
    mapping_of(client, work, BatchSize=100, MaximumBatchingWindowInSeconds=20)
    work.send(*map(str, range(7)))
    cloud.turn(10)
    assert out.taken() == []
    work.send(*map(str, range(7, 14)))
    cloud.turn(11)
    (batch,) = out.taken()
    assert sorted(map(int, batch)) == list(range(14))


@pytest.mark.spec("LAM-036")
def test_groups_of_a_fifo_queue_are_handled_in_order(cloud, client, copier, out, make_queue):
    work = make_queue("ordered", FifoQueue="true", ContentBasedDeduplication="true", VisibilityTimeout="60")
    copier()
    for number in range(12):
        work.send(f"{number % 2}:{number}", MessageGroupId=str(number % 2))
    mapping_of(client, work, BatchSize=2)
    cloud.settle()
    seen = [body for batch in out.taken() for body in batch]
    for group in "01":
        mine = [int(body[2:]) for body in seen if body[0] == group]
        assert mine == sorted(mine)
        assert len(mine) == 6
    assert work.counts == (0, 0)


@pytest.mark.spec("LAM-036")
def test_a_mapping_handles_no_more_batches_at_a_time_than_it_may(cloud, client, make_function, work):
    make_function("copier", "import time\ndef handler(event, context):\n    time.sleep(0.2)\n")
    work.send(*map(str, range(8)))
    mapping_of(client, work, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    settling = threading.Thread(target=cloud.settle)
    settling.start()
    most = 0
    while settling.is_alive():
        most = max(most, *running(cloud.kernel).by_function.values(), 0)
        settling.join(0.01)
    assert most == 2
    assert work.counts == (0, 0)


@pytest.mark.spec("LAM-036")
def test_delayed_messages_are_handled_when_their_time_has_come(cloud, client, copier, work, out):
    copier()
    mapping_of(client, work)
    work.send("late", DelaySeconds=300)
    cloud.turn(290)
    assert out.taken() == []
    cloud.turn(20)
    assert out.taken() == [["late"]]


@pytest.mark.spec("LAM-036")
def test_mappings_that_cannot_be_are_refused(aws, client, copier, work, refusal, make_function):
    copier()
    create = client.create_event_source_mapping

    def refused(**params):
        params = {"FunctionName": "copier", "EventSourceArn": work.arn, **params}
        code, status, text = refusal(create, **params)
        assert (code, status) == ("InvalidParameterValueException", 400)
        return text

    work.client.set_queue_attributes(QueueUrl=work.url, Attributes={"VisibilityTimeout": "29"})
    assert refused() == "Queue visibility timeout: 29 seconds is less than Function timeout: 30 seconds"
    work.client.set_queue_attributes(QueueUrl=work.url, Attributes={"VisibilityTimeout": "30"})
    assert "window" in refused(BatchSize=11)
    assert "NonExistentQueue" in refused(EventSourceArn=work.arn + "s")
    assert "Invalid filter pattern" in refused(FilterCriteria={"Filters": [{"Pattern": "{"}]})
    assert "StartingPosition" in refused(StartingPosition="LATEST")
    refused(EventSourceArn="arn:aws:s3:::bucket")
    make_function("poor", Role=make_role(aws, "poor", actions=("sqs:ReceiveMessage",)))
    text = refused(FunctionName="poor")
    assert text == "The function execution role does not have permissions to call DeleteMessage on SQS"
    made = mapping_of(client, work)
    code, status, text = refusal(create, FunctionName="copier", EventSourceArn=work.arn)
    assert (code, status) == ("ResourceConflictException", 409)
    assert text.endswith(f"UUID {made['UUID']}")
    assert refusal(client.get_event_source_mapping, UUID="nobody")[:2] == ("ResourceNotFoundException", 404)
    endpoints = {"KAFKA_BOOTSTRAP_SERVERS": ["broker:9092"]}
    kafka = {"FunctionName": "copier", "SelfManagedEventSource": {"Endpoints": endpoints}, "Topics": ["topic"]}
    assert refusal(create, **kafka)[:2] == ("NotImplemented", 501)


class TestAtARealisticPace:
    @pytest.fixture
    def cloud_config(self):
        return Config(pace="realistic")

    @pytest.mark.spec("LAM-036")
    def test_a_mapping_is_created_enabled_disabled_and_deleted_in_time(
        self, cloud, client, make_function, work, refusal
    ):
        make_function("copier")
        cloud.turn(5)
        made = mapping_of(client, work, Enabled=False)
        assert made["State"] == "Creating"
        uuid = made["UUID"]
        assert refusal(client.delete_event_source_mapping, UUID=uuid)[:2] == ("ResourceInUseException", 400)
        cloud.turn(10)
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
        assert client.update_event_source_mapping(UUID=uuid, Enabled=True)["State"] == "Enabling"
        cloud.turn(10)
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
        assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
        cloud.turn(10)
        assert refusal(client.get_event_source_mapping, UUID=uuid)[0] == "ResourceNotFoundException"
