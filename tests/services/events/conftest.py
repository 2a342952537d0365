"""What every EventBridge story needs: a client, buses, rules whose targets are queues, and events to put."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, NamedTuple

import pytest
from botocore.config import Config as ClientConfig
from botocore.exceptions import ClientError

from skyglobe.services.events import authorizing, invoking

ONCE = ClientConfig(retries={"total_max_attempts": 1}, parameter_validation=False)
ACCOUNT = "000000000000"
_names = count(1)


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(session, name, actions, service="events.amazonaws.com"):
    """Create a role that a service may assume and that allows some actions; return its ARN."""
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    return arn


class QueueInHand:
    """A queue that lets EventBridge in, and what it was sent."""

    def __init__(self, client, name, account=ACCOUNT, **attributes):
        self.client = client
        self.url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        self.arn = f"arn:aws:sqs:{client.meta.region_name}:{account}:{name}"
        self.let_in()

    def let_in(self):
        who = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
        self.client.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": policy({**who, "Resource": self.arn})}
        )

    def shut(self):
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": ""})

    def messages(self):
        found = []
        while True:
            answer = self.client.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
                found.append(message)

    def bodies(self):
        return [message["Body"] for message in self.messages()]

    def events(self):
        return [json.loads(body) for body in self.bodies()]


@pytest.fixture
def events(aws):
    return aws.client("events", config=ONCE)


@pytest.fixture
def make_queue(aws):
    def make(name=None, session=None, account=ACCOUNT, region="us-east-1", **attributes):
        client = (session or aws).client("sqs", region_name=region)
        name = name or f"queue-{next(_names)}" + (".fifo" if attributes.get("FifoQueue") == "true" else "")
        return QueueInHand(client, name, account, **attributes)

    return make


@pytest.fixture
def watch(events, make_queue):
    """Make a rule for a pattern with a new queue as its target; return the queue. ``queue.rule`` is the rule's ARN."""

    def make(pattern, name=None, bus="default", client=None, queue=None, state="ENABLED", **target):
        client = client or events
        name = name or f"rule-{next(_names)}"
        queue = queue or make_queue()
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        queue.rule = client.put_rule(Name=name, EventPattern=text, EventBusName=bus, State=state)["RuleArn"]
        answer = client.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "1", "Arn": queue.arn, **target}])
        assert answer["FailedEntryCount"] == 0
        return queue

    return make


@pytest.fixture
def put(events, cloud):
    """Put one event, and wait until everything that can be delivered now is; return the answer's entry."""

    def make(detail=None, source="my.app", kind="order", client=None, **more):
        detail = json.dumps({} if detail is None else detail) if not isinstance(detail, str) else detail
        entry = {"Source": source, "DetailType": kind, "Detail": detail, **more}
        answer = (client or events).put_events(Entries=[entry])
        cloud.settle()
        return answer["Entries"][0]

    return make


@pytest.fixture
def refused():
    """Call what must be refused; return code and message."""

    def call(function, **params):
        with pytest.raises(ClientError) as caught:
            function(**params)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call


class Received(NamedTuple):
    """A request that a server was sent."""

    method: str
    path: str
    headers: Any
    body: bytes


class ServerInHand:
    """An HTTP server on this machine: what it was sent, and what it answers."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.answers = {}
        """What it answers by path, instead of nothing."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                server.requests.append(Received(self.command, self.path, self.headers, body))
                text = server.answers.get(self.path.partition("?")[0], b"")
                self.send_response(server.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = answer  # noqa: N815 - the name that http.server asks for

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/in"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server(monkeypatch):
    """Servers of tests run in real time, on a machine that may be busy."""
    monkeypatch.setattr(invoking, "ANSWERS_WITHIN", 120.0)
    monkeypatch.setattr(authorizing, "ANSWERS_WITHIN", 120.0)
    made = ServerInHand()
    yield made
    made.close()
