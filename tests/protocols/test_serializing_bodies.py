"""Bodies in every format: what values look like on the wire, where the generated conformance tests cannot see it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.models import load
from skyglobe.protocols.serializing import UnknownMember, compile_serializer
from skyglobe.protocols.serializing.xml_body import decimal, escape, escape_attribute

RID = "b4d9c9a1-58f0-5e4e-9f4c-3d0a4d3f7c11"
XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n\r\x85")
)


def body(service: str, operation: str, protocol: str, result: dict[str, Any]) -> bytes:
    content = compile_serializer(load(service).operation(operation), protocol)(result, RID).body
    assert isinstance(content, bytes)
    return content


@given(XML_TEXT)
def test_escaped_text_parses_back_to_itself_as_content_and_as_attribute(text: str) -> None:
    root = ET.fromstring(f'<a b="{escape_attribute(text)}">{escape(text)}</a>')
    assert (root.text or "") == text
    assert root.attrib["b"] == text


def test_characters_that_xml_would_lose_are_written_as_references() -> None:
    assert escape('a\r\n<b & "c">') == "a&#xD;\n&lt;b &amp; &quot;c&quot;&gt;"
    assert escape("\x00\x1b") == "&#x0;&#x1B;"
    assert escape_attribute("\r\n\t") == "&#xD;&#xA;&#x9;"


def test_floats_in_xml_name_what_is_not_a_number() -> None:
    assert [decimal(x) for x in (1.5, 1.0, float("nan"), float("inf"), -float("inf"))] == [
        *("1.5", "1.0", "NaN", "Infinity", "-Infinity")
    ]


def test_floats_in_json_are_names_where_they_are_no_numbers() -> None:
    written = body(
        "forecastquery", "QueryForecast", "json", {"Forecast": {"Predictions": {"p50": [{"Value": float("nan")}]}}}
    )
    assert json.loads(written) == {"Forecast": {"Predictions": {"p50": [{"Value": "NaN"}]}}}


def test_members_that_are_none_are_left_out_at_every_depth() -> None:
    message = {"MessageId": "m", "Body": None, "Attributes": {"SenderId": "A", "SequenceNumber": None}}
    result: dict[str, Any] = {"Messages": [message]}
    assert json.loads(body("sqs", "ReceiveMessage", "json", result)) == {
        "Messages": [{"MessageId": "m", "Attributes": {"SenderId": "A"}}]
    }
    xml = body("sqs", "ReceiveMessage", "query", result).decode()
    assert "Body" not in xml
    assert "SequenceNumber" not in xml


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "result"),
    [
        ("sqs", "SendMessage", "json", {"MesageId": "typo"}),
        ("sqs", "ReceiveMessage", "json", {"Messages": [{"Bodi": "typo"}]}),
        ("sqs", "ReceiveMessage", "query", {"Messages": [{"Bodi": "typo"}]}),
        ("sqs", "DeleteMessage", "json", {"Anything": 1}),
        ("sqs", "DeleteMessage", "query", {"Anything": 1}),
        ("ec2", "DeleteVpc", "ec2", {"Anything": 1}),
        ("s3", "PutObject", "rest-xml", {"Etag": "typo"}),
        ("s3", "GetObject", "rest-xml", {"Boddy": b"typo"}),
        ("s3", "ListObjectsV2", "rest-xml", {"Contents": [{"key": "typo"}]}),
        ("s3", "GetBucketLocation", "rest-xml", {"Location": "typo"}),
        ("lambda", "GetFunction", "rest-json", {"Config": {}}),
        ("cloudwatch", "DescribeAlarms", "smithy-rpc-v2-cbor", {"Alarms": []}),
    ],
)
def test_a_member_the_model_does_not_have_is_a_programming_error(
    service: str, operation: str, protocol: str, result: dict[str, Any]
) -> None:
    with pytest.raises(UnknownMember):
        body(service, operation, protocol, result)


def test_recursive_shapes_are_written_to_any_depth() -> None:
    value: dict[str, Any] = {"B": b"\x00\xff"}
    for _ in range(30):
        value = {"L": [{"M": {"x": value}}]}
    written = json.loads(body("dynamodb", "GetItem", "json", {"Item": {"k": value}}))["Item"]["k"]
    for _ in range(30):
        written = written["L"][0]["M"]["x"]
    assert written == {"B": "AP8="}


def test_documents_are_written_as_they_are() -> None:
    document = {"any": [1, None, {"thing": True}]}
    written = body("bedrock-agent", "GetPrompt", "rest-json", {"name": "n", "id": "i", "arn": "a", "version": "1"})
    assert json.loads(written)["name"] == "n"
    tool = {"toolUse": {"toolUseId": "t", "name": "n", "input": document}}
    converse = {"output": {"message": {"role": "assistant", "content": [tool]}}}
    assert json.loads(body("bedrock-runtime", "Converse", "rest-json", converse)) == converse


def test_sqs_in_the_query_protocol_uses_the_names_it_had_before_it_moved_to_json() -> None:
    message = {"MessageId": "m", "Attributes": {"SenderId": "A"}, "MessageAttributes": {"k": {"DataType": "String"}}}
    assert body("sqs", "ReceiveMessage", "query", {"Messages": [message, {"MessageId": "n"}]}).decode() == (
        '<ReceiveMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><ReceiveMessageResult>'
        "<Message><MessageId>m</MessageId><Attribute><Name>SenderId</Name><Value>A</Value></Attribute>"
        "<MessageAttribute><Name>k</Name><Value><DataType>String</DataType></Value></MessageAttribute></Message>"
        "<Message><MessageId>n</MessageId></Message></ReceiveMessageResult>"
        f"<ResponseMetadata><RequestId>{RID}</RequestId></ResponseMetadata></ReceiveMessageResponse>"
    )


def test_ec2_operations_without_output_say_that_they_succeeded() -> None:
    assert body("ec2", "DeleteVpc", "ec2", {}).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<DeleteVpcResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        f"<requestId>{RID}</requestId><return>true</return></DeleteVpcResponse>"
    )


def test_each_protocol_writes_instants_in_its_own_form() -> None:
    at = datetime(2024, 2, 29, 12, 30, 1, 250_000, tzinfo=UTC)
    assert b'"CreationDateTime":1709209801.25' in body(
        "dynamodb", "DescribeTable", "json", {"Table": {"CreationDateTime": at}}
    )
    assert b"<CreateDate>2024-02-29T12:30:01.250Z<" in body("iam", "GetUser", "query", {"User": {"CreateDate": at}})
    whole = at.replace(microsecond=0)
    assert b"<CreateDate>2024-02-29T12:30:01Z<" in body("iam", "GetUser", "query", {"User": {"CreateDate": whole}})
    assert b"<createTime>2024-02-29T12:30:01.000Z<" in body("ec2", "CreateVolume", "ec2", {"CreateTime": whole})
    assert b"<CreationDate>2024-02-29T12:30:01.000Z<" in body(
        "s3", "ListBuckets", "rest-xml", {"Buckets": [{"CreationDate": 1709209801}]}
    )
    assert b'"createdDate":"2024-02-29T12:30:01.250Z"' in body(
        "apigatewayv2", "GetApi", "rest-json", {"CreatedDate": at}
    )


def test_an_instant_without_time_zone_is_a_programming_error() -> None:
    naive = datetime(2024, 2, 29)  # noqa: DTZ001
    for service, operation, protocol, result in (
        ("dynamodb", "DescribeTable", "json", {"Table": {"CreationDateTime": naive}}),
        ("iam", "GetUser", "query", {"User": {"CreateDate": naive}}),
    ):
        with pytest.raises(TypeError):
            body(service, operation, protocol, result)


def test_cbor_marks_instants_with_tag_one_and_keeps_bytes() -> None:
    import cbor2

    at = datetime(2024, 2, 29, 12, 30, 1, 250_000, tzinfo=UTC)
    written = body(
        "cloudwatch", "DescribeAlarms", "smithy-rpc-v2-cbor", {"MetricAlarms": [{"StateUpdatedTimestamp": at}]}
    )
    assert cbor2.loads(written) == {"MetricAlarms": [{"StateUpdatedTimestamp": at}]}
    assert body("cloudwatch", "GetMetricWidgetImage", "smithy-rpc-v2-cbor", {"MetricWidgetImage": b"\x89"}).endswith(
        b"A\x89"
    )
