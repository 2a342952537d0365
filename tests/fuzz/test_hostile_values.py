"""What attackers send first: path tricks, bombs, deep nesting, endless numbers. Kept verbatim, or refused by name."""

# ruff: noqa: E501 - tables of values read better wide than long

from __future__ import annotations

import gzip
import json
import resource
import struct
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.wire import Request, Response
from skyglobe.testing import TestCloud
from tests.fuzz.conftest import IS_LONG
from tests.fuzz.judging import judge

FORM = "application/x-www-form-urlencoded"
HOSTILE = settings(
    max_examples=2000 if IS_LONG else 60,
    deadline=None,
    derandomize=not IS_LONG,
    suppress_health_check=list(HealthCheck),
)
TRICKS = [
    "../../etc/passwd", "..", ".", "./a", "a/../b", "/absolute", "//", "a//b", "trailing/", "%2e%2e/%2e%2e", "%00", "a\\..\\b", "C:\\x", "~", "-rf",
    "a b+c&d=e?f#g", "ä/𝔘/é", "e\u0301", "\u202ereversed", "a;b,c'd\"e<f>g", "\t\n\r", "\x7f", "*", "|", "nul", "aws-chunked", ".skyglobe",
]  # fmt: skip
keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda key: len(key.encode()) <= 1024)


@pytest.fixture
def s3(cloud: TestCloud) -> Any:
    client = cloud.client("s3")
    client.create_bucket(Bucket="bucket")
    return client


@pytest.fixture
def sqs(cloud: TestCloud) -> Any:
    return cloud.client("sqs")


def ask(
    cloud: TestCloud, service: str, method: str = "POST", target: str = "/", body: bytes = b"", **headers: str
) -> Response:
    """Send one request of a trusted key, and check that the answer is one a client can read."""
    path, _, query = target.partition("?")
    credential = (
        f"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
    sent = {"host": "localhost:4566", "authorization": credential, "content-length": str(len(body))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    response = cloud.send(Request(method, path, query, sent, body))
    judge(response, method)
    return response


def code_of(response: Response) -> str:
    text = bytes(response.body).decode()  # type: ignore[arg-type]
    return (
        json.loads(text)["__type"].partition("#")[2]
        if text.startswith("{")
        else text.partition("<Code>")[2].partition("<")[0]
    )


@pytest.mark.parametrize("key", [*TRICKS, "k" * 1024, "é" * 512])
def test_a_key_is_kept_verbatim_whatever_it_looks_like(s3: Any, key: str):
    s3.put_object(Bucket="bucket", Key=key, Body=key.encode())
    assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == key.encode()
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="bucket")["Contents"]] == [key]
    s3.delete_object(Bucket="bucket", Key=key)
    assert "Contents" not in s3.list_objects_v2(Bucket="bucket")


@HOSTILE
@given(keys)
def test_any_key_is_listed_and_read_as_it_was_written(s3: Any, key: str):
    s3.put_object(Bucket="bucket", Key=key, Body=b"value")
    assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == b"value"
    assert key in [found["Key"] for found in s3.list_objects_v2(Bucket="bucket")["Contents"]]
    if key.isprintable():  # what is not may have no place in XML
        s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": key}]})
    else:
        s3.delete_object(Bucket="bucket", Key=key)
    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket="bucket", Key=key)


@pytest.mark.parametrize("key", ["k" * 1025, "é" * 513])
def test_a_key_of_more_than_1024_bytes_is_refused(s3: Any, key: str):
    with pytest.raises(ClientError, match="KeyTooLongError"):
        s3.put_object(Bucket="bucket", Key=key, Body=b"")


@pytest.mark.parametrize(
    "target",
    [
        "/../../etc/passwd",
        "/bucket/../../../../etc/passwd",
        "/bucket/%2e%2e/%2e%2e/etc/passwd",
        "/..%2f..%2fetc/passwd",
    ],
)
def test_a_path_never_leaves_the_cloud(cloud: TestCloud, s3: Any, target: str):
    response = ask(cloud, "s3", "GET", target)
    assert response.status in (400, 404)
    assert b"root:" not in bytes(response.body)  # type: ignore[arg-type]


@pytest.mark.parametrize("target", ["/bucket/%", "/bucket/%zz", "/bucket/%ff%fe", "/bucket/%c0%ae", "/bucket/\xff"])
def test_a_key_that_is_no_utf8_is_refused(cloud: TestCloud, s3: Any, target: str):
    response = ask(cloud, "s3", "PUT", target)
    assert (response.status, code_of(response)) == (400, "InvalidURI")


def bomb(levels: int) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE a [<!ENTITY e0 "lol">{entities}]><Delete><Object><Key>&e{levels - 1};</Key></Object></Delete>'.encode()


