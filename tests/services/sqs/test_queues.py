"""Queues come, are found and listed, and go."""

import boto3
import pytest

PREFIX = "AWS.SimpleQueueService."


@pytest.mark.spec("SQS-001")
def test_a_new_queue_is_usable_at_once_and_found_by_its_name(sqs):
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    assert url == "http://localhost:4566/000000000000/orders"
    assert sqs.get_queue_url(QueueName="orders")["QueueUrl"] == url
    sqs.send_message(QueueUrl=url, MessageBody="first")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "first"


@pytest.mark.spec("SQS-034")
def test_creating_a_queue_again_returns_it_when_nothing_differs(sqs, refused):
    made = sqs.create_queue(QueueName="orders", Attributes={"DelaySeconds": "5"})
    assert sqs.create_queue(QueueName="orders", Attributes={"DelaySeconds": "5"})["QueueUrl"] == made["QueueUrl"]
    assert sqs.create_queue(QueueName="orders")["QueueUrl"] == made["QueueUrl"]
    code, status, message = refused(sqs.create_queue, QueueName="orders", Attributes={"DelaySeconds": "6"})
    assert (code, status) == ("QueueAlreadyExists", 400)
    assert message == "A queue already exists with the same name and a different value for attribute DelaySeconds"
    with pytest.raises(sqs.exceptions.QueueNameExists):
        sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"})


@pytest.mark.spec("SQS-035")
@pytest.mark.parametrize("name", ["a b", "a/b", "a.b", "ä", "x" * 81, "orders.fifo"])
def test_names_outside_the_alphabet_are_refused(sqs, refused, name):
    code, status, message = refused(sqs.create_queue, QueueName=name)
    assert (code, status) == ("InvalidParameterValue", 400)
    assert message == (
        f"Value {name} for parameter QueueName is invalid. Reason: "
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
    )


@pytest.mark.spec("SQS-035")
def test_names_may_have_eighty_characters_of_the_alphabet(sqs):
    for name in ("x", "A-z_0" * 16):
        assert sqs.create_queue(QueueName=name)["QueueUrl"].endswith("/" + name)
    fifo = "y" * 75 + ".fifo"
    assert sqs.create_queue(QueueName=fifo, Attributes={"FifoQueue": "true"})["QueueUrl"].endswith(fifo)


@pytest.mark.spec("SQS-036")
def test_a_missing_queue_has_its_code_and_its_exception(sqs, refused):
    assert refused(sqs.get_queue_url, QueueName="nowhere") == (
        PREFIX + "NonExistentQueue",
        400,
        "The specified queue does not exist.",
    )
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl="http://localhost:4566/000000000000/nowhere", MessageBody="x")


@pytest.mark.spec("SQS-037")
def test_a_deleted_queue_name_is_blocked_for_sixty_seconds(cloud, sqs, make_queue, refused):
    queue = make_queue("orders")
    queue.send("lost")
    sqs.delete_queue(QueueUrl=queue.url)
    assert refused(queue.receive)[0] == PREFIX + "NonExistentQueue"
    cloud.turn(59)
    assert refused(make_queue, "orders")[:2] == (PREFIX + "QueueDeletedRecently", 400)
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        make_queue("orders")
    cloud.turn(2)
    assert make_queue("orders").counts() == (0, 0, 0)


def test_deleting_a_queue_leaves_nothing_of_it_in_the_store(cloud, sqs, make_queue):
    before = everything(cloud)
    queue = make_queue("gone.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    queue.send_many([f"message {number}" for number in range(250)], MessageGroupId="g")
    queue.receive(MaxNumberOfMessages=10, ReceiveRequestAttemptId="first")
    sqs.delete_queue(QueueUrl=queue.url)
    cloud.turn(61)
    assert everything(cloud) == before


def everything(cloud):
    async def keys():
        store = cloud.kernel.store
        return {key for key, _ in store.scan(b"", b"\xff") if b"sqs" in key}

    return cloud.run(keys())


@pytest.mark.spec("SQS-038")
def test_a_purge_empties_the_queue_once_in_sixty_seconds(cloud, sqs, queue, refused):
    queue.send_many(["one", "two", "three"])
    queue.send("later", DelaySeconds=100)
    in_flight = queue.receive_one()
    sqs.purge_queue(QueueUrl=queue.url)
    assert queue.counts() == (0, 0, 0)
    assert queue.receive() == []
    queue.delete(in_flight)  # of a message that is gone: no error
    assert refused(sqs.purge_queue, QueueUrl=queue.url)[0] == PREFIX + "PurgeQueueInProgress"
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress):
        sqs.purge_queue(QueueUrl=queue.url)
    queue.send("after")
    cloud.turn(61)
    assert queue.bodies() == ["after"]
    sqs.purge_queue(QueueUrl=queue.url)


