"""Registered consumers, and the records pushed to them."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

FIRST = "shardId-000000000000"


@pytest.fixture
def register(kinesis, stream):
    def make(name="reader", **more):
        return kinesis.register_stream_consumer(StreamARN=stream.arn, ConsumerName=name, **more)["Consumer"]

    return make


def began(cloud):
    """What subscriptions there are."""

    def look(scope):
        from skyglobe.services.kinesis.records import subscriptions

        return [subscription.id for subscription in subscriptions.scan(scope)]

    return cloud.run(cloud.kernel.transact(look, "000000000000", "us-east-1"))


@pytest.fixture
def subscribe(cloud, kinesis, stream):
    """Subscribe and collect all events until the subscription ends; the test turns the clock meanwhile."""
    pool = ThreadPoolExecutor(4)

    def begin(consumer, shard=FIRST, **position):
        def collect():
            answer = kinesis.subscribe_to_shard(
                ConsumerARN=consumer["ConsumerARN"],
                ShardId=shard,
                StartingPosition=position or {"Type": "TRIM_HORIZON"},
            )
            return [event["SubscribeToShardEvent"] for event in answer["EventStream"]]

        before = began(cloud)
        future = pool.submit(collect)
        while not future.done() and began(cloud) == before:
            sleep(0.001)  # until the cloud has taken it up: its clock is not involved
        return future

    yield begin
    pool.shutdown()


def data_of(events):
    return [record["Data"] for event in events for record in event["Records"]]


def test_a_consumer_is_registered_described_listed_and_deregistered(kinesis, stream, register, refused):
    made = register(Tags={"team": "a"})
    assert made["ConsumerARN"].startswith(f"{stream.arn}/consumer/reader:")
    by_arn = kinesis.describe_stream_consumer(ConsumerARN=made["ConsumerARN"])["ConsumerDescription"]
    by_name = kinesis.describe_stream_consumer(StreamARN=stream.arn, ConsumerName="reader")["ConsumerDescription"]
    assert by_arn == by_name
    assert (by_arn["ConsumerStatus"], by_arn["StreamARN"]) == ("ACTIVE", stream.arn)
    assert refused(register)[0] == "ResourceInUseException"
    for name in ("b", "c", "d"):
        register(name)
    pages = kinesis.get_paginator("list_stream_consumers").paginate(
        StreamARN=stream.arn, PaginationConfig={"PageSize": 3}
    )
    assert [[one["ConsumerName"] for one in page["Consumers"]] for page in pages] == [["b", "c", "d"], ["reader"]]
    assert stream.summary["ConsumerCount"] == 4
    kinesis.deregister_stream_consumer(ConsumerARN=made["ConsumerARN"])
    gone = refused(kinesis.describe_stream_consumer, ConsumerARN=made["ConsumerARN"])
    assert gone[0] == "ResourceNotFoundException"
    assert refused(kinesis.describe_stream_consumer)[0] == "InvalidArgumentException"


@pytest.mark.spec("KDS-035")
def test_a_stream_with_consumers_is_deleted_only_by_force(kinesis, stream, register, refused):
    register()
    assert refused(kinesis.delete_stream, StreamName=stream.name)[0] == "ResourceInUseException"
    kinesis.delete_stream(StreamName=stream.name, EnforceConsumerDeletion=True)
    assert kinesis.list_streams()["StreamNames"] == []


@pytest.mark.spec("KDS-033")
def test_a_stream_has_at_most_twenty_consumers(register, refused):
    for number in range(20):
        register(f"c{number}")
    assert refused(register, "not a name")[0] == "ValidationException"
    assert refused(register, "c20")[0] == "LimitExceededException"


@pytest.mark.spec("KDS-026", "KDS-033")
def test_records_are_pushed_until_five_minutes_are_over(cloud, stream, register, subscribe):
    stream.put("before")
    events = subscribe(register())
    stream.put("while")
    cloud.turn(120)
    stream.put("later")
    cloud.turn(170)
    assert not events.done()
    cloud.turn(11)
    found = events.result(60)
    assert data_of(found) == [b"before", b"while", b"later"]
    assert all(event["MillisBehindLatest"] == 0 for event in found[1:])
    assert len(found) > 50  # a sign of life every five seconds


@pytest.mark.spec("KDS-026")
def test_two_consumers_each_get_everything(cloud, stream, register, subscribe):
    one, other = subscribe(register("one")), subscribe(register("other"))
    stream.put_many([(str(number).encode(), "k") for number in range(100)])
    cloud.turn(301)
    assert data_of(one.result(60)) == data_of(other.result(60)) == [str(number).encode() for number in range(100)]


def test_a_subscription_goes_on_where_the_last_one_ended(cloud, stream, register, subscribe):
    consumer = register()
    stream.put("first")
    events = subscribe(consumer)
    cloud.turn(301)
    last = events.result(60)[-1]["ContinuationSequenceNumber"]
    stream.put("second")
    again = subscribe(consumer, Type="AFTER_SEQUENCE_NUMBER", SequenceNumber=last)
    cloud.turn(301)
    assert data_of(again.result(60)) == [b"second"]


@pytest.mark.spec("KDS-033")
def test_a_second_subscription_waits_five_seconds_and_then_takes_over(
    cloud, stream, kinesis, register, subscribe, refused
):
    consumer = register()
    first = subscribe(consumer)
    position = {"Type": "LATEST"}
    call = {"ConsumerARN": consumer["ConsumerARN"], "ShardId": FIRST, "StartingPosition": position}
    assert refused(kinesis.subscribe_to_shard, **call)[0] == "ResourceInUseException"
    cloud.turn(6)
    second = subscribe(consumer)
    cloud.turn(10)
    with pytest.raises(Exception, match="ResourceInUseException"):
        first.result(60)
    stream.put("for the second")
    cloud.turn(301)
    assert data_of(second.result(60)) == [b"for the second"]


def test_a_subscription_ends_with_its_shard_and_names_the_children(stream, kinesis, register, subscribe):
    stream.put("last words")
    events = subscribe(register())
    kinesis.split_shard(StreamName=stream.name, ShardToSplit=FIRST, NewStartingHashKey="7")
    found = events.result(60)
    assert data_of(found) == [b"last words"]
    assert [child["ShardId"][-1] for child in found[-1]["ChildShards"]] == ["1", "2"]


def test_a_subscription_ends_with_its_consumer(kinesis, stream, register, subscribe, cloud):
    consumer = register()
    events = subscribe(consumer)
    kinesis.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
    cloud.turn(6)
    with pytest.raises(Exception, match="ResourceNotFoundException"):
        events.result(60)
