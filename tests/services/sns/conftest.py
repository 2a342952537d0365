"""What every SNS story needs: topics, queues that let SNS in, and servers that are subscribed."""

import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from skyglobe.kernel.wire import Request
from skyglobe.services.sns import http_client

_names = count(1)
ACCOUNT = "000000000000"


class QueueInHand:
    """A queue and the client that made it."""

    def __init__(self, client, name, account=ACCOUNT, region="us-east-1", **attributes):
        self.client = client
        self.arn = f"arn:aws:sqs:{region}:{account}:{name}"
        self.url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def let_in(self, topic_arn):
        """Allow SNS to send here for one topic, and nothing else."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def messages(self):
        """Receive and delete everything."""
        found = []
        while batch := self.client.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
        ).get("Messages"):
            for message in batch:
                found.append(message)
                self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def envelopes(self):
        return [json.loads(message["Body"]) for message in self.messages()]

    def texts(self):
        return [envelope["Message"] for envelope in self.envelopes()]


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Endpoints of tests run in real time, on a machine that may be busy."""
    monkeypatch.setattr(http_client, "TIMEOUT", 120.0)


@pytest.fixture
def sns(aws):
    return aws.client("sns")


@pytest.fixture
def make_topic(sns):
    def make(name=None, client=None, tags=None, **attributes):
        is_fifo = attributes.get("FifoTopic") == "true"
        name = name or f"topic-{next(_names)}" + (".fifo" if is_fifo else "")
        return (client or sns).create_topic(Name=name, Attributes=attributes, Tags=tags or [])["TopicArn"]

    return make


@pytest.fixture
def topic(make_topic):
    return make_topic()


@pytest.fixture
def fifo_topic(make_topic):
    return make_topic(FifoTopic="true", ContentBasedDeduplication="true")


@pytest.fixture
def make_queue(aws):
    def make(name=None, session=None, account=ACCOUNT, region="us-east-1", **attributes):
        name = name or f"queue-{next(_names)}" + (".fifo" if attributes.get("FifoQueue") == "true" else "")
        client = (session or aws).client("sqs", region_name=region)
        return QueueInHand(client, name, account, region, **attributes)

    return make


@pytest.fixture
def subscribe(sns, make_queue):
    """Subscribe a new queue that lets the topic in; return it. ``queue.subscription`` is the subscription's ARN."""

    def make(topic_arn, queue=None, **attributes):
        is_fifo = topic_arn.endswith(".fifo")
        queue = queue or (make_queue(FifoQueue="true") if is_fifo else make_queue())
        queue.let_in(topic_arn)
        queue.subscription = sns.subscribe(
            TopicArn=topic_arn, Protocol="sqs", Endpoint=queue.arn, Attributes=attributes, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        return queue

    return make


@pytest.fixture
def publish(sns, cloud):
    """Publish, and wait until everything that can be delivered now is."""

    def make(topic_arn, text="hello", **more):
        answer = sns.publish(TopicArn=topic_arn, Message=text, **more)
        cloud.settle()
        return answer

    return make


@pytest.fixture
def browse(cloud):
    """Follow a link as a browser does, unsigned; return the answer."""

    def get(url):
        path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
        return cloud.send(Request("GET", f"/{path}", query, {"host": "localhost:4566"}))

    return get


class Server:
    """A subscriber's HTTP server, which writes down what it is sent and answers as it is told."""

    def __init__(self, tls=None):
        self.requests = []
        self.statuses = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.requests.append((dict(self.headers.items()), body))
                self.send_response(outer.statuses.pop(0) if outer.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' * (tls is not None)}://127.0.0.1:{self._server.server_address[1]}/hook?x=1"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def bodies(self):
        return [json.loads(body) for _, body in self.requests]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.close()


@pytest.fixture
def tls_server(tmp_path):
    """The same over TLS, with a certificate that nobody on this machine vouches for."""
    key, name, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([]), datetime.now(UTC)
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = certificate.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    file = tmp_path / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    made = Server(tls)
    yield made
    made.close()


@pytest.fixture
def confirmed(sns, cloud, server):
    """Subscribe the server over HTTP and confirm it; return the subscription's ARN."""

    def make(topic_arn, **attributes):
        sns.subscribe(TopicArn=topic_arn, Protocol="http", Endpoint=server.url, Attributes=attributes)
        cloud.settle()
        token = server.bodies()[-1]["Token"]
        server.requests.clear()
        return sns.confirm_subscription(TopicArn=topic_arn, Token=token)["SubscriptionArn"]

    return make


@pytest.fixture
def captured(cloud):
    """Return what was captured, newest first."""

    def look(channel="", to=""):
        query = f"channel={channel}&to={to.replace('+', '%2B')}"
        answer = cloud.send(Request("GET", "/_skyglobe/captured", query, {"host": "localhost:4566"}))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)["messages"]

    return look
