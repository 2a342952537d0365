"""The JSON protocols' bodies: what AWS overlooks, and how it refuses the rest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.models import load
from skyglobe.protocols.parsing import compile_parser
from tests.protocols.parsing_requests import parse, refusal


def send_message(**members: Any) -> dict[str, Any]:
    return parse("sqs", "SendMessage", "json", json.dumps(members))


def refused_message(**members: Any) -> str:
    error = refusal("sqs", "SendMessage", "json", json.dumps(members))
    assert (error.code, error.status) == ("SerializationException", 400)
    return error.message


def test_members_come_out_as_a_boto3_user_passes_them() -> None:
    attribute = {"DataType": "Binary", "BinaryValue": "aGk="}
    parsed = send_message(QueueUrl="u", DelaySeconds=5, MessageAttributes={"a": attribute})
    assert parsed == {
        "QueueUrl": "u",
        "DelaySeconds": 5,
        "MessageAttributes": {"a": {"DataType": "Binary", "BinaryValue": b"hi"}},
    }


def test_null_and_unknown_members_are_absent() -> None:
    assert send_message(QueueUrl="u", MessageBody=None, Colour="red", Nested={"deep": [1]}) == {"QueueUrl": "u"}


def test_an_empty_body_is_an_empty_object() -> None:
    assert parse("sqs", "ListQueues", "json") == {}


def test_of_repeated_keys_the_last_counts() -> None:
    assert parse("sqs", "SendMessage", "json", '{"QueueUrl":"a","QueueUrl":"b"}') == {"QueueUrl": "b"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (5, "NUMBER_VALUE cannot be converted to String"),
        (1.5, "NUMBER_VALUE cannot be converted to String"),
        (True, "TRUE_VALUE cannot be converted to String"),
        (False, "FALSE_VALUE cannot be converted to String"),
        ({"a": 1}, "Start of structure or map found where not expected."),
        (["a"], "Start of list found where not expected"),
    ],
)
def test_what_is_no_string_is_refused_in_the_words_of_aws(value: Any, message: str) -> None:
    assert refused_message(QueueUrl=value) == message


@pytest.mark.parametrize("value", ["5", 1.5, True, 2**31, -(2**31) - 1, 10**40])
def test_what_is_no_32_bit_integer_is_refused(value: Any) -> None:
    assert refused_message(DelaySeconds=value).endswith("cannot be converted to Integer")


def test_a_whole_float_is_an_integer() -> None:
    parsed = send_message(DelaySeconds=5.0)
    assert parsed == {"DelaySeconds": 5}
    assert type(parsed["DelaySeconds"]) is int


def test_an_integer_is_a_float_where_the_model_has_one() -> None:
    threshold = parse("cloudwatch", "PutMetricAlarm", "json", '{"Threshold": 1}')["Threshold"]
    assert (threshold, type(threshold)) == (1.0, float)


def test_floats_that_are_no_numbers_are_spelled() -> None:
    parsed = parse("cloudwatch", "PutMetricAlarm", "json", '{"Threshold": "-Infinity"}')
    assert parsed == {"Threshold": float("-inf")}
    assert refusal("cloudwatch", "PutMetricAlarm", "json", '{"Threshold": "big"}').code == "SerializationException"


@pytest.mark.parametrize(
    "body",
    [
        *('{"QueueUrl":', "[", "{} x", "NaN", '{"DelaySeconds": 1e999}', '{"DelaySeconds": NaN}', "{'a': 1}"),
        *(b'{"QueueUrl": "\xff"}', b"\xff\xfe{}", '{"QueueUrl": "\\ud800"}', b"\x00", "1" * 5000),
    ],
)
def test_what_is_no_json_is_refused(body: bytes | str) -> None:
    assert refusal("sqs", "SendMessage", "json", body).code == "SerializationException"


@pytest.mark.parametrize("body", ['"text"', "5", "true", "[]"])
def test_a_body_that_is_no_object_is_refused(body: str) -> None:
    assert refusal("sqs", "SendMessage", "json", body).code == "SerializationException"


def test_a_blob_must_be_base64() -> None:
    for text in ("a", "a=b", "===", "aGk", "ünï"):
        assert refused_message(MessageAttributes={"a": {"BinaryValue": text}})


def is_checked(**record: str) -> bool:
    """Whether reading a record held it to all that the model demands; if not, somebody else will."""
    body = json.dumps({"StreamName": "s", "Records": [{"Data": "aGk=", "PartitionKey": "k", **record}]})
    request = Request("POST", "/", "", {}, body.encode())
    compile_parser(load("kinesis").operation("PutRecords"), "json")(request, {})
    return request.is_checked


def test_what_is_demanded_of_texts_is_checked_in_reading_them() -> None:
    assert is_checked()
    assert is_checked(ExplicitHashKey="170")
    assert is_checked(PartitionKey="ö" * 256)
    for wrong in ({"ExplicitHashKey": "017"}, {"ExplicitHashKey": "17\n"}, {"PartitionKey": "k" * 257}):
        assert not is_checked(**wrong)


def nested_lists(depth: int) -> str:
    return '{"Item": {"a": ' + '{"L": [' * depth + '{"S": "x"}' + "]}" * depth + "}}"


def test_nesting_is_bounded() -> None:
    parsed = parse("dynamodb", "PutItem", "json", nested_lists(32))
    assert parsed["Item"]["a"]["L"]
    for depth in (65, 400, 100_000):
        assert refusal("dynamodb", "PutItem", "json", nested_lists(depth)).code == "SerializationException"


@pytest.mark.parametrize("depth", [200, 100_000])
def test_nesting_of_free_form_documents_is_bounded(depth: int) -> None:
    body = '{"indexSchema": {"a": ' + "[" * depth + "]" * depth + "}}"
    assert refusal("opensearchserverless", "CreateIndex", "json", body).code == "SerializationException"


def test_a_union_has_exactly_one_member() -> None:
    def pages(filter_statement: str) -> str:
        return f'{{"FilterStatement": {filter_statement}}}'

    one = pages('{"Filter": {"CertificateArn": "a"}, "__type": "x"}')
    assert parse("acm", "SearchCertificates", "json", one) == {"FilterStatement": {"Filter": {"CertificateArn": "a"}}}
    for bad in ("{}", '{"Filter": {"CertificateArn": "a"}, "And": []}'):
        assert refusal("acm", "SearchCertificates", "json", pages(bad)).code == "SerializationException"


@pytest.mark.parametrize(
    ("sent", "instant"),
    [
        ("1440938160", datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
        ("1440938160.5", datetime(2015, 8, 30, 12, 36, 0, 500_000, tzinfo=UTC)),
        ("-1", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ('"1440938160"', datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
        ('"2015-08-30T12:36:00Z"', datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
        ('"2015-08-30T14:36:00.250+02:00"', datetime(2015, 8, 30, 12, 36, 0, 250_000, tzinfo=UTC)),
        ('"2015-08-30T12:36:00"', datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
        ('"2015-08-30"', datetime(2015, 8, 30, tzinfo=UTC)),
        ('"20150830T123600Z"', datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
        ('"Sun, 30 Aug 2015 12:36:00 GMT"', datetime(2015, 8, 30, 12, 36, tzinfo=UTC)),
    ],
)
def test_timestamps_are_read_in_every_format(sent: str, instant: datetime) -> None:
    body = f'{{"StartTime": {sent}}}'
    assert parse("cloudwatch", "GetMetricStatistics", "json", body) == {"StartTime": instant}


@pytest.mark.parametrize(
    "sent", ["9" * 400, "1e300", "-1e300", '"soon"', '""', "true", "{}", '"2015-13-01"', '"٢٠١٥"', '"Sun, 99 Foo 2015"']
)
def test_what_is_no_instant_is_refused(sent: str) -> None:
    error = refusal("cloudwatch", "GetMetricStatistics", "json", f'{{"StartTime": {sent}}}')
    assert error.code == "SerializationException"


def test_sparse_maps_keep_null_and_others_drop_it() -> None:
    sparse = parse("connectcases", "TagResource", "rest-json", '{"tags": {"a": null}}', labels={"arn": "x"})
    assert sparse["tags"] == {"a": None}
    assert parse("lambda", "TagResource", "rest-json", '{"Tags": {"a": null}}') == {"Tags": {}}


def test_a_parser_is_compiled_once() -> None:
    operation = load("sqs").operation("SendMessage")
    assert compile_parser(operation, "json") is compile_parser(operation, "json")
