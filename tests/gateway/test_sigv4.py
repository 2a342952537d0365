"""Requests signed by botocore are verified; altered ones are refused."""

from __future__ import annotations

from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from hypothesis import assume, given
from hypothesis import strategies as st

from skyglobe.gateway.scope import scope_of
from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.sigv4 import sorted_query, without_dot_segments
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from tests.gateway.signing import BOB, DYNAMODB, KEYS, LAMBDA, S3, answer, send

text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=30)
visible = st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"))
header_values = st.lists(st.one_of(st.text(visible, max_size=8), st.sampled_from([" ", "  ", "   "]))).map("".join)
header_names = st.sampled_from(["X-Amz-Meta-Colour", "x-amz-tagging", "Content-Type", "X-Amz-Target", "Cache-Control"])
queries = st.lists(st.tuples(text.filter(lambda name: name != "X-Amz-Signature"), text), max_size=5)
methods = st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"])
hosts = st.sampled_from(["localhost:4566", "localhost:80", "bucket.s3.localhost:4566", "127.0.0.1:8443", "example.com"])


def url_of(host: str, path: str, query: list[tuple[str, str]]) -> str:
    encoded = urlencode(query, quote_via=quote, safe="~") if query else ""
    return f"http://{host}/{quote(path, safe='/~')}" + (f"?{encoded}" if encoded else "")


def sign(service: SignedService, method: str, url: str, headers: dict[str, str], body: bytes) -> Request:
    signer = S3SigV4Auth if service.is_s3 else SigV4Auth
    return send(signer(KEYS, service.signing_name, "eu-west-1"), method, url, headers, body)


