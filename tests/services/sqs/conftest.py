"""What every SQS story needs: a client, queues, and a way to see how a call was refused."""

import json
from itertools import count

import pytest

_names = count(1)


class QueueInHand:
    """A queue and the client that made it."""

    def __init__(self, client, url):
        self.client = client
        self.url = url

    @property
    def arn(self):
        return self.attribute("QueueArn")

    def attributes(self, *names):
        wanted = list(names) or ["All"]
        return self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=wanted).get("Attributes", {})

    def attribute(self, name):
        return self.attributes(name)[name]

    def set(self, **attributes):
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)

    def counts(self):
        """How many messages are visible, in flight, delayed."""
        shown = self.attributes()
        names = ("", "NotVisible", "Delayed")
        return tuple(int(shown[f"ApproximateNumberOfMessages{name}"]) for name in names)

    def send(self, body="hello", **more):
        return self.client.send_message(QueueUrl=self.url, MessageBody=body, **more)

    def send_many(self, bodies, **more):
        for start in range(0, len(bodies), 10):
            entries = [
                {"Id": str(place), "MessageBody": body, **more} for place, body in enumerate(bodies[start : start + 10])
            ]
            assert not self.client.send_message_batch(QueueUrl=self.url, Entries=entries).get("Failed")

    def receive(self, **more):
        return self.client.receive_message(QueueUrl=self.url, **more).get("Messages", [])

    def receive_one(self, **more):
        (message,) = self.receive(**more)
        return message

    def bodies(self, **more):
        return [message["Body"] for message in self.receive(MaxNumberOfMessages=10, **more)]

    def delete(self, message):
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def change(self, message, timeout):
        self.client.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=timeout
        )

    def drain(self):
        """Receive and delete everything; return the bodies in the order of arrival."""
        bodies = []
        while messages := self.receive(MaxNumberOfMessages=10):
            for message in messages:
                bodies.append(message["Body"])
                self.delete(message)
        return bodies


@pytest.fixture
def sqs(aws):
    return aws.client("sqs")


@pytest.fixture
def make_queue(sqs):
    """Create a queue: ``make_queue(DelaySeconds="5")``."""

    def make(name=None, client=None, **attributes):
        made = client or sqs
        name = name or f"queue-{next(_names)}" + (".fifo" if attributes.get("FifoQueue") == "true" else "")
        return QueueInHand(made, made.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])

    return make


@pytest.fixture
def queue(make_queue):
    return make_queue()


@pytest.fixture
def fifo(make_queue):
    """A FIFO queue that tells duplicates by their content."""
    return make_queue(FifoQueue="true", ContentBasedDeduplication="true")


@pytest.fixture
def with_dead_letters(make_queue):
    """A queue that gives up on messages after so many receives, and its dead-letter queue."""

    def make(max_receives, **attributes):
        dead = make_queue(**attributes)
        policy = json.dumps({"deadLetterTargetArn": dead.arn, "maxReceiveCount": max_receives})
        return make_queue(RedrivePolicy=policy, **attributes), dead

    return make