@pytest.mark.spec("SQS-049")
def test_queues_are_listed_by_prefix_in_pages(sqs, refused):
    for number in range(25):
        sqs.create_queue(QueueName=f"a{number:02}")
    sqs.create_queue(QueueName="b")
    first = sqs.list_queues(QueueNamePrefix="a", MaxResults=10)
    assert [url[-3:] for url in first["QueueUrls"]] == [f"a{number:02}" for number in range(10)]
    second = sqs.list_queues(QueueNamePrefix="a", MaxResults=10, NextToken=first["NextToken"])
    assert len(second["QueueUrls"]) == 10
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="a", PaginationConfig={"PageSize": 10})
    assert sum(len(page["QueueUrls"]) for page in pages) == 25
    everything = sqs.list_queues()
    assert len(everything["QueueUrls"]) == 26
    assert "NextToken" not in everything
    assert "QueueUrls" not in sqs.list_queues(QueueNamePrefix="zzz")
    assert refused(sqs.list_queues, MaxResults=1001)[0] == "InvalidParameterValue"
    assert refused(sqs.list_queues, MaxResults=5, NextToken="forged")[0] == "InvalidParameterValue"
    assert refused(sqs.list_queues, QueueNamePrefix="b", NextToken=first["NextToken"])[0] == "InvalidParameterValue"


@pytest.mark.spec("SQS-049")
def test_without_max_results_at_most_a_thousand_queues_are_listed(many, sqs):
    many("sqs", "CreateQueue", [{"QueueName": f"q{number:04}"} for number in range(1001)])
    listed = sqs.list_queues()
    assert len(listed["QueueUrls"]) == 1000
    assert "NextToken" not in listed


@pytest.mark.parametrize(
    "form",
    [
        "https://sqs.us-east-1.amazonaws.com/000000000000/orders",
        "https://queue.amazonaws.com/000000000000/orders",
        "https://us-east-1.queue.amazonaws.com/000000000000/orders",
        "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/orders",
        "http://127.0.0.1:4566/000000000000/orders",
        "http://somewhere:1234/queue/us-east-1/000000000000/orders",
    ],
)
def test_a_queue_answers_to_every_usual_form_of_its_url(sqs, form):
    sqs.create_queue(QueueName="orders")
    sqs.send_message(QueueUrl=form, MessageBody="found")
    assert sqs.receive_message(QueueUrl=form)["Messages"][0]["Body"] == "found"


def test_the_region_in_a_url_counts(cloud, sqs):
    far = cloud.session(region="eu-west-1").client("sqs")
    far.create_queue(QueueName="orders")
    sqs.send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/000000000000/orders", MessageBody="there")
    url = far.get_queue_url(QueueName="orders")["QueueUrl"]
    assert far.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "there"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="orders")


@pytest.mark.parametrize(
    "url", ["orders", "http://localhost:4566/orders", "http://localhost:4566/1/orders", "http://[::/x"]
)
def test_what_is_no_queue_url_is_an_invalid_address(sqs, refused, url):
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="x")[0] == "InvalidAddress"


def test_queues_of_other_accounts_are_apart_but_found_by_their_owner(cloud, sqs, refused):
    other = cloud.session(account="111122223333").client("sqs")
    url = other.create_queue(QueueName="theirs")["QueueUrl"]
    assert url == "http://localhost:4566/111122223333/theirs"
    assert refused(sqs.get_queue_url, QueueName="theirs")[0] == PREFIX + "NonExistentQueue"
    wanted = {"QueueName": "theirs", "QueueOwnerAWSAccountId": "111122223333"}
    assert refused(sqs.get_queue_url, **wanted)[:2] == ("AccessDenied", 403)
    other.add_permission(QueueUrl=url, Label="all", AWSAccountIds=["000000000000"], Actions=["GetQueueUrl"])
    assert sqs.get_queue_url(**wanted)["QueueUrl"] == url
    assert "QueueUrls" not in sqs.list_queues()
    assert refused(sqs.delete_queue, QueueUrl=url)[:2] == ("AccessDenied", 403)
    assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"DelaySeconds": "1"})[0] == "AccessDenied"


def test_the_resource_interface_works(cloud):
    session = cloud.session()
    assert isinstance(session, boto3.Session)
    queue = session.resource("sqs").create_queue(QueueName="resourceful")
    queue.send_message(MessageBody="hello")
    (message,) = queue.receive_messages()
    assert message.body == "hello"
    message.delete()
