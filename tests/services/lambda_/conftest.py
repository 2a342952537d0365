"""What every Lambda story needs: packages, a role, functions that are there and clients that ask once."""

import io
import json
import zipfile

import pytest
from botocore.config import Config as ClientConfig

from skyglobe.services.lambda_.running import layout

ONCE = ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False)
ACCOUNT = "000000000000"
ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function"
SEND = """
import os, urllib.parse, urllib.request
def send(body):
    # An SDK would do so too, but takes a second to load in each environment.
    form = {"Action": "SendMessage", "Version": "2012-11-05", "QueueUrl": os.environ["OUT"], "MessageBody": body}
    scope = "Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": "AWS4-HMAC-SHA256 " + scope}
    data = urllib.parse.urlencode(form).encode()
    urllib.request.urlopen(urllib.request.Request(os.environ["ENDPOINT"], data, headers)).read()
"""
"""A function's way to say what it saw: ``send`` puts a text into the queue ``OUT`` as the account's root."""
ECHO = "def handler(event, context):\n    return event\n"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(session, name="lambda", actions=("*",), service="lambda.amazonaws.com"):
    """Create a role that a service may assume and that allows some actions; return its ARN."""
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if actions:
        allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    return arn


def make_user(session, name, *statements):
    """Create a user with a policy; return an access key of theirs."""
    iam = session.client("iam")
    iam.create_user(UserName=name)
    if statements:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*statements))
    return iam.create_access_key(UserName=name)["AccessKey"]


def zipped(files):
    """Return a zip archive of files by name; a text is a module called app."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ({"app.py": files} if isinstance(files, str) else files).items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def nothing_ahead_of_need(monkeypatch):
    """Keep launchers from loading SDKs and from having sandboxes wait: these clouds end before that would pay."""
    monkeypatch.setattr(layout, "PRELOADED", layout.PRELOADED[:1])
    monkeypatch.setattr(layout, "SPARES", 0)


class Queue:
    """A queue that tells what is in it."""

    def __init__(self, aws, name, **attributes):
        self.client = aws.client("sqs")
        name = name + ".fifo" if attributes.get("FifoQueue") else name
        self.url = self.client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def send(self, *bodies, **further):
        for body in bodies:
            self.client.send_message(QueueUrl=self.url, MessageBody=body, **further)

    def take(self):
        """Receive and delete all that can be received; return the messages."""
        found = []
        ask = {"QueueUrl": self.url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while messages := self.client.receive_message(**ask).get("Messages"):
            found += messages
            for one in messages:
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])
        return found

    def taken(self):
        """As ``take``; return the bodies, from JSON."""
        return [json.loads(one["Body"]) for one in self.take()]

    @property
    def counts(self):
        """How many messages can be received, and how many are in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        shown = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return tuple(int(shown[name]) for name in names)


@pytest.fixture
def make_queue(aws):
    return lambda name="work", **attributes: Queue(aws, name, **attributes)


@pytest.fixture
def client(aws):
    return aws.client("lambda", config=ONCE)


@pytest.fixture
def role(aws):
    return make_role(aws)


@pytest.fixture
def make_function(client, role):
    """Create a function: ``make_function("name", code, MemorySize=256)``.

    Its processes run in real time, on a machine that may be busy: they get more of it than AWS gives by default, which
    ``Timeout=None`` asks for.
    """

    def make(name="hello", code=ECHO, **options):
        options = {"Runtime": "python3.13", "Role": role, "Handler": "app.handler", "Timeout": 30, **options}
        options = {key: value for key, value in options.items() if value is not None}
        return client.create_function(FunctionName=name, Code={"ZipFile": zipped(code)}, **options)

    return make


@pytest.fixture
def refusal(client):
    """What a call is refused with: ``refusal(client.get_function, FunctionName="x")`` is (code, status, message)."""

    def call(operation, **params):
        with pytest.raises(client.exceptions.ClientError) as caught:
            operation(**params)
        answer = caught.value.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]

    return call
