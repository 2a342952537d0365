"""What unmodified boto3 clients send is authenticated: every protocol, addressing style, checksum and signature."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from skyglobe.gateway.authenticate import Authenticated
from skyglobe.gateway.bodies import open_body
from skyglobe.gateway.signed_service import SignedService
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models.loading import load
from tests.gateway.signing import ACCOUNT, BOB, HOUR, KEYS, SESSION_KEYS, answer, session, wall_now


class Wire:
    """Stands where the network would: takes the client's request and authenticates it."""

    def __init__(self, service: str, virtual_bucket: str = "") -> None:
        self.service = SignedService.of(load(service))
        self.virtual_bucket = virtual_bucket
        self.found: Authenticated | None = None
        self.request: Request | None = None
        self.trailers: dict[str, str] = {}

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        self.take(request.method, request.url, dict(request.headers), request.body)
        result = f"<Response><{event_name.rpartition('.')[2]}Result/></Response>"
        answered = _Answer(result.encode() if self.service.family in ("query", "ec2") else b"")
        return AWSResponse(request.url, 200, {"etag": '"e"'}, answered)

    def take(self, method: str, target: str, headers: dict[str, Any], body: Any = b"") -> None:
        url = urlsplit(target)
        lowered = {"host": url.netloc}
        for name, value in headers.items():
            lowered[name.lower()] = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        body = body.read() if hasattr(body, "read") else body or b""
        body = body.encode() if isinstance(body, str) else bytes(body)
        self.request = Request(method, url.path or "/", url.query, lowered, body)
        temporary = session(wall_now() + HOUR)
        self.found = answer(self.request, self.service, temporary, virtual_bucket=self.virtual_bucket)
        self.trailers = open_body(self.request, self.found.payload)


class _Answer(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


def client(service: str, keys: Any = KEYS, endpoint: str = "http://localhost:4566", **config: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=Config(retries={"max_attempts": 0}, **config),
    )


def wired(service: str, **options: Any) -> tuple[Any, Wire]:
    virtual_bucket = options.pop("virtual_bucket", "")
    wire, made = Wire(service, virtual_bucket), client(service, **options)
    made.meta.events.register("before-send", wire)
    return made, wire


CALLS = [
    ("sts", "get_caller_identity", {}),
    ("iam", "list_users", {"PathPrefix": "/a b/"}),
    ("sqs", "send_message", {"QueueUrl": f"http://localhost:4566/{ACCOUNT}/q", "MessageBody": "héllo ✓"}),
    ("ec2", "describe_instances", {"Filters": [{"Name": "tag:a/b", "Values": ["*"]}]}),
    ("dynamodb", "get_item", {"TableName": "t", "Key": {"k": {"S": "v"}}}),
    ("lambda", "invoke", {"FunctionName": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:f", "Payload": b"{}"}),
    ("apigateway", "get_rest_apis", {"limit": 5}),
    ("route53", "list_hosted_zones", {"MaxItems": "5"}),
    ("cloudwatch", "list_metrics", {"Namespace": "AWS/SQS"}),
    ("kinesis", "list_streams", {}),
    ("stepfunctions", "list_state_machines", {}),
    ("s3control", "list_access_points", {"AccountId": ACCOUNT}),
]


@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
@pytest.mark.parametrize("keys", [KEYS, SESSION_KEYS], ids=["long-term", "session"])
def test_calls_of_every_protocol_are_verified(service: str, operation: str, parameters: Any, keys: Any) -> None:
    made, wire = wired(service, keys=keys)
    getattr(made, operation)(**parameters)
    assert wire.found is not None
    assert wire.found.is_verified
    assert wire.found.region == "eu-west-1"
    assert wire.found.principal.type == ("user" if keys is KEYS else "assumed-role")


KEYS_OF_OBJECTS = ["plain", "a/b//c/../d", "ünï ✓", "q?x=1&y=2#f", "100%", "a+b c", "~tilde'()*!", "%2F%2f", ".."]


@pytest.mark.parametrize("key", KEYS_OF_OBJECTS)
@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_objects_of_any_key_are_put_by_verified_requests(key: str, style: str, version: str) -> None:
    made, wire = wired(
        "s3",
        endpoint="http://s3.localhost:4566",
        signature_version=version,
        s3={"addressing_style": style},
        virtual_bucket="bucket" if style == "virtual" else "",
    )
    made.put_object(Bucket="bucket", Key=key, Body=b"data", Metadata={"colour": "deep  blue"}, ContentType="text/x")
    assert wire.found is not None
    assert wire.found.principal.arn == BOB.principal_arn
    assert wire.request is not None
    assert wire.request.host == ("bucket.s3.localhost:4566" if style == "virtual" else "s3.localhost:4566")
    assert wire.request.body == b"data"


ALGORITHMS = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("body", [b"data", io.BytesIO(b"data")], ids=["bytes", "file"])
def test_uploads_over_tls_arrive_in_chunks_with_a_trailing_checksum(algorithm: str, body: Any) -> None:
    if hasattr(body, "seek"):
        body.seek(0)
    made, wire = wired("s3", endpoint="https://localhost:4566", s3={"addressing_style": "path"})
    made.put_object(Bucket="bucket", Key="key", Body=body, ChecksumAlgorithm=algorithm)
    assert wire.request is not None
    assert wire.found is not None
    if wire.found.payload.is_chunked:
        assert list(wire.trailers) == [f"x-amz-checksum-{algorithm.lower()}"]
    else:
        assert f"x-amz-checksum-{algorithm.lower()}" in wire.request.headers
    assert wire.request.body == b"data"
    assert wire.request.headers["content-length"] == "4"


@pytest.mark.parametrize("version", ["s3v4", "s3", "s3-query"])
@pytest.mark.parametrize("key", KEYS_OF_OBJECTS)
def test_presigned_urls_of_every_version_are_verified(version: str, key: str) -> None:
    made = client("s3", signature_version=version, s3={"addressing_style": "path"})
    parameters = {"Bucket": "bucket", "Key": key, "ResponseContentType": "text/plain"}
    url = made.generate_presigned_url("get_object", parameters, ExpiresIn=60)
    wire = Wire("s3")
    wire.take("GET", url, {})
    assert wire.found is not None
    assert wire.found.is_verified
    assert wire.found.auth_type == "REST-QUERY-STRING"
    for method, altered in (("PUT", url), ("GET", url.replace("/bucket/", "/bucket/x"))):
        with pytest.raises(ServiceError) as refused:
            wire.take(method, altered, {})
        assert (refused.value.code, refused.value.status) == ("SignatureDoesNotMatch", 403)


def test_multi_region_access_points_are_called_with_asymmetric_signatures() -> None:
    made, wire = wired("s3", endpoint="http://mrap.localhost:4566", signature_version="s3v4a")
    made.list_buckets()
    assert wire.found is not None
    assert wire.found.signature_version == "AWS4-ECDSA-P256-SHA256"


def test_unsigned_clients_are_anonymous() -> None:
    made, wire = wired("s3", endpoint="https://localhost:4566", signature_version=UNSIGNED)
    made.put_object(Bucket="bucket", Key="key", Body=b"data")
    assert wire.found is not None
    assert wire.found.principal.is_anonymous
    assert wire.request is not None
    assert wire.request.body == b"data"
