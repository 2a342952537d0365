"""Status, headers and bodies of whole responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.header import decode_header, make_header

import pytest

from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.wire import Response
from skyglobe.models import load
from skyglobe.protocols.serializing import compile_serializer

RID = "b4d9c9a1-58f0-5e4e-9f4c-3d0a4d3f7c11"
S3_NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def respond(service: str, operation: str, result: dict[str, object], protocol: str = "") -> Response:
    model = load(service)
    return compile_serializer(model.operation(operation), protocol or model.protocols[0])(result, RID)


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "content_type"),
    [
        ("sqs", "GetQueueUrl", "json", "application/x-amz-json-1.0"),
        ("kinesis", "ListStreams", "json", "application/x-amz-json-1.1"),
        ("sts", "GetCallerIdentity", "query", "text/xml"),
        ("ec2", "DescribeVpcs", "ec2", "text/xml;charset=UTF-8"),
        ("lambda", "GetFunction", "rest-json", "application/json"),
        ("route53", "GetHostedZone", "rest-xml", "text/xml"),
        ("cloudwatch", "ListMetrics", "smithy-rpc-v2-cbor", "application/cbor"),
    ],
)
def test_each_protocol_has_its_content_type_and_request_id(
    service: str, operation: str, protocol: str, content_type: str
) -> None:
    response = respond(service, operation, {}, protocol)
    assert response.status == 200
    assert response.headers["Content-Type"] == content_type
    assert response.headers["x-amzn-RequestId"] == RID


def test_cbor_responses_name_their_protocol() -> None:
    assert respond("cloudwatch", "ListMetrics", {}).headers["smithy-protocol"] == "rpc-v2-cbor"
    assert respond("cloudwatch", "DeleteAlarms", {}).headers["smithy-protocol"] == "rpc-v2-cbor"


def test_s3_names_a_request_twice_and_always_the_same_way() -> None:
    headers = respond("s3", "PutObject", {"ETag": '"e"'}).headers
    assert headers["x-amz-request-id"] == RID
    assert len(headers["x-amz-id-2"]) == 76
    assert headers["x-amz-id-2"] == respond("s3", "DeleteObject", {}).headers["x-amz-id-2"]


def test_operations_that_answer_in_headers_alone_have_no_body_and_no_content_type() -> None:
    response = respond("s3", "PutObject", {"ETag": '"e"', "BucketKeyEnabled": True, "Size": 12, "VersionId": None})
    assert response.body == b""
    assert "Content-Type" not in response.headers
    assert response.headers["ETag"] == '"e"'
    assert response.headers["x-amz-server-side-encryption-bucket-key-enabled"] == "true"
    assert response.headers["x-amz-object-size"] == "12"
    assert "x-amz-version-id" not in response.headers


def test_status_comes_from_the_model_or_from_the_member_bound_to_it() -> None:
    assert respond("s3", "DeleteObject", {}).status == 204
    assert respond("lambda", "CreateFunction", {}).status == 201
    assert respond("lambda", "Invoke", {"StatusCode": 202}).status == 202


def test_a_part_of_an_object_is_partial_content() -> None:
    part = respond("s3", "GetObject", {"Body": b"bc", "ContentRange": "bytes 1-2/5"})
    assert (part.status, part.headers["Content-Range"]) == (206, "bytes 1-2/5")
    assert respond("s3", "GetObject", {"Body": b"abcde"}).status == 200


def test_no_content_means_no_body() -> None:
    nothing = respond("lexv2-models", "DeleteResourcePolicy", {})
    assert (nothing.status, nothing.body) == (204, b"")
    asked_for = respond("glacier", "GetJobOutput", {"status": 204, "body": b"bytes"})
    assert (asked_for.status, asked_for.body) == (204, b"")
    assert "Content-Type" not in nothing.headers | asked_for.headers


def test_content_wins_over_a_model_that_promises_no_content() -> None:
    response = respond("lexv2-models", "DeleteResourcePolicy", {"resourceArn": "arn"})
    assert (response.status, response.body) == (200, b'{"resourceArn":"arn"}')


def test_headers_hold_instants_in_rfc_822_and_other_zones_become_gmt() -> None:
    at = datetime.fromisoformat("2024-02-29T14:30:01.9+02:00")
    assert respond("s3", "HeadObject", {"LastModified": at}).headers["Last-Modified"] == "Thu, 29 Feb 2024 12:30:01 GMT"


def test_user_metadata_outside_printable_ascii_goes_out_mail_safe() -> None:
    metadata = {"plain": "just text", "special": "ÄMÄZÕÑ S3"}
    headers = respond("s3", "HeadObject", {"Metadata": metadata}).headers
    assert headers["x-amz-meta-plain"] == "just text"
    assert headers["x-amz-meta-special"].isascii()
    assert str(make_header(decode_header(headers["x-amz-meta-special"]))) == "ÄMÄZÕÑ S3"


def test_no_value_can_start_a_header_of_its_own() -> None:
    response = respond("s3", "HeadObject", {"CacheControl": "x\r\nSet-Cookie: a=b\x00"})
    assert response.headers["Cache-Control"] == "x  Set-Cookie: a=b "
    with pytest.raises(ValueError, match="cannot be the name of a header"):
        respond("s3", "HeadObject", {"Metadata": {"a\r\nb": "x"}})


def test_header_text_is_latin_1_and_beyond_that_the_bytes_of_utf_8() -> None:
    headers = respond("s3", "HeadObject", {"ContentDisposition": "naïve", "ContentLanguage": "日本"}).headers
    assert headers["Content-Disposition"] == "naïve"
    assert headers["Content-Language"].encode("latin-1").decode() == "日本"


def test_streaming_payloads_pass_through_untouched() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"

    for payload in (b"bytes", [FileSlice("/no/such/file", 0, 3), b"tail"], pieces()):
        response = respond("s3", "GetObject", {"Body": payload, "ContentLength": 8, "ContentType": "text/csv"})
        assert response.body is payload
        assert response.headers["Content-Type"] == "text/csv"
        assert response.headers["Content-Length"] == "8"


def test_objects_without_a_type_are_binary_and_policies_are_json() -> None:
    assert respond("s3", "GetObject", {"Body": b"x"}).headers["Content-Type"] == "binary/octet-stream"
    policy = respond("s3", "GetBucketPolicy", {"Policy": '{"Version":"2012-10-17"}'})
    assert (policy.headers["Content-Type"], policy.body) == ("application/json", b'{"Version":"2012-10-17"}')


@pytest.mark.parametrize(
    ("operation", "root"),
    [
        ("ListObjectsV2", "ListBucketResult"),
        ("ListObjects", "ListBucketResult"),
        ("ListBuckets", "ListAllMyBucketsResult"),
        ("CreateMultipartUpload", "InitiateMultipartUploadResult"),
        ("GetBucketVersioning", "VersioningConfiguration"),
        ("GetBucketAcl", "AccessControlPolicy"),
        ("GetObjectTagging", "Tagging"),
        ("GetBucketLifecycleConfiguration", "LifecycleConfiguration"),
        ("GetBucketWebsite", "WebsiteConfiguration"),
    ],
)
def test_s3_documents_have_the_roots_the_api_reference_shows(operation: str, root: str) -> None:
    assert respond("s3", operation, {}).body == (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {S3_NS}></{root}>'.encode()
    )


def test_a_bucket_s_location_is_the_root_s_own_text_and_empty_in_the_first_region() -> None:
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint {S3_NS}>'
    assert respond("s3", "GetBucketLocation", {"LocationConstraint": "eu-west-1"}).body == (
        f"{start}eu-west-1</LocationConstraint>".encode()
    )
    assert respond("s3", "GetBucketLocation", {"LocationConstraint": None}).body == (
        f"{start}</LocationConstraint>".encode()
    )


def test_grantees_say_their_type_in_an_attribute_of_the_schema_namespace() -> None:
    grant = {"Grantee": {"Type": "CanonicalUser", "ID": "a&b"}, "Permission": "READ"}
    schema = "http://www.w3.org/2001/XMLSchema-instance"
    body = respond("s3", "GetBucketAcl", {"Grants": [grant]}).body
    assert isinstance(body, bytes)
    assert f'<Grantee xmlns:xsi="{schema}" xsi:type="CanonicalUser"><ID>a&amp;b</ID></Grantee>' in body.decode()


def test_rest_xml_answers_carry_the_namespace_the_model_names_for_requests() -> None:
    body = respond("route53", "GetHostedZone", {"HostedZone": {"Id": "/hostedzone/Z"}}).body
    assert body == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b'<GetHostedZoneResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/">'
        b"<HostedZone><Id>/hostedzone/Z</Id></HostedZone></GetHostedZoneResponse>"
    )


def test_a_payload_that_is_missing_is_an_empty_body() -> None:
    assert respond("s3", "GetBucketEncryption", {}).body == b""
    assert respond("lambda", "Invoke", {"StatusCode": 200}).body == b""


def test_an_unknown_protocol_is_refused_when_compiling() -> None:
    with pytest.raises(ValueError, match="no protocol"):
        compile_serializer(load("sqs").operation("SendMessage"), "soap")


def test_asynchronous_events_are_encoded_as_they_come_and_an_error_ends_the_stream() -> None:
    from skyglobe.kernel.errors import ServiceError
    from skyglobe.protocols.eventstream import decode_events

    async def events() -> AsyncIterator[dict[str, object]]:
        yield {"SubscribeToShardEvent": {"Records": [], "ContinuationSequenceNumber": "1", "MillisBehindLatest": 0}}
        raise ServiceError("gone", code="ResourceInUseException")

    async def collect(stream: AsyncIterator[bytes]) -> list[bytes]:
        return [piece async for piece in stream]

    response = respond("kinesis", "SubscribeToShard", {"EventStream": events()})
    assert response.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    pieces = asyncio.run(collect(response.body))  # type: ignore[arg-type]
    kinds = [next(decode_events(piece)).headers for piece in pieces]
    assert [headers.get(":event-type") or headers.get(":exception-type") for headers in kinds] == [
        *("initial-response", "SubscribeToShardEvent", "ResourceInUseException")
    ]
    assert [headers[":message-type"] for headers in kinds] == ["event", "event", "exception"]


def test_epoch_seconds_are_accepted_where_an_instant_is_expected() -> None:
    at = datetime(2024, 2, 29, 12, 30, 1, tzinfo=UTC)
    by_number = respond("s3", "HeadObject", {"LastModified": at.timestamp()}).headers["Last-Modified"]
    assert by_number == respond("s3", "HeadObject", {"LastModified": at}).headers["Last-Modified"]
