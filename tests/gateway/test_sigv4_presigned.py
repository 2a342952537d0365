"""Presigned URLs of version 4: verified, expiring on the cloud's clock, refused in S3's words."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4QueryAuth
from hypothesis import assume, given
from hypothesis import strategies as st

from skyglobe.gateway.auth_errors import basic_instant, iso_instant
from skyglobe.gateway.validity import basic_milliseconds
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from tests.gateway.signing import (
    DAY,
    EC2,
    HOUR,
    KEYS,
    S3,
    SESSION_KEYS,
    STS,
    Clock,
    answer,
    send,
    session,
    wall_now,
)

URL = "http://localhost:4566/bucket/key"
text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)


def presigned(
    method: str = "GET", url: str = URL, expires_for: Any = 3600, headers: dict[str, str] | None = None
) -> Request:
    return send(S3SigV4QueryAuth(KEYS, "s3", "eu-west-1", expires=expires_for), method, url, headers)


def signed_at(request: Request) -> int:
    at = basic_milliseconds(dict(parse_qsl(request.query))["X-Amz-Date"])
    assert at is not None
    return at


def with_parameter(request: Request, name: str, value: str | None) -> Request:
    parameters = dict(parse_qsl(request.query)) | {name: value}
    request.query = urlencode({k: v for k, v in parameters.items() if v is not None}, quote_via=quote)
    return request


def refused(request: Request, **more: Any) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        answer(request, more.pop("service", S3), **more)
    return error.value


@given(path=text, query=st.lists(st.tuples(text, text), max_size=3), method=st.sampled_from(["GET", "PUT", "DELETE"]))
def test_every_url_that_botocore_presigns_is_verified(path: str, query: list[tuple[str, str]], method: str) -> None:
    assume(not any(name.startswith("X-Amz-") for name, _ in query))
    encoded = urlencode(query, quote_via=quote, safe="~")
    url = f"http://localhost:4566/bucket/{quote(path, safe='/~')}" + (f"?{encoded}" if encoded else "")
    request = presigned(method, url)
    request.body = b"whatever is put"
    found = answer(request, S3)
    assert found.is_verified
    assert found.auth_type == "REST-QUERY-STRING"
    assert found.signature_version == "AWS4-HMAC-SHA256"
    assert found.signed_at == signed_at(request)


@given(part=st.sampled_from(["path", "query"]), at=st.integers(0, 2000), by=st.sampled_from("aZ09-&=%;"))
def test_any_altered_byte_of_a_presigned_url_is_refused(part: str, at: int, by: str) -> None:
    request = presigned(url=URL + "?response-content-type=text%2Fplain&versionId=3")
    original = getattr(request, part)
    at %= len(original)
    assume(original[at] not in (by, "/"))
    setattr(request, part, original[:at] + by + original[at + 1 :])
    if part == "query":
        pairs = parse_qsl(original, keep_blank_values=True)
        assume(sorted(parse_qsl(request.query, keep_blank_values=True)) != sorted(pairs))
        assume("X-Amz-" in request.query)
    assert 400 <= refused(request).status <= 403


def test_a_signed_header_of_a_presigned_url_must_come_with_it() -> None:
    request = presigned("PUT", headers={"x-amz-acl": "private"})
    assert "x-amz-acl" in request.query
    assert answer(request, S3).is_verified
    request.headers["x-amz-acl"] = "public-read"
    assert refused(request).code == "SignatureDoesNotMatch"


def test_a_presigned_url_for_one_method_does_not_serve_another() -> None:
    request = presigned("GET")
    request.method = "PUT"
    assert refused(request).code == "SignatureDoesNotMatch"


def test_the_session_token_travels_in_the_query() -> None:
    signer = S3SigV4QueryAuth(SESSION_KEYS, "s3", "eu-west-1", expires=60)
    known = session(wall_now() + HOUR)
    assert answer(send(signer, "GET", URL), S3, known).principal.type == "assumed-role"
    forged = with_parameter(send(signer, "GET", URL), "X-Amz-Security-Token", "other")
    with pytest.raises(ServiceError) as error:
        answer(forged, S3, known)
    assert (error.value.code, error.value.status) == ("InvalidToken", 400)
    assert error.value.fields == {"Token-0": "other"}


def test_a_presigned_url_expires_with_the_three_fields_s3_tells() -> None:
    request = presigned(expires_for=60)
    at = signed_at(request)
    assert answer(request, S3, wall=at + 60_000).is_verified
    error = refused(request, wall=at + 61_000)
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.fields == {
        "X-Amz-Expires": "60",
        "Expires": iso_instant(at + 60_000),
        "ServerTime": iso_instant(at + 61_000),
    }


def test_turning_the_clock_expires_a_presigned_url() -> None:
    request = presigned(expires_for=7200)
    at = signed_at(request)
    turned_later = Clock(at + 60_000, ahead=30 * DAY, turned_at=at + 30_000)
    assert refused(request, wall=at + 60_000, clock=turned_later).message == "Request has expired"


def test_a_url_presigned_after_the_clock_was_turned_lives_its_time() -> None:
    request = presigned(expires_for=60)
    at = signed_at(request)
    for seconds, lives in ((59, True), (61, False)):
        clock = Clock(at + seconds * 1000, ahead=30 * DAY, turned_at=at - DAY)
        if lives:
            assert answer(request, S3, wall=clock.wall, clock=clock).is_verified
        else:
            assert refused(request, wall=clock.wall, clock=clock).message == "Request has expired"


def test_a_url_presigned_by_the_clouds_clock_lives_its_time_too() -> None:
    """A client inside the cloud (a function, an instance) may sign with the turned time."""
    request = presigned(expires_for=60)
    at = signed_at(request)
    wall = at - 30 * DAY
    clock = Clock(wall + 30_000, ahead=30 * DAY, turned_at=wall - HOUR)
    assert answer(request, S3, wall=clock.wall, clock=clock).is_verified
    clock.wall += 31_000
    assert refused(request, wall=clock.wall, clock=clock).message == "Request has expired"


def test_a_presigned_url_expires_for_unknown_keys_too() -> None:
    request = with_parameter(presigned(expires_for=60), "X-Amz-Credential", "test/20260101/eu-west-1/s3/aws4_request")
    at = signed_at(request)
    assert not answer(request, S3, lenient=True, wall=at + 60_000).is_verified
    assert refused(request, lenient=True, wall=at + 61_000).message == "Request has expired"


def test_a_presigned_url_from_the_future_is_not_yet_valid() -> None:
    request = presigned(expires_for=60)
    at = signed_at(request)
    error = refused(request, wall=at - HOUR)
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request is not yet valid")
    assert error.fields == {
        "X-Amz-Date": str(at),
        "Expires": iso_instant(at + 60_000),
        "ServerTime": iso_instant(at - HOUR),
    }


WEEK = "must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("X-Amz-Expires", "604801", f"X-Amz-Expires {WEEK}"),
        ("X-Amz-Expires", "9" * 5000, f"X-Amz-Expires {WEEK}"),
        ("X-Amz-Expires", "-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires", "soon", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires", "٣", "X-Amz-Expires should be a number"),
        ("X-Amz-Date", "yesterday", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        ("X-Amz-Date", "20260230T000000Z", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        (
            "X-Amz-Algorithm",
            "AWS4-MD5",
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"',
        ),
        (
            "X-Amz-Credential",
            "AKIAIOSFODNN7EXAMPLE/s3",
            (
                "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; "
                'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
        *(
            (
                f"X-Amz-{name}",
                None,
                (
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
                ),
            )
            for name in ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
        ),
    ],
)
def test_bad_query_parameters_are_named(name: str, value: str | None, message: str) -> None:
    error = refused(with_parameter(presigned(), name, value))
    assert (error.code, error.status, error.message) == ("AuthorizationQueryParametersError", 400, message)


@pytest.mark.spec("S3PSU-007")
def test_a_week_is_the_longest_life() -> None:
    assert answer(presigned(expires_for=604_800), S3).is_verified
    error = refused(presigned(expires_for=604_801))
    assert (error.code, error.status) == ("AuthorizationQueryParametersError", 400)


def test_the_credentials_day_must_be_the_signing_day() -> None:
    request = with_parameter(presigned(), "X-Amz-Credential", f"{KEYS.access_key}/20200101/eu-west-1/s3/aws4_request")
    day = basic_instant(signed_at(request))[:8]
    assert refused(request).message == (
        f'Invalid credential date "20200101". This date is not the same as X-Amz-Date: "{day}".'
    )


def test_sts_takes_presigned_urls_for_fifteen_minutes() -> None:
    """What ``aws eks get-token`` makes: X-Amz-Expires=60, used for minutes."""
    signer = SigV4QueryAuth(KEYS, "sts", "us-east-1", expires=60)
    url = "http://localhost:4566/?Action=GetCallerIdentity&Version=2011-06-15"
    request = send(signer, "GET", url, {"x-k8s-aws-id": "cluster"})
    at = signed_at(request)
    assert answer(request, STS, wall=at + 899_000).is_verified
    error = refused(request, service=STS, wall=at + 901_000)
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.message.startswith("Signature expired: ")


def test_ec2_says_that_a_presigned_request_has_expired() -> None:
    signer = SigV4QueryAuth(KEYS, "ec2", "us-east-1", expires=60)
    request = send(signer, "GET", "http://localhost:4566/?Action=CopySnapshot&Version=2016-11-15")
    assert answer(request, EC2).is_verified
    error = refused(request, service=EC2, wall=signed_at(request) + 61_000)
    assert (error.code, error.status, error.message) == ("RequestExpired", 400, "Request has expired.")
