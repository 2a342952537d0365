"""The query protocol and EC2's dialect: every way clients write lists and maps, and how AWS refuses the rest."""

from __future__ import annotations

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.models import load
from skyglobe.protocols.parsing import find_unknown
from tests.protocols.parsing_requests import parse, refusal


def test_parameters_come_from_url_and_form_alike() -> None:
    assert parse("sts", "AssumeRole", "query", query="Action=AssumeRole&RoleArn=a%2Fb+c") == {"RoleArn": "a/b c"}
    both = parse("sts", "AssumeRole", "query", "RoleArn=form", query="Action=AssumeRole&RoleArn=url&ExternalId=x")
    assert both == {"RoleArn": "form", "ExternalId": "x"}


def test_unescaped_utf_8_is_read() -> None:
    raw = "RoleArn=é"
    assert parse("sts", "AssumeRole", "query", raw) == {"RoleArn": "é"}
    assert parse("sts", "AssumeRole", "query", query=raw.encode().decode("latin-1")) == {"RoleArn": "é"}
    assert refusal("sts", "AssumeRole", "query", query="RoleArn=\xe9").code == "MalformedInput"


def test_lists_are_taken_in_the_order_of_their_indexes() -> None:
    body = "Tags.member.10.Key=c&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.1.Value=%C3%BC"
    assert parse("sts", "AssumeRole", "query", body) == {
        "Tags": [{"Key": "a", "Value": "ü"}, {"Key": "b"}, {"Key": "c"}]
    }


def test_a_list_may_name_its_elements_or_call_them_member() -> None:
    by_name = parse("rds", "CreateDBInstance", "query", "DBSecurityGroups.DBSecurityGroupName.1=a")
    as_member = parse("rds", "CreateDBInstance", "query", "DBSecurityGroups.member.1=a")
    assert by_name == as_member == {"DBSecurityGroups": ["a"]}


def test_an_empty_list_is_an_empty_parameter() -> None:
    assert parse("sts", "AssumeRole", "query", "PolicyArns=") == {"PolicyArns": []}


def test_the_old_names_of_sqs_are_read() -> None:
    body = (
        "Action=SendMessage&QueueUrl=u&MessageBody=b&MessageAttribute.1.Name=n"
        "&MessageAttribute.1.Value.DataType=Binary&MessageAttribute.1.Value.BinaryValue=aGk%3D"
    )
    assert parse("sqs", "SendMessage", "query", body) == {
        "QueueUrl": "u",
        "MessageBody": "b",
        "MessageAttributes": {"n": {"DataType": "Binary", "BinaryValue": b"hi"}},
    }
    entries = "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.2.Id=b"
    assert parse("sqs", "SendMessageBatch", "query", entries) == {"Entries": [{"Id": "a"}, {"Id": "b"}]}


def test_a_single_sqs_attribute_needs_no_number() -> None:
    body = "Attribute.Name=VisibilityTimeout&Attribute.Value=40"
    assert parse("sqs", "SetQueueAttributes", "query", body) == {"Attributes": {"VisibilityTimeout": "40"}}
    assert parse("sqs", "GetQueueAttributes", "query", "AttributeName=All") == {"AttributeNames": ["All"]}


def test_maps_are_numbered_entries() -> None:
    first = "Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x"
    body = f"{first}&Attributes.entry.2.key=y&Attributes.entry.2.value="
    assert parse("sns", "CreateTopic", "query", body) == {"Attributes": {"DisplayName": "x", "y": ""}}


def test_ec2_capitalizes_and_flattens() -> None:
    body = "InstanceId.2=b&InstanceId.1=a&Filter.1.Name=n&Filter.1.Value.1=v&MaxResults=5&DryRun=true"
    assert parse("ec2", "DescribeInstances", "ec2", body) == {
        "InstanceIds": ["a", "b"],
        "Filters": [{"Name": "n", "Values": ["v"]}],
        "MaxResults": 5,
        "DryRun": True,
    }


@pytest.mark.parametrize("text", ["x", "", "1.5", "1_0", "٣", "9" * 5000, "2147483648", "0x10"])
def test_what_is_no_integer_is_refused(text: str) -> None:
    error = refusal("sts", "AssumeRole", "query", f"DurationSeconds={text}")
    assert (error.code, error.message) == ("MalformedInput", "STRING_VALUE cannot be converted to Integer")
    error = refusal("ec2", "DescribeInstances", "ec2", f"MaxResults={text}")
    assert error.code == "InvalidParameterValue"
    assert error.message == f"Value ( {text} ) for parameter maxResults is invalid. Expecting a value of type Integer."


@pytest.mark.parametrize("text", ["yes", "1", ""])
def test_what_is_no_boolean_is_refused(text: str) -> None:
    assert refusal("ec2", "DescribeInstances", "ec2", f"DryRun={text}").code == "InvalidParameterValue"


@pytest.mark.parametrize(
    "body",
    [
        "RoleArn.member.1=a",
        "RoleArn.Inner=a",
        "Tags=a",
        "Tags.member.x.Key=a",
        "Tags.member.-1.Key=a",
        "Tags.member.1=a",
        "Tags.member.99999999999999999999.Key=a",
        "RoleArn=%ff",
        b"RoleArn=\xff",
        "%ff=a",
        ".".join(["Tags"] * 200) + "=x",
        "a=b&" * 100_001,
    ],
)
def test_names_and_values_that_do_not_fit_are_refused(body: bytes | str) -> None:
    error = refusal("sts", "AssumeRole", "query", body)
    assert (error.code, error.status) == ("MalformedInput", 400)


def test_a_huge_index_costs_nothing() -> None:
    assert parse("sts", "AssumeRole", "query", "Tags.member.1000000000.Key=a") == {"Tags": [{"Key": "a"}]}


def test_an_entry_without_key_is_refused() -> None:
    assert refusal("sns", "CreateTopic", "query", "Attributes.entry.1.value=x").code == "MalformedInput"


def test_unknown_parameters_are_ignored_and_can_be_listed() -> None:
    body = b"Action=AssumeRole&Version=2011-06-15&RoleArn=a&Colour=red&Tags.member.1.Key=k&Tags.member.1.Shade=dark"
    assert parse("sts", "AssumeRole", "query", body) == {"RoleArn": "a", "Tags": [{"Key": "k"}]}
    request = Request("POST", "/", "X-Amz-Signature=x", {}, body)
    assert find_unknown(load("sts").operation("AssumeRole"), "query", request) == ["Colour", "Tags[].Shade"]
