"""REST with JSON bodies: payloads, headers that hold JSON, and free parameters."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.models import load
from skyglobe.protocols.parsing import find_unknown
from tests.protocols.parsing_requests import parse, refusal


def test_labels_query_headers_and_body_make_one_input() -> None:
    parsed = parse(
        "lambda",
        "Invoke",
        "rest-json",
        b'{"raw": 1}',
        query="Qualifier=live%20one",
        headers={"x-amz-invocation-type": "Event"},
        labels={"FunctionName": "f"},
    )
    assert parsed == {
        "FunctionName": "f",
        "InvocationType": "Event",
        "Qualifier": "live one",
        "Payload": b'{"raw": 1}',
    }


def test_an_empty_body_leaves_the_payload_out() -> None:
    assert parse("lambda", "Invoke", "rest-json", labels={"FunctionName": "f"}) == {"FunctionName": "f"}


def test_an_empty_object_leaves_out_an_optional_payload_but_not_a_required_one() -> None:
    search = parse("medical-imaging", "SearchImageSets", "rest-json", b"{}", labels={"datastoreId": "d"})
    assert search == {"datastoreId": "d"}
    template = parse("pinpoint", "CreateApp", "rest-json", b"{}")
    assert template == {"CreateApplicationRequest": {}}
    assert refusal("medical-imaging", "SearchImageSets", "rest-json", b"[]").code == "SerializationException"


def test_repeated_parameters_are_a_list() -> None:
    parsed = parse(
        "lambda", "UntagResource", "rest-json", query="tagKeys=a&tagKeys=b%26&other", labels={"Resource": "x"}
    )
    assert parsed == {"Resource": "x", "TagKeys": ["a", "b&"]}


def test_parameters_without_a_member_go_to_the_free_map() -> None:
    labels = {"restapi_id": "r", "stage_name": "s", "export_type": "oas30"}
    parsed = parse("apigateway", "GetExport", "rest-json", query="extensions=postman&extensions=x", labels=labels)
    assert parsed["parameters"] == {"extensions": "postman"}


def test_the_fixed_parameters_of_an_operation_are_not_free() -> None:
    parsed = parse(
        "apigateway", "ImportRestApi", "rest-json", b"{}", query="mode=import&failonwarnings=true&basepath=split"
    )
    assert parsed == {"failOnWarnings": True, "parameters": {"basepath": "split"}, "body": b"{}"}


def test_a_header_may_hold_json_in_base64() -> None:
    encoded = base64.b64encode(b'{"a":[1,null]}').decode()
    parsed = parse("lex-runtime", "PostContent", "rest-json", headers={"x-amz-lex-session-attributes": encoded})
    assert parsed == {"sessionAttributes": {"a": [1, None]}}
    for bad in (b"{", b"\xff", b"[" * 200 + b"]" * 200, b"[" * 50_000):
        encoded = base64.b64encode(bad).decode()
        error = refusal("lex-runtime", "PostContent", "rest-json", headers={"x-amz-lex-session-attributes": encoded})
        assert error.code == "SerializationException"
    error = refusal("lex-runtime", "PostContent", "rest-json", headers={"x-amz-lex-session-attributes": "%%%"})
    assert error.code == "SerializationException"


def test_timestamps_in_the_query_are_iso_8601_by_default() -> None:
    instant = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    for text in ("2015-08-30T12%3A36%3A00Z", "1440938160"):
        parsed = parse("bedrock", "ListModelCopyJobs", "rest-json", query=f"creationTimeAfter={text}")
        assert parsed == {"creationTimeAfter": instant}


@pytest.mark.parametrize("query", ["MaxItems=x", "MaxItems=", "MaxItems=9999999999999", "Marker=%ff"])
def test_bad_parameters_are_refused(query: str) -> None:
    assert refusal("lambda", "ListFunctions", "rest-json", query=query).code == "SerializationException"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"Runtime": 5}', b'{"Code": "x"}', b"\xff"])
def test_bad_bodies_are_refused(body: bytes) -> None:
    assert refusal("lambda", "CreateFunction", "rest-json", body).code == "SerializationException"


def test_an_operation_without_body_members_does_not_look_at_the_body() -> None:
    assert parse("lambda", "GetFunction", "rest-json", b"\xff\xff", labels={"FunctionName": "f"}) == {
        "FunctionName": "f"
    }


def test_unknown_members_can_be_listed() -> None:
    body = b'{"FunctionName": "f", "Code": {"S3Bucket": "b", "Colour": 1}, "Layers": ["x"], "Loud": {"a": 1}}'
    request = Request("POST", "/", "", {}, body)
    assert find_unknown(load("lambda").operation("CreateFunction"), "rest-json", request) == ["Code.Colour", "Loud"]
