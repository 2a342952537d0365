"""S3's old signatures, as botocore still makes them with ``signature_version='s3'`` and ``'s3-query'``."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode

import pytest
from botocore.auth import HmacV1Auth, HmacV1QueryAuth
from botocore.awsrequest import AWSRequest
from hypothesis import assume, given
from hypothesis import strategies as st

from skyglobe.gateway.auth_errors import iso_instant
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from tests.gateway.signing import (
    BOB,
    DAY,
    HOUR,
    IAM,
    KEYS,
    S3,
    SESSION_KEYS,
    Clock,
    answer,
    on_the_wire,
    send,
    session,
    wall_now,
)

URL = "http://localhost:4566/bucket/a%20key"
paths = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
subresources = st.lists(
    st.sampled_from([("acl", ""), ("versionId", "a+b/c"), ("prefix", "x y"), ("partNumber", "7"), ("uploads", "")]),
    max_size=3,
    unique=True,
)


def refused(request: Request, **options: object) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        answer(request, S3, **options)  # type: ignore[arg-type]
    return error.value


@given(path=paths, query=subresources, method=st.sampled_from(["GET", "PUT"]), presigned=st.booleans())
def test_every_version_two_request_that_botocore_signs_is_verified(
    path: str, query: list[tuple[str, str]], method: str, presigned: bool
) -> None:
    url = f"http://localhost:4566/bucket/{quote(path, safe='/~')}"
    if query:
        url += "?" + "&".join(f"{name}={quote(value, safe='')}" if value else name for name, value in query)
    signer = HmacV1QueryAuth(KEYS, expires=60) if presigned else HmacV1Auth(KEYS)
    request = send(signer, method, url, {"x-amz-meta-a": "b", "Content-Type": "text/plain"})
    found = answer(request, S3)
    assert found.is_verified
    assert found.principal.arn == BOB.principal_arn
    assert found.signature_version == "AWS"
    assert found.auth_type == ("REST-QUERY-STRING" if presigned else "REST-HEADER")


@given(part=st.sampled_from(["path", "date", "x-amz-meta-a", "authorization"]), at=st.integers(0, 100))
def test_an_altered_version_two_request_is_refused(part: str, at: int) -> None:
    request = send(HmacV1Auth(KEYS), "PUT", URL, {"x-amz-meta-a": "blue"})
    original = request.path if part == "path" else request.headers[part]
    altered = original[: at % len(original)] + "8" + original[at % len(original) + 1 :]
    assume(altered != original)
    if part == "path":
        request.path = altered
    else:
        request.headers[part] = altered
    assert 400 <= refused(request).status <= 403


def test_a_virtual_hosts_bucket_is_part_of_what_is_signed() -> None:
    signing = AWSRequest("GET", "http://bucket.s3.localhost:4566/key", auth_path="/bucket/key")
    HmacV1Auth(KEYS).add_auth(signing)
    request = on_the_wire(signing)
    assert answer(request, S3, virtual_bucket="bucket").is_verified
    assert refused(request).code == "SignatureDoesNotMatch"


def test_an_old_url_expires_on_the_clouds_clock() -> None:
    request = send(HmacV1QueryAuth(KEYS, expires=3600), "GET", URL)
    expires_at = int(dict(parse_qsl(request.query))["Expires"]) * 1000
    wall = expires_at - HOUR
    assert answer(request, S3, wall=wall).is_verified
    error = refused(request, wall=expires_at + 1000)
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, "Request has expired")
    assert error.fields == {"Expires": iso_instant(expires_at), "ServerTime": iso_instant(expires_at + 1000)}
    assert answer(request, S3, wall=wall, clock=Clock(wall, ahead=30 * DAY)).is_verified


def test_an_expiry_that_is_no_number_is_refused() -> None:
    for expiry in ("", "soon", "-1", "9" * 40):
        query = urlencode({"AWSAccessKeyId": KEYS.access_key, "Signature": "x", "Expires": expiry})
        assert refused(Request("GET", "/b/k", query, {"host": "localhost"})).code == "AccessDenied"


def test_an_old_signature_a_quarter_of_an_hour_off_is_too_skewed() -> None:
    request = send(HmacV1Auth(KEYS), "GET", URL)
    assert refused(request, wall=wall_now() + 16 * 60_000).code == "RequestTimeTooSkewed"


def test_a_wrong_old_signature_shows_the_string_to_sign_only() -> None:
    request = send(HmacV1Auth(KEYS), "GET", URL)
    date = request.headers["date"]
    request.headers["authorization"] = f"AWS {KEYS.access_key}:AAAA"
    fields = refused(request).fields
    assert fields["StringToSign"] == f"GET\n\n\n{date}\n/bucket/a%20key"
    assert "CanonicalRequest" not in fields


def test_old_signatures_carry_session_tokens() -> None:
    known = session(wall_now() + HOUR)
    for signer in (HmacV1Auth(SESSION_KEYS), HmacV1QueryAuth(SESSION_KEYS, expires=60)):
        assert answer(send(signer, "GET", URL), S3, known).principal.type == "assumed-role"


def test_only_s3_takes_version_two() -> None:
    request = send(HmacV1Auth(KEYS), "GET", URL)
    with pytest.raises(ServiceError) as error:
        answer(request, IAM)
    assert error.value.code == "IncompleteSignature"
