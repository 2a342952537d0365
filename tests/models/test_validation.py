"""Broken constraints, told as AWS tells them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from skyglobe.models import ServiceModel, load
from skyglobe.models.validation import MAX_VIOLATIONS, Violation, compile_validator, describe, violation_error


def broken(service: str, operation: str, value: dict[str, Any], *, enums: bool = True) -> list[Violation]:
    shape = load(service).operation(operation).input
    assert shape is not None
    validate = compile_validator(shape)
    assert validate is not None
    return validate(value, enums=enums)


def told(service: str, operation: str, value: dict[str, Any]) -> str:
    return describe(broken(service, operation, value))


def shaped(shapes: dict[str, Any]) -> ServiceModel:
    metadata = {"protocol": "json", "apiVersion": "1", "endpointPrefix": "x"}
    return ServiceModel("invented", {"metadata": metadata, "operations": {}, "shapes": shapes})


def test_a_missing_member_must_not_be_null() -> None:
    assert told("dynamodb", "DescribeTable", {}) == (
        "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"
    )
    assert told("dynamodb", "DescribeTable", {"TableName": None}) == told("dynamodb", "DescribeTable", {})


def test_lengths_and_patterns_are_told_one_by_one() -> None:
    assert told("iam", "GetUser", {"UserName": ""}) == (
        "2 validation errors detected: Value '' at 'userName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; Value '' at 'userName' failed to satisfy constraint: "
        r"Member must satisfy regular expression pattern: [\w+=,.@-]+"
    )


def test_a_name_loses_only_its_first_capital() -> None:
    found = broken("lambda", "CreateFunction", {"KMSKeyArn": "q", "Code": {"S3Bucket": "%%%"}})
    assert {"kMSKeyArn", "code.s3Bucket", "functionName", "role"} == {violation.path for violation in found}


def test_an_element_of_a_list_is_numbered_from_one() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Key": "c"}]
    assert told("cloudformation", "CreateStack", {"StackName": "s", "Tags": tags}) == (
        "1 validation error detected: Value null at 'tags.2.member.value' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_what_an_element_breaks_is_told_of_the_list() -> None:
    assert told("cloudformation", "CreateStack", {"StackName": "s", "Capabilities": ["CAPABILITY_NAMED_IAM", "x"]}) == (
        "1 validation error detected: Value '[CAPABILITY_NAMED_IAM, x]' at 'capabilities' failed to satisfy "
        "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
        "[CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]]"
    )


def test_what_a_value_of_a_map_breaks_is_told_of_the_map() -> None:
    text = told("dynamodb", "BatchWriteItem", {"RequestItems": {"t": []}})
    assert text == (
        "1 validation error detected: Value '{t=[]}' at 'requestItems' failed to satisfy constraint: Map value must "
        "satisfy constraint: [Member must have length less than or equal to 25, "
        "Member must have length greater than or equal to 1]"
    )


def test_what_a_key_of_a_map_breaks_is_told_of_the_map() -> None:
    text = told("cognito-identity", "SetIdentityPoolRoles", {"IdentityPoolId": "r:1", "Roles": {"x" * 129: "a" * 20}})
    assert (
        text
        == (
            f"1 validation error detected: Value '{{{'x' * 129}={'a' * 20}}}' at 'roles' failed to satisfy "
            "constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 128, "
            "Member must have length greater than or equal to 1]"
        )
        or "Map keys must satisfy constraint" in text
    )


def test_a_member_of_a_maps_value_is_found_by_its_key() -> None:
    found = broken("dynamodb", "BatchGetItem", {"RequestItems": {"my.table": {}}})
    assert [violation.path for violation in found] == ["requestItems.my.table.member.keys"]


def test_numbers_have_ranges() -> None:
    base = {"QueueUrl": "u"}
    assert told("dynamodb", "ListTables", {"Limit": 0}).endswith("Member must have value greater than or equal to 1")
    assert "Value '101' at 'limit'" in told("dynamodb", "ListTables", {"Limit": 101})
    assert broken("sqs", "ReceiveMessage", base) == []


def test_bytes_are_shown_as_java_shows_them() -> None:
    model = shaped(
        {
            "In": {"type": "structure", "members": {"Data": {"shape": "Data"}}},
            "Data": {"type": "blob", "max": 4},
        }
    )
    validate = compile_validator(model.shape("In"))
    assert validate is not None
    assert describe(validate({"Data": b"12345"})) == (
        "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]' at 'data' failed to satisfy "
        "constraint: Member must have length less than or equal to 4"
    )


def test_secrets_are_not_repeated() -> None:
    text = told("kms", "Encrypt", {"KeyId": "k", "Plaintext": b"x" * 5000})
    assert text == (
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: "
        "Member must have length less than or equal to 4096"
    )


def test_enums_can_be_left_to_the_service() -> None:
    value = {"QueueUrl": "u", "AttributeNames": ["Nonsense"]}
    assert broken("sqs", "GetQueueAttributes", value)[0].kind == "enum"
    assert broken("sqs", "GetQueueAttributes", value, enums=False) == []


def test_a_shape_that_holds_itself_is_followed_down() -> None:
    model = shaped(
        {
            "Tree": {
                "type": "structure",
                "required": ["Name"],
                "members": {"Name": {"shape": "Name"}, "Below": {"shape": "Trees"}},
            },
            "Trees": {"type": "list", "member": {"shape": "Tree"}, "max": 2},
            "Name": {"type": "string", "min": 1},
        }
    )
    validate = compile_validator(model.shape("Tree"))
    assert validate is not None
    assert validate({"Name": "a", "Below": [{"Name": "b", "Below": [{"Name": "c"}]}]}) == []
    found = validate({"Name": "a", "Below": [{"Name": "b", "Below": [{}, {"Name": ""}]}]})
    assert [violation.path for violation in found] == [
        "below.1.member.below.1.member.name",
        "below.1.member.below.2.member.name",
    ]


def test_what_demands_nothing_is_not_compiled() -> None:
    for service, operation in (("sqs", "ListQueues"), ("sts", "GetCallerIdentity")):
        shape = load(service).operation(operation).input
        assert shape is not None
        assert compile_validator(shape) is None
    loop = shaped({"A": {"type": "structure", "members": {"Self": {"shape": "A"}, "When": {"shape": "T"}}},
                   "T": {"type": "timestamp"}})  # fmt: skip
    assert compile_validator(loop.shape("A")) is None


def test_values_as_boto3_users_write_them_pass() -> None:
    value = {
        "TableName": "table",
        "Item": {
            "id": {"S": "x"},
            "n": {"N": "1"},
            "b": {"B": b"1"},
            "l": {"L": [{"M": {"deep": {"SS": ["a"]}}}, {"NULL": True}, {"BOOL": False}]},
        },
        "ReturnValues": "ALL_OLD",
    }
    assert broken("dynamodb", "PutItem", value) == []
    stamp = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    data = [{"MetricName": "m", "Value": 1.5, "Timestamp": stamp, "Unit": "None"}]
    assert broken("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": data}) == []


def test_a_flood_of_violations_is_cut_off() -> None:
    tags = [{}] * 10_000
    found = broken("sns", "TagResource", {"ResourceArn": "a", "Tags": tags})
    assert MAX_VIOLATIONS <= len(found) < MAX_VIOLATIONS + 10


def test_a_huge_value_is_not_repeated_whole() -> None:
    assert len(told("iam", "GetUser", {"UserName": "x" * 1_000_000})) < 20_000


def test_a_streaming_body_is_not_looked_into() -> None:
    assert broken("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": object()}) == []


def test_null_elements_pass() -> None:
    assert broken("cloudformation", "CreateStack", {"StackName": "s", "Capabilities": [None]}) == []


@pytest.mark.parametrize(
    ("service", "operation", "value", "code", "message"),
    [
        ("dynamodb", "DescribeTable", {}, "ValidationException", None),
        ("lambda", "GetFunction", {}, "ValidationException", None),
        ("iam", "CreateUser", {}, "ValidationError", None),
        ("cloudformation", "CreateStack", {"StackName": "s", "Tags": [{}]}, "ValidationError", None),
        (
            "rds",
            "DeleteDBInstance",
            {},
            "MissingParameter",
            "The request must contain the parameter DBInstanceIdentifier",
        ),
        (
            "sqs",
            "CreateQueue",
            {},
            "MissingRequiredParameterException",
            "The request must contain the parameter QueueName.",
        ),
        (
            "cloudwatch",
            "PutMetricData",
            {},
            "MissingRequiredParameterException",
            "The parameter Namespace is required.",
        ),
        ("ec2", "StartInstances", {}, "MissingParameter", "The request must contain the parameter InstanceIds"),
        ("ec2", "DescribeInstances", {"MaxResults": 3}, None, None),
        ("route53", "ListTagsForResource", {"ResourceType": "x", "ResourceId": "y"}, "InvalidInput", None),
        ("comprehendmedical", "DetectEntities", {}, "ValidationException", None),
    ],
)
def test_each_family_has_its_error(
    service: str, operation: str, value: dict[str, Any], code: str | None, message: str | None
) -> None:
    shape = load(service).operation(operation).input
    assert shape is not None
    validate = compile_validator(shape)
    found = validate(value) if validate else []
    if code is None:
        assert found == []
        return
    error = violation_error(load(service), found)
    assert (error.code, error.status) == (code, 400)
    assert error.message == (message or describe(found))


def test_ec2_names_the_value_it_dislikes() -> None:
    found = broken("ec2", "CreateVpc", {"InstanceTenancy": "nowhere"})
    error = violation_error(load("ec2"), found)
    assert error.code == "InvalidParameterValue"
    assert error.message.startswith("Value (nowhere) for parameter instanceTenancy is invalid.")
