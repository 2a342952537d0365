"""Errors, byte by byte, where the generated conformance tests cannot see them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Response
from skyglobe.models import load
from skyglobe.protocols.errors import serialize_error
from skyglobe.protocols.serializing.s3 import host_id

RID = "b4d9c9a1-58f0-5e4e-9f4c-3d0a4d3f7c11"


def respond(
    error: ServiceError, service: str, protocol: str = "", resource: str = "", *, head: bool = False
) -> Response:
    model = load(service)
    return serialize_error(error, model, protocol or model.protocols[0], RID, resource, head=head)


def whole(response: Response) -> bytes:
    assert isinstance(response.body, bytes)
    return response.body


def test_services_that_moved_from_query_to_json_keep_their_old_codes_beside_the_new() -> None:
    response = respond(ServiceError("gone", code="QueueDoesNotExist"), "sqs")
    assert response.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    assert response.headers["x-amzn-ErrorType"] == "QueueDoesNotExist"
    assert json.loads(whole(response)) == {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "gone"}


def test_an_error_may_be_raised_by_its_old_code_too() -> None:
    by_old_code = respond(ServiceError("gone", code="AWS.SimpleQueueService.NonExistentQueue"), "sqs")
    by_name = respond(ServiceError("gone", code="QueueDoesNotExist"), "sqs")
    assert (by_old_code.body, by_old_code.headers) == (by_name.body, by_name.headers)


def test_the_query_protocol_says_who_is_to_blame() -> None:
    response = respond(ServiceError("no <such> user", code="NoSuchEntity", status=404), "iam")
    assert response.status == 404
    assert (
        response.body
        == (
            '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>'
            "<Code>NoSuchEntity</Code><Message>no &lt;such&gt; user</Message></Error>"
            f"<RequestId>{RID}</RequestId></ErrorResponse>"
        ).encode()
    )
    assert b"<Type>Receiver</Type>" in whole(respond(ServiceError("oh", code="Whatever", status=503), "iam"))


def test_ec2_lists_its_one_error() -> None:
    assert (
        respond(ServiceError("none", code="InvalidVpcID.NotFound"), "ec2").body
        == (
            '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>'
            f"<Message>none</Message></Error></Errors><RequestID>{RID}</RequestID></Response>"
        ).encode()
    )


def test_s3_names_the_resource_unless_members_say_more() -> None:
    ids = f"<RequestId>{RID}</RequestId><HostId>{host_id(RID)}</HostId></Error>"
    start = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>'
    denied = respond(ServiceError("Access Denied", code="AccessDenied", status=403), "s3", resource="/b/k&")
    assert denied.body == (
        f"{start}AccessDenied</Code><Message>Access Denied</Message><Resource>/b/k&amp;</Resource>{ids}".encode()
    )
    missing = ServiceError("The specified key does not exist.", code="NoSuchKey", status=404, fields={"Key": "k"})
    assert whole(respond(missing, "s3", resource="/b/k")) == (
        f"{start}NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>k</Key>{ids}".encode()
    )


def test_s3_sends_its_two_request_ids_in_headers_and_body() -> None:
    response = respond(ServiceError("x", code="NoSuchBucket", status=404), "s3")
    assert response.headers["x-amz-request-id"] == RID
    assert response.headers["x-amz-id-2"] == host_id(RID)
    assert response.headers["Content-Type"] == "application/xml"


def test_an_answer_to_head_and_a_304_have_no_body() -> None:
    not_found = respond(ServiceError("Not Found", code="404", status=404), "s3", head=True)
    assert (not_found.status, not_found.body) == (404, b"")
    unchanged = respond(ServiceError("", code="NotModified", status=304, headers={"ETag": '"e"'}), "s3")
    assert (unchanged.status, unchanged.body) == (304, b"")
    assert unchanged.headers["ETag"] == '"e"'
    assert "Content-Type" not in unchanged.headers


def test_members_of_an_error_that_live_in_headers_go_there_and_nowhere_else() -> None:
    fields = {"retryAfterSeconds": "7"}
    response = respond(ServiceError("slow", code="TooManyRequestsException", status=429, fields=fields), "apigateway")
    assert response.headers["Retry-After"] == "7"
    assert json.loads(whole(response)) == {"message": "slow"}


def test_the_message_goes_by_the_name_the_error_s_model_has() -> None:
    error = ServiceError("none", code="ResourceNotFoundException", status=404, fields={"Type": "User"})
    assert json.loads(whole(respond(error, "lambda"))) == {"Message": "none", "Type": "User"}


def test_framework_errors_carry_the_framework_s_namespace_in_json_1_0_and_none_in_1_1() -> None:
    invalid, other = ServiceError("x", code="ValidationException"), ServiceError("x", code="SerializationException")
    assert b'"com.amazon.coral.validate#ValidationException"' in whole(respond(invalid, "dynamodb"))
    assert b'"com.amazon.coral.service#SerializationException"' in whole(respond(other, "dynamodb"))
    assert b'"__type":"SerializationException"' in whole(respond(other, "kinesis"))
    modelled = ServiceError("x", code="ResourceNotFoundException")
    assert b'"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"' in whole(respond(modelled, "dynamodb"))


def test_cbor_errors_name_their_shape_and_protocol() -> None:
    import cbor2

    at = datetime(2024, 2, 29, tzinfo=UTC)
    error = ServiceError("no", code="ResourceNotFoundException", fields={"At": at, "ResourceId": "r"})
    response = respond(error, "cloudwatch")
    assert response.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert cbor2.loads(whole(response)) == {
        "__type": "com.amazonaws.cloudwatch#ResourceNotFoundException",
        "message": "no",
        "ResourceId": "r",
        "At": at,
    }


def test_fields_no_model_has_become_plain_members() -> None:
    at = datetime(2024, 2, 29, tzinfo=UTC)
    fields = {"ServerTime": at, "Expired": True, "Left": None, "Argument": "<a>"}
    xml = respond(ServiceError("late", code="RequestTimeTooSkewed", status=403, fields=fields), "s3").body
    assert isinstance(xml, bytes)
    assert b"<ServerTime>2024-02-29T00:00:00Z</ServerTime><Expired>true</Expired><Argument>&lt;a&gt;</Argument>" in xml
    written = whole(respond(ServiceError("late", code="NoModelKnowsThis", fields=fields), "kinesis"))
    assert json.loads(written) == {
        "__type": "NoModelKnowsThis",
        "message": "late",
        "ServerTime": 1709164800,
        "Expired": True,
        "Argument": "<a>",
    }


def test_headers_of_the_error_itself_win() -> None:
    error = ServiceError("x", code="Y", headers={"Content-Type": "text/plain", "x-amz-bucket-region": "eu-west-1"})
    headers = respond(error, "s3").headers
    assert headers["Content-Type"] == "text/plain"
    assert headers["x-amz-bucket-region"] == "eu-west-1"


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "rest-xml", "smithy-rpc-v2-cbor"])
def test_an_error_of_no_known_service_can_be_told_in_every_protocol(protocol: str) -> None:
    response = serialize_error(ServiceError("what?", code="UnknownOperationException", status=404), None, protocol, RID)
    assert response.status == 404
    assert isinstance(response.body, bytes)
    assert b"what?" in response.body


@pytest.mark.parametrize("protocol", ["json", "rest-json", "query", "ec2", "rest-xml", "smithy-rpc-v2-cbor"])
def test_a_service_can_refuse_in_a_protocol_it_does_not_speak(protocol: str) -> None:
    for service in ("iam", "kinesis", "lambda", "s3", "ec2"):
        assert b"not like this" in whole(respond(ServiceError("not like this", code="AccessDenied"), service, protocol))
