"""Every operation of every service is told from all others by what its client sends."""

from __future__ import annotations

from typing import Any

import pytest

from skyglobe.gateway.identify import Unidentified, identify
from skyglobe.gateway.plans import Plans
from skyglobe.kernel.config import Config
from skyglobe.kernel.service import Services
from skyglobe.kernel.wire import Request
from skyglobe.models import Shape, load, service_names
from tests.conformance.botocore_wire import send

PLANS = Plans(Services(only=frozenset()))
CONFIG = Config()

SHARES_SOME = {
    "chime": {"chime-sdk-voice"},
    "chime-sdk-identity": {"chime-sdk-voice"},
    "chime-sdk-media-pipelines": {"chime-sdk-voice"},
    "chime-sdk-meetings": {"chime-sdk-voice"},
    "chime-sdk-messaging": {"chime-sdk-voice"},
    "docdb": {"rds"},
    "greengrassv2": {"greengrass"},
    "ivs-realtime": {"ivs"},
    "lex-models": {"lexv2-models"},
    "neptune": {"rds"},
    "sms-voice": {"pinpoint-sms-voice"},
    "timestream-query": {"timestream-write"},
    "wisdom": {"qconnect"},
}
"""Services some of whose requests are those of another service to the letter, but for the host: the larger answers."""

SUPERSEDED = {
    ("s3", "GetBucketLifecycle"),
    ("s3", "GetBucketNotification"),
    ("s3", "PutBucketLifecycle"),
    ("s3", "PutBucketNotification"),
    ("s3", "ListDirectoryBuckets"),
}
"""Operations that others with the same request have replaced."""


def minimal(shape: Shape, depth: int = 0) -> Any:
    """Return the smallest value with all required members."""
    if shape.type == "structure":
        return {name: minimal(shape.members[name], depth + 1) for name in shape.required} if depth < 8 else {}
    if shape.type == "list":
        return [minimal(shape.element, depth + 1)] if depth < 8 else []
    scalars = {"integer": 1, "long": 1, "float": 1.5, "double": 1.5, "boolean": True, "blob": b"b", "timestamp": 0}
    return {} if shape.type == "map" else scalars.get(shape.type, "plain-1")


def signed(request: Request, signing_name: str) -> Request:
    request.headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/{signing_name}/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=0"
    )
    return request


def target(name: str) -> Request:
    return signed(Request("POST", "/", "", {"x-amz-target": name}), "sqs")


def test_every_operation_of_every_service_is_identified() -> None:
    surprises: dict[tuple[str, str, str], str] = {}
    count = 0
    for service in service_names():
        model = load(service)
        for protocol in model.protocols:
            for name in model.operation_names:
                operation = model.operation(name)
                try:
                    request = send(operation, protocol, minimal(operation.input) if operation.input else {})
                except Exception:  # what botocore itself refuses to write is proved with better values elsewhere
                    continue
                count += 1
                try:
                    route = identify(signed(request, model.signing_name), PLANS, CONFIG)
                    found = (route.plan.service_model.name, route.plan.name, route.plan.protocol)
                except Unidentified as error:
                    found = ("", repr(error), "")
                if found != (service, name, protocol) and (service, name) not in SUPERSEDED:
                    surprises[service, name, protocol] = ".".join(found)
    unexplained = {
        wanted: found
        for wanted, found in surprises.items()
        if found.partition(".")[0] not in SHARES_SOME.get(wanted[0], ())
    }
    assert unexplained == {}
    assert count > 15_000


def anonymous(host: str, method: str = "GET", path: str = "/", query: str = "") -> Request:
    return Request(method, path, query, {"host": host})


@pytest.mark.parametrize(
    ("host", "path", "bucket", "key"),
    [
        ("photos.s3.localhost:4566", "/a/b.jpg", "photos", "a/b.jpg"),
        ("photos.s3.localhost.localstack.cloud:4566", "/a", "photos", "a"),
        ("photos.s3.eu-west-1.amazonaws.com", "/a", "photos", "a"),
        ("photos.s3-eu-west-1.amazonaws.com", "/a", "photos", "a"),
        ("photos.s3.dualstack.eu-west-1.amazonaws.com", "/a", "photos", "a"),
        ("my.dotted.bucket.s3.amazonaws.com", "/a", "my.dotted.bucket", "a"),
        ("s3.localhost:4566", "/photos/a", "photos", "a"),
        ("s3.eu-west-1.localhost", "/photos/a", "photos", "a"),
        ("localhost:4566", "/photos/a%2Fb//c", "photos", "a/b//c"),
        ("127.0.0.1:4566", "/photos/../a", "photos", "../a"),
    ],
)
def test_buckets_are_found_in_the_host_or_in_the_path(host: str, path: str, bucket: str, key: str) -> None:
    route = identify(anonymous(host, path=path), PLANS, CONFIG)
    assert route.plan.name == "GetObject"
    assert route.labels == {"Bucket": bucket, "Key": key}


def test_the_host_of_a_virtual_bucket_alone_is_the_bucket() -> None:
    route = identify(anonymous("photos.s3.localhost:4566", query="list-type=2"), PLANS, CONFIG)
    assert (route.plan.name, route.labels) == ("ListObjectsV2", {"Bucket": "photos"})


def test_the_host_tells_services_apart_that_share_everything_else() -> None:
    request = signed(Request("GET", "/tags", "arn=a", {"host": "meetings-chime.eu-west-1.amazonaws.com"}), "chime")
    assert identify(request, PLANS, CONFIG).plan.service_model.name == "chime-sdk-meetings"


def test_a_region_in_the_host_counts_when_nothing_is_signed() -> None:
    assert identify(anonymous("s3.eu-west-3.amazonaws.com"), PLANS, CONFIG).region == "eu-west-3"
    assert identify(anonymous("localhost"), PLANS, CONFIG).region == "us-east-1"


@pytest.mark.parametrize(
    ("request_", "code", "status"),
    [
        (target("AmazonSQS.Nothing"), "UnknownOperationException", 400),
        (target("Nobody.Nothing"), "UnknownOperationException", 400),
        (signed(Request("GET", "/", "Action=Nothing&Version=2011-06-15"), "sts"), "InvalidAction", 400),
        (signed(Request("GET", "/nothing/at/all"), "lambda"), "UnknownOperationException", 404),
        (Request("PATCH", "/bucket/key"), "MethodNotAllowed", 405),
    ],
)
def test_what_no_service_has_is_told_in_its_own_words(request_: Request, code: str, status: int) -> None:
    with pytest.raises(Unidentified) as caught:
        identify(request_, PLANS, CONFIG)
    assert (caught.value.code, caught.value.status) == (code, status)
