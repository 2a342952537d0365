"""Whatever is done to a valid request, its parser answers with values or with an error a client can be sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from skyglobe.models import Shape, load
from skyglobe.models.routing import router
from skyglobe.protocols.parsing import compile_parser, find_unknown
from tests.conformance.botocore_wire import send
from tests.conformance.strategies import is_json_header, values

OPERATIONS = [
    ("sqs", "SendMessageBatch", "json"),
    ("sqs", "SendMessageBatch", "query"),
    ("dynamodb", "Query", "json"),
    ("iam", "CreateUser", "query"),
    ("cloudwatch", "PutMetricData", "query"),
    ("cloudwatch", "PutMetricAlarm", "smithy-rpc-v2-cbor"),
    ("cloudwatch", "PutMetricData", "smithy-rpc-v2-cbor"),
    ("arc-region-switch", "CreatePlan", "smithy-rpc-v2-cbor"),
    ("ec2", "RunInstances", "ec2"),
    ("s3", "PutBucketAcl", "rest-xml"),
    ("s3", "PutBucketLifecycleConfiguration", "rest-xml"),
    ("s3", "GetObject", "rest-xml"),
    ("s3", "GetObjectAttributes", "rest-xml"),
    ("route53", "ChangeResourceRecordSets", "rest-xml"),
    ("cloudfront", "CreateDistribution", "rest-xml"),
    ("lambda", "CreateFunction", "rest-json"),
    ("bedrock-runtime", "Converse", "rest-json"),
    ("lex-runtime", "PostContent", "rest-json"),
    ("apigateway", "GetExport", "rest-json"),
]

TOKENS = [
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"NaN", b"-1", b"1e999", b"9" * 40, b"true", b"1.5"),
    *(
        b"<a>",
        b"</a>",
        b"<",
        b"&#0;",
        b"&x;",
        b"<!DOCTYPE a>",
        b"<![CDATA[",
        b"<?xml version='1.0' encoding='utf-16'?>",
    ),
    *(b"%", b"%ff", b"%00", b"&", b"=", b".1", b".1000000000", b".member.", b"+", b";"),
    *(
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b"\xc1",
        b"\xfb",
        b"\x9f",
        b"\xbf",
        b"\xd8\x1c",
        b"\xc5\x82",
        b"\xf7",
        b"\xa1",
    ),
]


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw ``content`` after a few cuts, repetitions, replaced bytes and inserted tokens."""
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 12)))
        change = draw(st.sampled_from(["cut", "repeat", "replace", "insert", "truncate"]))
        if change == "cut":
            content = content[:start] + content[end:]
        elif change == "repeat":
            content = content[:end] + content[start:]
        elif change == "replace":
            content = content[:start] + draw(st.binary(max_size=3)) + content[end:]
        elif change == "insert":
            content = content[:start] + draw(st.sampled_from(TOKENS)) + content[start:]
        else:
            content = content[:start]
    return content


def attempt(service: str, operation: str, protocol: str, request: Request, labels: dict[str, str]) -> None:
    """Parse the request: out come values of the model's types, or a ServiceError that blames the client."""
    model = load(service).operation(operation)
    error = None
    try:
        parsed = compile_parser(model, protocol)(request, labels)
        find_unknown(model, protocol, request)
    except ServiceError as raised:
        error = raised
    if error is None:
        check_types(parsed, model.input)
    else:
        assert 400 <= error.status < 500
        assert error.code


PYTHON_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": bool,
    "blob": bytes,
    "timestamp": datetime,
    "structure": dict,
    "list": list,
    "map": dict,
}


def check_types(value: Any, shape: Shape) -> None:
    """Assert that a value is what a boto3 user could have passed for ``shape``."""
    if shape.is_document or is_json_header(shape):
        return
    assert type(value) is PYTHON_TYPES[shape.type], f"{shape}: {value!r}"
    if shape.type == "structure":
        for name, item in value.items():
            check_types(item, shape.members[name])
    elif shape.type == "list":
        for item in value:
            check_types(item, shape.element)
    elif shape.type == "map":
        for key, item in value.items():
            check_types(key, shape.key)
            check_types(item, shape.value)
    elif shape.type == "string":
        value.encode()
    elif shape.type == "integer":
        assert -(2**31) <= value < 2**31
    elif shape.type == "timestamp":
        assert value.utcoffset() == timedelta(0)


@pytest.mark.parametrize(("service", "operation", "protocol"), OPERATIONS)
def test_a_damaged_request_is_parsed_or_refused(service: str, operation: str, protocol: str) -> None:
    model = load(service).operation(operation)

    @settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def check(data: st.DataObject) -> None:
        request = send(model, protocol, data.draw(values(model.input, protocol)))
        found = router(model.service).match(request.method, request.path, request.query, request.headers)
        labels = found[1] if found and protocol.startswith("rest") else {}
        labels = {name: data.draw(mutated(text.encode())).decode("utf-8", "replace") for name, text in labels.items()}
        headers = {
            name: data.draw(mutated(text.encode("latin-1"))).decode("latin-1") for name, text in request.headers.items()
        }
        query = data.draw(mutated(request.query.encode())).decode("latin-1")
        body = data.draw(mutated(request.body))
        attempt(service, operation, protocol, Request(request.method, request.path, query, headers, body), labels)

    check()


@pytest.mark.parametrize(("service", "operation", "protocol"), OPERATIONS)
@settings(max_examples=30, deadline=None, database=None, derandomize=True)
@given(body=st.lists(st.sampled_from(TOKENS) | st.binary(max_size=4), max_size=30).map(b"".join))
def test_noise_is_parsed_or_refused(service: str, operation: str, protocol: str, body: bytes) -> None:
    attempt(service, operation, protocol, Request("POST", "/", body.decode("latin-1"), {}, body), {})
