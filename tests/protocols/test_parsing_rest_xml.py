"""S3 and its kin: XML bodies, headers, query strings, and what must never be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from skyglobe.kernel.wire import Request
from skyglobe.models import load
from skyglobe.protocols.parsing import compile_parser, find_unknown
from skyglobe.protocols.parsing.bindings import split_header_list
from tests.protocols.parsing_requests import parse, refusal

MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema"
S3 = "http://s3.amazonaws.com/doc/2006-03-01/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@pytest.mark.parametrize(
    "body",
    [
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        f'<VersioningConfiguration xmlns="{S3}"><Status>Enabled</Status></VersioningConfiguration>',
        f'<s:VersioningConfiguration xmlns:s="{S3}">\n <s:Status>Enabled</s:Status>\n</s:VersioningConfiguration>',
        "<!-- x --><VersioningConfiguration><Status><![CDATA[Enabled]]></Status></VersioningConfiguration>",
        "<VersioningConfiguration><Status>Enabled</Status><Colour a='b'><Deep/></Colour></VersioningConfiguration>",
    ],
)
def test_namespaces_prefixes_comments_and_unknown_elements_do_not_matter(body: str) -> None:
    parsed = parse("s3", "PutBucketVersioning", "rest-xml", body, labels={"Bucket": "b"})
    assert parsed == {"Bucket": "b", "VersioningConfiguration": {"Status": "Enabled"}}


def test_the_type_of_a_grantee_is_an_attribute() -> None:
    body = (
        f'<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:x="{XSI}" x:type="Group"><URI>u</URI></Grantee>'
        "<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )
    parsed = parse("s3", "PutBucketAcl", "rest-xml", body)
    grant = {"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}
    assert parsed == {"AccessControlPolicy": {"Grants": [grant]}}


def test_flattened_lists_gather_repeated_elements() -> None:
    body = "<Delete><Object><Key>a</Key></Object><Quiet>true</Quiet><Object><Key> b </Key></Object></Delete>"
    parsed = parse("s3", "DeleteObjects", "rest-xml", body)
    assert parsed == {"Delete": {"Objects": [{"Key": "a"}, {"Key": " b "}], "Quiet": True}}


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]>'


@pytest.mark.parametrize(
    "body",
    [
        "<Delete>",
        "</Delete>",
        "text",
        " ",
        b"<Delete>\xff</Delete>",
        "<Delete><Object>&nbsp;</Object></Delete>",
        "<Delete><Object><Key>&#0;</Key></Object></Delete>",
        "<Delete/><Delete/>",
        "<Remove><Object><Key>a</Key></Object></Remove>",
        "<Delete>text</Delete>",
        "<Delete><Quiet>perhaps</Quiet></Delete>",
        "<Delete><Object><Key><b>a</b></Key></Object></Delete>",
        "<Delete>" + "<Object>" * 200 + "</Object>" * 200 + "</Delete>",
        "<Delete>" * 100_000,
        BOMB + "<Delete><Object><Key>&y;</Key></Object></Delete>",
        '<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete/>',
        '<!DOCTYPE Delete [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&f;</Key></Object></Delete>',
        b'<?xml version="1.0" encoding="idna"?><Delete>\xe9</Delete>',
        '{"Delete": {}}',
    ],
)
def test_what_is_not_the_xml_asked_for_is_refused(body: bytes | str) -> None:
    error = refusal("s3", "DeleteObjects", "rest-xml", body)
    assert (error.code, error.message, error.status) == ("MalformedXML", MALFORMED, 400)


def test_cloudfront_and_route_53_call_it_malformed_input() -> None:
    for service, operation in (("cloudfront", "CreateDistribution"), ("route53", "ChangeResourceRecordSets")):
        for body in ("<a>", "<a/>", '<!DOCTYPE a><a b="c"/>'):
            assert refusal(service, operation, "rest-xml", body).code == "MalformedInput"


def test_metadata_is_the_headers_with_its_prefix() -> None:
    headers = {"x-amz-meta-colour": "red", "x-amz-meta-": "bare", "x-amz-date": "x", "content-type": "text/plain"}
    parsed = parse("s3", "PutObject", "rest-xml", headers=headers, labels={"Bucket": "b", "Key": "k/é"})
    metadata = {"colour": "red", "": "bare"}
    assert parsed == {"Bucket": "b", "Key": "k/é", "ContentType": "text/plain", "Metadata": metadata}


def test_a_payload_that_streams_stays_on_the_request() -> None:
    class Stream:
        length = 3

        async def read(self) -> bytes:
            return b""

    request = Request("PUT", "/b/k", headers={"content-length": "3"}, stream=Stream())
    parsed = compile_parser(load("s3").operation("PutObject"), "rest-xml")(request, {"Bucket": "b", "Key": "k"})
    assert parsed == {"Bucket": "b", "Key": "k", "ContentLength": 3}
    assert parse("s3", "PutObject", "rest-xml", b"abc", labels={"Bucket": "b", "Key": "k"})["Body"] == b"abc"


def test_conditional_dates_are_read_leniently_and_others_strictly() -> None:
    instant = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    for text in ("Sun, 30 Aug 2015 12:36:00 GMT", "Sunday, 30-Aug-15 12:36:00 GMT", "2015-08-30T12:36:00Z"):
        parsed = parse("s3", "GetObject", "rest-xml", headers={"if-modified-since": text})
        assert parsed == {"IfModifiedSince": instant}
    assert parse("s3", "GetObject", "rest-xml", headers={"if-modified-since": "yesterday"}) == {}
    locked = {"x-amz-object-lock-retain-until-date": "yesterday"}
    assert refusal("s3", "PutObject", "rest-xml", headers=locked).code == "InvalidArgument"


def test_query_parameters_are_decoded_and_typed() -> None:
    query = "list-type=2&prefix=a%2Fb+c%C3%BC&max-keys=7&fetch-owner=true&delimiter=&x-id=ListObjectsV2"
    parsed = parse("s3", "ListObjectsV2", "rest-xml", query=query, labels={"Bucket": "b"})
    assert parsed == {"Bucket": "b", "Prefix": "a/b cü", "MaxKeys": 7, "FetchOwner": True, "Delimiter": ""}


def test_unescaped_utf_8_in_the_target_is_read() -> None:
    raw = "prefix=é".encode().decode("latin-1")
    assert parse("s3", "ListObjectsV2", "rest-xml", query=raw) == {"Prefix": "é"}
    assert refusal("s3", "ListObjectsV2", "rest-xml", query="prefix=\xe9").code == "InvalidArgument"


def test_a_bad_number_in_the_query_is_an_invalid_argument() -> None:
    error = refusal("s3", "ListObjectsV2", "rest-xml", query="max-keys=many")
    assert (error.code, error.message) == (
        "InvalidArgument",
        "Provided max-keys not an integer or within integer range",
    )
    assert error.fields == {"ArgumentName": "max-keys", "ArgumentValue": "many"}
    assert refusal("s3", "ListObjectsV2", "rest-xml", query="prefix=%ff").code == "InvalidArgument"


def test_header_lists_are_split_at_commas_outside_quotes() -> None:
    headers = {"x-amz-object-attributes": 'ETag, "Object,Size" ,,Checksum,'}
    parsed = parse("s3", "GetObjectAttributes", "rest-xml", headers=headers)
    assert parsed == {"ObjectAttributes": ["ETag", "Object,Size", "Checksum"]}


def test_odd_quotes_in_header_lists_are_taken_as_they_are() -> None:
    assert split_header_list('"a" b, "c') == ['"a" b', '"c']
    assert split_header_list('"say \\"hi\\", you",x') == ['say "hi", you', "x"]
    assert split_header_list(" , ,, ") == []


def test_unknown_elements_can_be_listed() -> None:
    body = b"<Delete><Object><Key>a</Key><Colour/></Object><Loud>true</Loud></Delete>"
    request = Request("POST", "/b", "delete", {}, body)
    assert find_unknown(load("s3").operation("DeleteObjects"), "rest-xml", request) == ["Loud", "Object[].Colour"]
