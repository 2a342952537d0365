"""Asymmetric signatures made by the AWS common runtime are verified."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import botocore.auth  # noqa: F401 - must come before botocore.crt.auth, which it imports
import pytest
from botocore.crt.auth import (
    CrtS3SigV4AsymAuth,
    CrtS3SigV4AsymQueryAuth,
    CrtS3SigV4Auth,
    CrtS3SigV4QueryAuth,
    CrtSigV4AsymAuth,
    CrtSigV4Auth,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.sigv4a import private_scalar
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request
from tests.gateway.signing import BOB, HOUR, KEYS, S3, SESSION_KEYS, STS, answer, send, session, wall_now

EVENTS = SignedService("events", "json")
text = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=15)
names = text.filter(lambda name: not name.lower().startswith("x-amz-"))  # the signer refuses to sign its own


def url_of(path: str, query: list[tuple[str, str]]) -> str:
    encoded = urlencode(query, quote_via=quote, safe="~")
    return f"http://localhost:4566/{quote(path, safe='/~')}" + (f"?{encoded}" if encoded else "")


def test_the_key_is_derived_as_the_common_runtime_derives_it() -> None:
    """A published vector: aws-c-auth's key derivation test."""
    scalar = private_scalar("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
    assert scalar == 0x7FD3BD010C0D9C292141C2B77BFBDE1042C92E6836FFF749D1269EC890FCA1BD


@settings(deadline=None)
@given(
    path=text,
    query=st.lists(st.tuples(names, text), max_size=3),
    body=st.binary(max_size=50),
    signer=st.sampled_from([CrtS3SigV4AsymAuth, CrtSigV4AsymAuth, CrtS3SigV4Auth, CrtSigV4Auth]),
)
def test_every_request_that_the_common_runtime_signs_is_verified(
    path: str, query: list[tuple[str, str]], body: bytes, signer: type
) -> None:
    service = S3 if "S3" in signer.__name__ else EVENTS
    request = send(signer(KEYS, service.signing_name, "us-west-2"), "PUT", url_of(path, query), {}, body)
    found = answer(request, service)
    assert found.is_verified
    assert found.principal.arn == BOB.principal_arn
    assert found.region == "us-west-2"
    expected = "AWS4-ECDSA-P256-SHA256" if "Asym" in signer.__name__ else "AWS4-HMAC-SHA256"
    assert found.signature_version == expected


def test_a_region_set_with_wildcards_names_no_region() -> None:
    request = send(CrtS3SigV4AsymAuth(KEYS, "s3", "*"), "GET", url_of("bucket", []))
    assert request.headers["x-amz-region-set"] == "*"
    assert answer(request, S3).region == ""


@pytest.mark.parametrize("signer", [CrtS3SigV4AsymQueryAuth, CrtS3SigV4QueryAuth])
def test_urls_presigned_by_the_common_runtime_are_verified(signer: type) -> None:
    request = send(signer(KEYS, "s3", "us-west-2", expires=60), "GET", url_of("bucket/a key", [("versionId", "1")]))
    assert answer(request, S3).region == "us-west-2"
    request.path += "x"
    with pytest.raises(ServiceError) as error:
        answer(request, S3)
    assert error.value.code == "SignatureDoesNotMatch"


@settings(deadline=None)
@given(part=st.sampled_from(["body", "path", "x-amz-date", "x-amz-region-set", "signature"]), at=st.integers(0, 140))
def test_an_altered_asymmetric_request_is_refused(part: str, at: int) -> None:
    request = send(CrtSigV4AsymAuth(KEYS, "events", "us-west-2"), "POST", url_of("put", []), {}, b"events")
    if part == "body":
        request.body = b"event"
    elif part == "path":
        request.path = "/PUT"
    elif part == "signature":
        head, mark, signature = request.headers["authorization"].rpartition("Signature=")
        at %= len(signature)
        digit = "0" if signature[at] != "0" else "1"
        request.headers["authorization"] = head + mark + signature[:at] + digit + signature[at + 1 :]
    else:
        value = request.headers[part]
        request.headers[part] = value.replace("us-west-2", "*") if "west" in value else value[:-2] + "9Z"
        if request.headers[part] == value:
            request.headers[part] = value[:-2] + "8Z"
    with pytest.raises(ServiceError) as error:
        answer(request, EVENTS)
    assert (error.value.code, error.value.status) == ("InvalidSignatureException", 400)


def test_asymmetric_signatures_carry_session_tokens() -> None:
    request = send(CrtSigV4AsymAuth(SESSION_KEYS, "sts", "us-east-1"), "POST", url_of("", []), {}, b"Action=X")
    assert answer(request, STS, session(wall_now() + HOUR)).principal.type == "assumed-role"


def test_garbage_for_an_asymmetric_signature_is_refused() -> None:
    for signature in ("", "zz", "00" * 500, "é", "30450221"):
        header = (
            f"AWS4-ECDSA-P256-SHA256 Credential={KEYS.access_key}/20260101/s3/aws4_request, "
            f"SignedHeaders=host;x-amz-date, Signature={signature}"
        )
        headers = {"authorization": header, "host": "localhost", "x-amz-date": "20260101T000000Z"}
        request = Request("GET", "/", "", headers)
        with pytest.raises(ServiceError) as error:
            answer(request, S3, wall=1767225600000)
        assert error.value.status in (400, 403)
