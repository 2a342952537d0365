"""What every Firehose story needs: a role, a bucket, delivery streams, and a server to deliver to."""

import datetime as dt
import gzip
import json
import ssl
import tempfile
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
from botocore.config import Config as ClientConfig
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_names = count(1)
ONCE = ClientConfig(retries={"total_max_attempts": 1})
BUCKET = "arn:aws:s3:::landing"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def make_role(session, name="firehose", actions=("s3:PutObject", "kinesis:*"), service="firehose.amazonaws.com"):
    """Create a role that a service may assume and that allows some actions; return its ARN."""
    iam = session.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    if actions:
        allowed = policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allowed)
    return arn


class StreamInHand:
    """A delivery stream and the client that made it."""

    def __init__(self, client, name):
        self.client = client
        self.name = name

    @property
    def described(self):
        return self.client.describe_delivery_stream(DeliveryStreamName=self.name)["DeliveryStreamDescription"]

    def put(self, data):
        data = data.encode() if isinstance(data, str) else data
        return self.client.put_record(DeliveryStreamName=self.name, Record={"Data": data})

    def put_many(self, data):
        return self.client.put_record_batch(DeliveryStreamName=self.name, Records=[{"Data": one} for one in data])


@pytest.fixture
def firehose(aws):
    return aws.client("firehose", config=ONCE)


@pytest.fixture
def role(aws):
    return make_role(aws)


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="landing")
    return client


@pytest.fixture
def landed(s3):
    """What has landed in a bucket: contents by key."""

    def look(prefix="", bucket="landing"):
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found}

    return look


@pytest.fixture
def make_stream(firehose, s3, role):
    """Create a delivery stream to S3: ``make_stream(CompressionFormat="GZIP")``."""

    def make(name=None, client=None, **destination):
        made, name = client or firehose, name or f"delivery-{next(_names)}"
        configuration = {"RoleARN": role, "BucketARN": BUCKET, **destination}
        made.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=configuration)
        return StreamInHand(made, name)

    return make


@cache
def _context():
    """A server's TLS context with a certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2090))
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(private + certificate)
        file.flush()
        context.load_cert_chain(file.name)
    return context


class Endpoint:
    """An HTTP server that keeps what it is sent and answers as it is told to."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.answer = None
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                content = json.loads(body)
                endpoint.requests.append((dict(self.headers), content))
                answer = {"requestId": content["requestId"], "timestamp": content["timestamp"]}
                text = json.dumps(answer if endpoint.answer is None else endpoint.answer).encode()
                self.send_response(endpoint.status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = _context().wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/in?x=1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.close()
