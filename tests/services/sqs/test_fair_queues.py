"""Message groups on standard queues: a noisy tenant does not starve the quiet ones."""

import pytest


@pytest.mark.spec("SQS-051")
def test_a_quiet_tenant_overtakes_the_backlog_of_a_noisy_one(queue):
    queue.send_many([f"noisy {place}" for place in range(200)], MessageGroupId="noisy")
    held = [message for _ in range(4) for message in queue.receive(MaxNumberOfMessages=10)]
    assert len(held) == 40
    queue.send("quiet", MessageGroupId="quiet")
    assert queue.receive_one()["Body"] == "quiet"
    assert queue.receive_one()["Body"].startswith("noisy")


@pytest.mark.spec("SQS-051")
def test_a_tenant_that_keeps_consumers_busy_waits_for_the_others(cloud, queue):
    queue.send_many([f"slow {place}" for place in range(50)], MessageGroupId="slow")
    for _ in range(3):
        message = queue.receive_one()
        cloud.turn(10)
        queue.delete(message)
    queue.send_many([f"quick {place}" for place in range(3)], MessageGroupId="quick")
    assert [queue.receive_one()["Body"] for _ in range(3)] == ["quick 0", "quick 1", "quick 2"]


def test_messages_without_a_group_are_nobodys_noise(queue):
    queue.send_many([f"noisy {place}" for place in range(100)], MessageGroupId="noisy")
    for _ in range(4):
        queue.receive(MaxNumberOfMessages=10)
    queue.send("alone")
    assert queue.receive_one()["Body"] == "alone"


@pytest.mark.spec("SQS-051")
def test_group_ids_are_returned_and_do_not_order_a_standard_queue(queue):
    queue.send_many(["a", "b"], MessageGroupId="tenant")
    first = queue.receive_one(MessageSystemAttributeNames=["MessageGroupId"])
    assert first["Attributes"] == {"MessageGroupId": "tenant"}
    queue.receive_one()  # while the first one of its group is in flight
    assert queue.counts() == (0, 2, 0)


def test_everything_of_many_tenants_arrives_once(cloud, queue):
    sent = [f"{place % 7}-{place}" for place in range(210)]
    for body in sent:
        group = body[0]
        queue.send(body, **({"MessageGroupId": group} if group != "0" else {}))
    received = []
    while messages := queue.receive(MaxNumberOfMessages=9):
        for message in messages:
            received.append(message["Body"])
            queue.delete(message)
    assert sorted(received) == sorted(sent)
    assert queue.counts() == (0, 0, 0)


def test_noisy_tenants_take_turns_among_each_other(queue):
    for tenant in ("a", "b"):
        queue.send_many([f"{tenant}{place}" for place in range(100)], MessageGroupId=tenant)
    for _ in range(8):
        queue.receive(MaxNumberOfMessages=10)
    served = queue.bodies()
    assert {body[0] for body in served} == {"a", "b"}
