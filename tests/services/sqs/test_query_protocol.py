"""Clients of the old days: forms out, XML back."""

import hashlib
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from skyglobe.testing.interception import wire_request

SPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.root = ET.fromstring(response.body)

    def __getitem__(self, path):
        found = self.root.find("/".join(SPACE + name for name in path.split("/")))
        assert found is not None, ET.tostring(self.root)
        return found.text

    def all(self, name):
        return [element.text for element in self.root.iter(SPACE + name)]


@pytest.fixture
def ask(cloud):
    """Send a signed form: ``ask("SendMessage", MessageBody="x")``, to the endpoint or to a queue's own URL."""

    def send(action, url="http://localhost:4566/", **members):
        members = {name.replace("__", "."): value for name, value in members.items()}
        form = urlencode({"Action": action, "Version": "2012-11-05", **members})
        request = AWSRequest("POST", url, data=form)
        request.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
        SigV4Auth(Credentials("test", "test"), "sqs", "us-east-1").add_auth(request)
        return Answer(cloud.send(wire_request(request.prepare())))

    return send


def test_a_queue_lives_through_forms_alone(ask):
    url = ask("CreateQueue", QueueName="old", Attribute__1__Name="DelaySeconds", Attribute__1__Value="0")[
        "CreateQueueResult/QueueUrl"
    ]
    assert ask("GetQueueUrl", QueueName="old")["GetQueueUrlResult/QueueUrl"] == url
    sent = ask(
        "SendMessage",
        QueueUrl=url,
        MessageBody="<old> & gold",
        MessageAttribute__1__Name="color",
        MessageAttribute__1__Value__DataType="String",
        MessageAttribute__1__Value__StringValue="red",
    )
    assert sent["SendMessageResult/MD5OfMessageBody"] == hashlib.md5(b"<old> & gold").hexdigest()
    received = ask(
        "ReceiveMessage", QueueUrl=url, AttributeName__1="All", MessageAttributeName__1="All", WaitTimeSeconds="0"
    )
    message = "ReceiveMessageResult/Message/"
    assert received[message + "Body"] == "<old> & gold"
    assert received[message + "MessageId"] == sent["SendMessageResult/MessageId"]
    assert received[message + "MessageAttribute/Name"] == "color"
    assert received[message + "MessageAttribute/Value/StringValue"] == "red"
    assert "ApproximateReceiveCount" in received.all("Name")
    handle = received[message + "ReceiptHandle"]
    assert ask("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout="60").status == 200
    assert ask("DeleteMessage", QueueUrl=url, ReceiptHandle=handle).status == 200
    shown = ask("GetQueueAttributes", QueueUrl=url, AttributeName__1="ApproximateNumberOfMessages")
    assert shown["GetQueueAttributesResult/Attribute/Value"] == "0"
    assert ask("ListQueues").all("QueueUrl") == [url]
    assert ask("DeleteQueue", QueueUrl=url).status == 200


def test_a_call_to_the_queues_own_url_needs_no_queue_url(ask):
    url = ask("CreateQueue", QueueName="old")["CreateQueueResult/QueueUrl"]
    ask("SendMessage", url=url, MessageBody="by path")
    assert ask("ReceiveMessage", url=url)["ReceiveMessageResult/Message/Body"] == "by path"
    missing = ask("SendMessage", MessageBody="to whom?")
    assert (missing.status, missing["Error/Code"]) == (400, "MissingParameter")
    assert missing["Error/Message"] == "The request must contain the parameter QueueUrl."


@pytest.mark.spec("SQS-036")
def test_a_missing_queue_has_its_code_in_the_query_protocol(ask):
    answer = ask("GetQueueUrl", QueueName="nowhere")
    assert answer.status == 400
    assert answer["Error/Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert answer["Error/Type"] == "Sender"


def test_batches_go_by_forms(ask):
    url = ask("CreateQueue", QueueName="old")["CreateQueueResult/QueueUrl"]
    entry = "SendMessageBatchRequestEntry__"
    members = {
        entry + "1__Id": "good",
        entry + "1__MessageBody": "x",
        entry + "2__Id": "bad",
        entry + "2__MessageBody": "y",
        entry + "2__DelaySeconds": "1000",
    }
    answer = ask("SendMessageBatch", url=url, **members)
    assert answer["SendMessageBatchResult/SendMessageBatchResultEntry/Id"] == "good"
    assert answer["SendMessageBatchResult/BatchResultErrorEntry/Id"] == "bad"
    assert answer["SendMessageBatchResult/BatchResultErrorEntry/Code"] == "InvalidParameterValue"


def test_missing_and_malformed_members_are_the_senders_fault(ask):
    url = ask("CreateQueue", QueueName="old")["CreateQueueResult/QueueUrl"]
    assert ask("CreateQueue")["Error/Code"] == "MissingParameter"
    assert ask("SendMessage", url=url)["Error/Message"] == "The request must contain the parameter MessageBody."
    assert ask("ReceiveMessage", url=url, MaxNumberOfMessages="many").status == 400
    assert ask("SendMessage", url=url, MessageBody="x", MessageAttribute__1__Name="a").status == 400
