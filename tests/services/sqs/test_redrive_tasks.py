"""Dead letters go back to where they came from."""

import pytest


def bury(source, bodies):
    """Have messages received once too often."""
    source.send_many(bodies)
    for _ in range((len(bodies) + 9) // 10):
        source.receive(MaxNumberOfMessages=10, VisibilityTimeout=0)
    while source.counts() != (0, 0, 0):
        source.receive(MaxNumberOfMessages=10, VisibilityTimeout=0)


def tasks(sqs, dead, **more):
    return sqs.list_message_move_tasks(SourceArn=dead.arn, **more).get("Results", [])


@pytest.mark.spec("SQS-042")
def test_messages_go_back_to_their_source(cloud, sqs, with_dead_letters):
    source, dead = with_dead_letters(1)
    sent = [f"order {number}" for number in range(25)]
    bury(source, sent)
    assert dead.counts() == (25, 0, 0)
    handle = sqs.start_message_move_task(SourceArn=dead.arn)["TaskHandle"]
    assert handle
    cloud.turn(1)
    (task,) = tasks(sqs, dead)
    assert task["Status"] == "COMPLETED"
    assert task["ApproximateNumberOfMessagesMoved"] == task["ApproximateNumberOfMessagesToMove"] == 25
    assert task["SourceArn"] == dead.arn
    assert "TaskHandle" not in task
    assert "DestinationArn" not in task
    assert dead.counts() == (0, 0, 0)
    moved = source.receive(MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
    assert moved[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert "DeadLetterQueueSourceArn" not in moved[0]["Attributes"]
    received = [message["Body"] for message in moved] + source.drain()
    assert sorted(received) == sorted(sent)


def test_messages_of_several_sources_go_back_each_to_its_own(cloud, sqs, with_dead_letters, make_queue):
    first, dead = with_dead_letters(1)
    second = make_queue(RedrivePolicy=first.attribute("RedrivePolicy"))
    bury(first, ["of the first"])
    bury(second, ["of the second"])
    sqs.start_message_move_task(SourceArn=dead.arn)
    cloud.turn(1)
    assert (first.drain(), second.drain()) == (["of the first"], ["of the second"])


@pytest.mark.spec("SQS-042")
def test_messages_can_go_somewhere_else(cloud, sqs, with_dead_letters, make_queue):
    source, dead = with_dead_letters(1)
    other = make_queue()
    bury(source, ["poison"])
    sqs.start_message_move_task(SourceArn=dead.arn, DestinationArn=other.arn)
    cloud.turn(1)
    (task,) = tasks(sqs, dead)
    assert (task["Status"], task["DestinationArn"]) == ("COMPLETED", other.arn)
    assert (source.counts()[0], other.drain()) == (0, ["poison"])


def test_a_rate_is_kept_by_the_clock_and_a_task_can_be_cancelled(cloud, sqs, with_dead_letters, refused):
    source, dead = with_dead_letters(1)
    bury(source, [str(number) for number in range(50)])
    handle = sqs.start_message_move_task(SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=5)["TaskHandle"]
    cloud.turn(4)
    (task,) = tasks(sqs, dead)
    assert task["Status"] == "RUNNING"
    assert task["TaskHandle"] == handle
    assert task["MaxNumberOfMessagesPerSecond"] == 5
    assert 19 <= task["ApproximateNumberOfMessagesMoved"] <= 22
    second = refused(sqs.start_message_move_task, SourceArn=dead.arn)
    assert second[0] == "InvalidParameterValue"
    assert "There is already a task running." in second[2]
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    cloud.turn(10)
    (task,) = tasks(sqs, dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("CANCELLED", moved)
    assert source.counts()[0] == moved
    assert dead.counts()[0] == 50 - moved
    assert refused(sqs.cancel_message_move_task, TaskHandle=handle)[0] == "InvalidParameterValue"


def test_tasks_are_listed_latest_first(cloud, sqs, with_dead_letters, refused):
    source, dead = with_dead_letters(1)
    for number in range(12):
        bury(source, [str(number)] * (number % 2))
        sqs.start_message_move_task(SourceArn=dead.arn)
        cloud.turn(1)
        source.drain()
    assert len(tasks(sqs, dead)) == 1
    listed = tasks(sqs, dead, MaxResults=10)
    assert len(listed) == 10
    assert [task["ApproximateNumberOfMessagesMoved"] for task in listed] == [1, 0] * 5
    started = [task["StartedTimestamp"] for task in listed]
    assert started == sorted(started, reverse=True)
    assert refused(tasks, sqs, dead, MaxResults=11)[0] == "InvalidParameterValue"


def test_a_task_fails_when_it_cannot_know_where_a_message_came_from(cloud, sqs, with_dead_letters):
    source, dead = with_dead_letters(1)
    bury(source, ["with a source"])
    dead.send("sent here directly")
    sqs.start_message_move_task(SourceArn=dead.arn)
    cloud.turn(1)
    (task,) = tasks(sqs, dead)
    assert (task["Status"], task["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert (source.counts()[0], dead.counts()[0]) == (1, 1)


def test_a_task_ends_although_the_messages_keep_coming_back(cloud, sqs, with_dead_letters):
    source, dead = with_dead_letters(1)
    bury(source, ["boomerang"])
    sqs.start_message_move_task(SourceArn=dead.arn)
    cloud.turn(1)
    source.receive_one(VisibilityTimeout=0)
    assert source.receive() == []
    cloud.turn(10)
    (task,) = tasks(sqs, dead)
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert dead.counts()[0] == 1


def test_fifo_dead_letters_go_back_in_order(cloud, sqs, with_dead_letters):
    source, dead = with_dead_letters(1, FifoQueue="true", ContentBasedDeduplication="true")
    for number in range(5):
        source.send(str(number), MessageGroupId="g")
    source.receive(MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert source.receive() == []
    assert dead.counts() == (5, 0, 0)
    sqs.start_message_move_task(SourceArn=dead.arn)
    cloud.turn(1)
    assert source.drain() == ["0", "1", "2", "3", "4"]


def test_only_what_makes_sense_can_be_redriven(sqs, with_dead_letters, make_queue, refused):
    source, dead = with_dead_letters(1)
    nowhere = "arn:aws:sqs:us-east-1:000000000000:nowhere"
    start = sqs.start_message_move_task
    assert refused(start, SourceArn=source.arn) == (
        "InvalidParameterValue",
        400,
        "Source queue must be configured as a Dead Letter Queue.",
    )
    assert refused(start, SourceArn=nowhere)[0] == "ResourceNotFoundException"
    assert refused(start, SourceArn="nothing")[0] == "ResourceNotFoundException"
    assert refused(start, SourceArn=dead.arn, DestinationArn=nowhere)[0] == "ResourceNotFoundException"
    assert refused(start, SourceArn=dead.arn, DestinationArn=dead.arn)[0] == "InvalidParameterValue"
    fifo = make_queue(FifoQueue="true")
    assert refused(start, SourceArn=dead.arn, DestinationArn=fifo.arn)[0] == "InvalidParameterValue"
    for rate in (0, 501):
        assert refused(start, SourceArn=dead.arn, MaxNumberOfMessagesPerSecond=rate)[0] == "InvalidParameterValue"
    assert refused(sqs.cancel_message_move_task, TaskHandle="x")[0] == "InvalidParameterValue"
    assert refused(sqs.list_message_move_tasks, SourceArn=nowhere)[0] == "ResourceNotFoundException"