@given(
    service=st.sampled_from([S3, DYNAMODB, LAMBDA]),
    method=methods,
    host=hosts,
    path=text,
    query=queries,
    headers=st.dictionaries(header_names, header_values),
    body=st.binary(max_size=200),
)
def test_every_request_that_botocore_signs_is_verified(
    service: SignedService,
    method: str,
    host: str,
    path: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> None:
    request = sign(service, method, url_of(host, path, query), headers, body)
    found = answer(request, service)
    assert found.is_verified
    assert found.principal.arn == BOB.principal_arn
    assert found.principal.type == "user"
    assert (found.region, found.signing_name) == ("eu-west-1", service.signing_name)
    assert found.auth_type == "REST-HEADER"


def altered(text: str, at: int, by: str) -> str:
    assume(text)
    at %= len(text)
    assume(text[at] != by)
    return text[:at] + by + text[at + 1 :]


@given(
    service=st.sampled_from([S3, DYNAMODB]),
    part=st.sampled_from(["method", "path", "query", "header", "authorization", "body"]),
    at=st.integers(0, 10_000),
    by=st.sampled_from("aZ09;=,/%+ -"),
)
def test_any_altered_byte_is_refused(service: SignedService, part: str, at: int, by: str) -> None:
    headers = {"X-Amz-Meta-Colour": "deep  blue", "Content-Type": "text/plain"}
    url = "http://localhost:4566/bucket/a%20key/with.dots?list-type=2&prefix=a%2Fb&delimiter="
    request = sign(service, "PUT", url, headers, b"some bytes of body")
    forged = Request(request.method, request.path, request.query, dict(request.headers), request.body)
    if part == "method":
        forged.method = "GET"
    elif part == "path":
        forged.path = "/" + altered(request.path[1:], at, by)
        assume(unquote(forged.path) != unquote(request.path))
        assume(without_dot_segments(forged.path) != request.path)
    elif part == "query":
        forged.query = altered(request.query, at, by)
        pairs = sorted(parse_qsl(request.query, keep_blank_values=True))
        assume(sorted(parse_qsl(forged.query.replace("+", "%2B"), keep_blank_values=True)) != pairs)
    elif part == "body":
        forged.body = altered(request.body.decode(), at, by).encode()
    else:
        signed = scope_of(request).signed_headers.split(";")  # type: ignore[union-attr]
        name = "authorization" if part == "authorization" else signed[at % len(signed)]
        forged.headers[name] = altered(request.headers[name], at, by)
        assume(forged.headers[name].split() != request.headers[name].split())
        assume(name != "authorization" or scope_of(forged) != scope_of(request))
    with pytest.raises(ServiceError) as refused:
        answer(forged, service)
    assert 400 <= refused.value.status < 404


def test_an_added_x_amz_header_is_refused_by_s3() -> None:
    request = sign(S3, "PUT", "http://localhost:4566/bucket/key", {}, b"")
    request.headers["x-amz-acl"] = "public-read"
    with pytest.raises(ServiceError) as refused:
        answer(request, S3)
    assert (refused.value.code, refused.value.status) == ("AccessDenied", 403)
    assert refused.value.fields == {"HeadersNotSigned": "x-amz-acl"}


def test_query_parameters_are_signed_in_order_with_duplicates_and_empty_values() -> None:
    request = sign(S3, "GET", "http://localhost:4566/b?versions&b=2&a=1&b=1&a-b=&a=", {}, b"")
    assert answer(request, S3).is_verified
    assert sorted_query(request.query) == "a=&a=1&a-b=&b=1&b=2&versions="


def test_a_hand_made_request_is_verified_as_aws_encodes_it() -> None:
    """A client that signs ``a%3Ab`` and sends ``a:b`` (as curl does) is understood, for keys and queries."""
    request = sign(S3, "GET", "http://localhost:4566/b/a%3Ab%2Bc?prefix=x%3Ay", {}, b"")
    request.path, request.query = "/b/a:b+c", "prefix=x:y"
    assert answer(request, S3).is_verified


def test_lambda_paths_are_signed_twice_encoded_and_without_dot_segments() -> None:
    url = "http://localhost:4566/2015-03-31//functions/./arn%3Aaws%3Alambda/../f/"
    assert answer(sign(LAMBDA, "GET", url, {}, b""), LAMBDA).is_verified


def test_the_date_header_stands_in_for_x_amz_date() -> None:
    request = sign(DYNAMODB, "POST", "http://localhost:4566/", {"Date": "Thu, 01 Jan 1970 00:00:00 GMT"}, b"{}")
    assert "x-amz-date" not in request.headers
    assert answer(request, DYNAMODB).is_verified


def test_a_body_may_be_left_unsigned_where_the_client_says_so() -> None:
    signer = SigV4Auth(KEYS, "dynamodb", "eu-west-1")
    request = send(signer, "POST", "https://localhost/", {}, b"first", payload_signing_enabled=False)
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    request.body = b"second"
    assert answer(request, DYNAMODB).is_verified


def test_an_s3_body_other_than_declared_is_a_mismatch() -> None:
    request = sign(S3, "PUT", "http://localhost:4566/b/k", {}, b"declared")
    request.body = b"sent"
    with pytest.raises(ServiceError) as refused:
        answer(request, S3)
    assert (refused.value.code, refused.value.status) == ("XAmzContentSHA256Mismatch", 400)
    assert refused.value.fields == {
        "ClientComputedContentSHA256": sha256(b"declared").hexdigest(),
        "S3ComputedContentSHA256": sha256(b"sent").hexdigest(),
    }


@given(st.sampled_from([S3, DYNAMODB]), st.text(max_size=80))
def test_no_authorization_header_makes_authentication_stumble(service: SignedService, junk: str) -> None:
    for header in (junk, f"AWS4-HMAC-SHA256 {junk}", f"AWS {junk}", f"AWS4-HMAC-SHA256 Credential={junk}"):
        request = Request("GET", "/", "", {"authorization": header.encode().decode("latin-1"), "host": "localhost"})
        _refused(request, service)


parameter_names = st.sampled_from(
    [
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "AWSAccessKeyId",
        "Signature",
        "Expires",
    ]
)
credentials = st.tuples(st.just(KEYS.access_key), st.sampled_from(["20260101", "٢٠٢٦٠١٠١"]), text, text)
parameter_values = st.one_of(
    text,
    credentials.map(lambda parts: "/".join([*parts, "aws4_request"])),
    st.sampled_from(
        f"AWS4-HMAC-SHA256 AWS4-ECDSA-P256-SHA256 {KEYS.access_key}/20260101/us-east-1/s3/aws4_request host"
        f" 20260101T000000Z 20269901T000000Z 99991231T235959Z 00010101T000000Z 604800"
        f" {KEYS.access_key} 999999999999999999".split()
    ),
)
WHOLE_QUERY = {
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": f"{KEYS.access_key}/20260101/us-east-1/s3/aws4_request",
    "X-Amz-Date": "20260101T000000Z",
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": "host",
    "X-Amz-Signature": "0" * 64,
}


@given(
    service=st.sampled_from([S3, DYNAMODB]),
    whole=st.sampled_from([{}, WHOLE_QUERY]),
    parameters=st.dictionaries(parameter_names, parameter_values, min_size=1),
)
def test_no_query_makes_authentication_stumble(
    service: SignedService, whole: dict[str, str], parameters: dict[str, str]
) -> None:
    request = Request("GET", "/", urlencode(whole | parameters), {"host": "localhost"})
    if scope_of(request) is not None:
        _refused(request, service)


@given(
    service=st.sampled_from([S3, DYNAMODB]),
    date=st.one_of(text, st.sampled_from(["99991231T235959Z", "00010101T000000Z", "Thu, 01 Jan 1970 00:00:00 -0000"])),
    day=st.sampled_from(["20260101", "99991231", "00010101", "19700101"]),
    algorithm=st.sampled_from(["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"]),
    where=st.tuples(text, text),
    signed=st.one_of(text, st.just("host;x-amz-date")),
)
def test_no_scope_or_date_makes_authentication_stumble(
    service: SignedService, date: str, day: str, algorithm: str, where: tuple[str, str], signed: str
) -> None:
    region, name = where
    header = (
        f"{algorithm} Credential={KEYS.access_key}/{day}/{region}/{name}/aws4_request, "
        f"SignedHeaders={signed}, Signature={'0' * 64}"
    )
    headers = {"authorization": header, "x-amz-date": date, "host": "localhost", "x-amz-content-sha256": "0" * 64}
    request = Request("GET", "/", "", {k: v.encode().decode("latin-1") for k, v in headers.items()})
    _refused(request, service)


def _refused(request: Request, service: SignedService) -> Any:
    with pytest.raises(ServiceError) as refused:
        answer(request, service)
    assert 400 <= refused.value.status < 404
    return refused.value