@pytest.mark.parametrize(
    "body",
    [
        bomb(10),
        bomb(1),
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&e;</Key></Object></Delete>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><Delete/>',
        b"<Delete>" * 100_000,
        b"<Delete" + b' a="b"' * 100_000 + b" a='c'/>",
        b"\xff\xfe<\0D\0>\0",
        b"<Delete><Object><Key>\xff</Key></Object></Delete>",
        b"<Delete><Object><Key>&#0;</Key></Object></Delete>",
    ],
)
def test_hostile_xml_is_malformed_xml(cloud: TestCloud, s3: Any, body: bytes):
    response = ask(cloud, "s3", target="/bucket?delete", body=body)
    assert (response.status, code_of(response)) == (400, "MalformedXML")


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"QueueName":"a"',
        b"\xff\xfe",
        b'{"QueueName":"\xff"}',
        b'{"QueueName":"\\ud800',
        b"nul",
        b"",
        b"\0",
    ],
)
def test_hostile_json_is_refused_with_a_serialization_error_or_as_an_empty_request(cloud: TestCloud, body: bytes):
    response = ask(
        cloud, "sqs", body=body, x_amz_target="AmazonSQS.CreateQueue", content_type="application/x-amz-json-1.0"
    )
    assert response.status == 400
    assert body == b"" or code_of(response) == "SerializationException"


@pytest.mark.parametrize(
    "number", ["1e999", "-1", "9" * 5000, "NaN", "1.5", '"9223372036854775808"', "[]", "{}", "true"]
)
def test_a_number_that_is_none_is_refused(cloud: TestCloud, number: str):
    cloud.client("sqs").create_queue(QueueName="q")
    body = f'{{"QueueUrl":"http://localhost:4566/000000000000/q","MessageBody":"m","DelaySeconds":{number}}}'.encode()
    response = ask(
        cloud, "sqs", body=body, x_amz_target="AmazonSQS.SendMessage", content_type="application/x-amz-json-1.0"
    )
    assert response.status == 400


def test_a_form_of_very_many_or_very_deep_parameters_is_answered(cloud: TestCloud):
    call = b"Action=GetCallerIdentity&Version=2011-06-15"
    for body in (
        call + b"&a=b" * 100_000,
        call + b"&" + b"a.1." * 50_000 + b"=b",
        call + b"&Tags.member.999999999999.Key=a",
    ):
        assert ask(cloud, "sts", body=body, content_type=FORM).status in (200, 400)


def gzipped_zeros(mib: int) -> bytes:
    """Return what decompresses to so many MiB of zeros. One is compressed; the others are the same bytes again."""
    zeros, checksum = bytes(1 << 20), 0
    for _ in range(mib):
        checksum = zlib.crc32(zeros, checksum)
    deflate = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = deflate.compress(zeros) + deflate.flush(zlib.Z_FULL_FLUSH)
    head, tail = b"\x1f\x8b\x08\0\0\0\0\0\2\xff", struct.pack("<II", checksum, mib << 20)  # RFC 1952
    return head + piece * mib + deflate.flush() + tail


def test_a_gzip_bomb_does_not_fill_the_memory(cloud: TestCloud):
    assert gzip.decompress(gzipped_zeros(3)) == bytes(3 << 20)
    once = gzipped_zeros(1024)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for body in (once, gzip.compress(once)):
        ask(
            cloud,
            "sqs",
            body=body,
            x_amz_target="AmazonSQS.SendMessage",
            content_type="application/x-amz-json-1.0",
            content_encoding="gzip",
        )
        ask(
            cloud, "monitoring", target="/service/GraniteServiceVersion20100801/operation/PutMetricData", body=body,
            smithy_protocol="rpc-v2-cbor", content_type="application/cbor", content_encoding="gzip",
        )  # fmt: skip
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 300 * 1024


@HOSTILE
@given(st.text())
def test_a_message_comes_back_as_it_was_sent_or_is_refused_by_name(cloud: TestCloud, sqs: Any, text: str):
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    body = json.dumps({"QueueUrl": url, "MessageBody": text}).encode()
    response = ask(
        cloud, "sqs", body=body, x_amz_target="AmazonSQS.SendMessage", content_type="application/x-amz-json-1.0"
    )
    if response.status == 200:
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == text
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    else:
        assert code_of(response) in (
            "InvalidMessageContents",
            "MissingParameter",
            "InvalidParameterValue",
            "SerializationException",
        )


@HOSTILE
@given(
    st.binary(max_size=200),
    st.sampled_from(["sts", "sqs", "s3", "dynamodb", "ec2", "monitoring", "lambda"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from([FORM, "application/x-amz-json-1.0", "application/json", "application/cbor", "text/xml"]),
)
def test_any_bytes_at_any_service_are_answered(cloud: TestCloud, body: bytes, service: str, method: str, kind: str):
    ask(cloud, service, method, "/", body, content_type=kind)
    ask(cloud, service, method, "/bucket/key?delete&uploads", body, content_type=kind)
