"""Who is let in, who is refused, and with which of AWS's errors."""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.gateway import auth_errors
from skyglobe.gateway.auth_errors import basic_instant, iso_instant
from skyglobe.gateway.payload import needs_whole_body
from skyglobe.gateway.scope import scope_of
from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.validity import basic_milliseconds
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import principal_of
from skyglobe.kernel.wire import Request
from skyglobe.models.loading import load
from tests.gateway.signing import (
    BOB,
    DAY,
    DYNAMODB,
    EC2,
    HOUR,
    IAM,
    KEYS,
    LAMBDA,
    S3,
    SESSION_KEYS,
    SQS,
    Clock,
    answer,
    send,
    session,
    wall_now,
)

INVALID_TOKEN = "The security token included in the request is invalid."
EXPIRED_TOKEN = "The security token included in the request is expired"
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
S3_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
FAMILIES = [S3, EC2, IAM, DYNAMODB, LAMBDA]


def signed(service: SignedService, keys: Credentials = KEYS, method: str = "POST", body: bytes = b"{}") -> Request:
    signer = S3SigV4Auth if service.is_s3 else SigV4Auth
    return send(signer(keys, service.signing_name, "eu-west-1"), method, "http://localhost:4566/", {}, body)


def signed_at(request: Request) -> int:
    at = basic_milliseconds(request.headers["x-amz-date"])
    assert at is not None
    return at


def refused(request: Request, service: SignedService, *more: Any, **options: Any) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        answer(request, service, *more, **options)
    return error.value


def told(error: ServiceError) -> tuple[str, int, str]:
    return error.code, error.status, error.message


@pytest.mark.spec("SDK-005", "IAM-018")
@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        (S3, "InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
        (EC2, "AuthFailure", 401, NOT_VALIDATED),
        (IAM, "InvalidClientTokenId", 403, INVALID_TOKEN),
        (DYNAMODB, "UnrecognizedClientException", 400, INVALID_TOKEN),
        (LAMBDA, "UnrecognizedClientException", 403, INVALID_TOKEN),
    ],
)
def test_an_unknown_key_is_refused_in_strict_mode(service: SignedService, code: str, status: int, message: str) -> None:
    error = refused(signed(service, Credentials("test", "test")), service)
    assert told(error) == (code, status, message)
    assert error.fields == ({"AWSAccessKeyId": "test"} if service is S3 else {})


@pytest.mark.spec("SDK-005", "IAM-018")
@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        (S3, "SignatureDoesNotMatch", 403, S3_MISMATCH),
        (EC2, "AuthFailure", 401, NOT_VALIDATED),
        (IAM, "SignatureDoesNotMatch", 403, MISMATCH),
        (DYNAMODB, "InvalidSignatureException", 400, MISMATCH),
        (LAMBDA, "InvalidSignatureException", 403, MISMATCH),
    ],
)
@pytest.mark.parametrize("lenient", [True, False])
def test_a_wrong_secret_is_refused_in_every_mode(
    service: SignedService, code: str, status: int, message: str, lenient: bool
) -> None:
    error = refused(signed(service, Credentials(KEYS.access_key, "guess")), service, lenient=lenient)
    assert (error.code, error.status) == (code, status)
    assert error.message.startswith(message)


def test_a_wrong_signature_shows_what_should_have_been_signed() -> None:
    request = signed(IAM, Credentials(KEYS.access_key, "guess"), body=b"Action=ListUsers")
    date = request.headers["x-amz-date"]
    canonical = (
        f"POST\n/\n\nhost:localhost:4566\nx-amz-date:{date}\n\nhost;x-amz-date\n"
        f"{sha256(b'Action=ListUsers').hexdigest()}"
    )
    to_sign = (
        f"AWS4-HMAC-SHA256\n{date}\n{date[:8]}/eu-west-1/iam/aws4_request\n{sha256(canonical.encode()).hexdigest()}"
    )
    assert refused(request, IAM).message == (
        f"{MISMATCH}\n\nThe Canonical String for this request should have been\n'{canonical}'"
        f"\n\nThe String-to-Sign should have been\n'{to_sign}'\n"
    )


def test_s3_tells_a_wrong_signature_in_six_fields() -> None:
    request = signed(S3, Credentials(KEYS.access_key, "guess"))
    fields = refused(request, S3).fields
    scope = scope_of(request)
    assert scope is not None
    assert fields["AWSAccessKeyId"] == KEYS.access_key
    assert fields["SignatureProvided"] == scope.signature
    assert fields["CanonicalRequest"].startswith("POST\n/\n\nhost:localhost:4566\nx-amz-content-sha256:")
    assert fields["StringToSign"].endswith(sha256(fields["CanonicalRequest"].encode()).hexdigest())
    assert bytes.fromhex(fields["StringToSignBytes"]).decode() == fields["StringToSign"]
    assert bytes.fromhex(fields["CanonicalRequestBytes"]).decode() == fields["CanonicalRequest"]


def test_services_that_left_the_query_protocol_still_tell_the_old_code() -> None:
    error = refused(signed(SQS, Credentials("test", "test")), SQS)
    assert error.code == "UnrecognizedClientException"
    assert error.headers == {"x-amzn-query-error": "InvalidClientTokenId;Sender"}


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("test", "000000000000"),
        ("AKIAUNKNOWN", "000000000000"),
        ("123456789012", "123456789012"),
        ("12345678901", "000000000000"),
        ("1234567890123", "000000000000"),
    ],
)
@pytest.mark.parametrize("service", FAMILIES)
def test_an_unknown_key_is_the_root_of_its_account_in_lenient_mode(
    service: SignedService, key: str, account: str
) -> None:
    found = answer(signed(service, Credentials(key, "anything")), service, lenient=True)
    assert found.principal.arn == f"arn:aws:iam::{account}:root"
    assert found.principal.is_root
    assert (found.principal.account, found.principal.access_key_id) == (account, key)
    assert (found.region, found.is_verified) == ("eu-west-1", False)


def test_an_unknown_key_is_not_asked_for_a_signature_a_token_or_the_time() -> None:
    request = signed(DYNAMODB, Credentials("test", "test", "token"))
    request.headers["authorization"] = request.headers["authorization"][:-8] + "00000000"
    assert answer(request, DYNAMODB, lenient=True, wall=wall_now() + DAY).principal.is_root


@pytest.mark.parametrize("service", FAMILIES)
def test_a_malformed_authorization_is_refused_even_in_lenient_mode(service: SignedService) -> None:
    for header in ("", "nonsense", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=test", "AWS4-HMAC-SHA512 x"):
        request = Request("POST", "/", "", {"authorization": header, "host": "localhost", "date": "now"})
        assert refused(request, service, lenient=True).status == 400


def test_an_incomplete_signature_is_told_part_by_part() -> None:
    header = "AWS4-HMAC-SHA256 Credential="
    error = refused(Request("POST", "/", "", {"authorization": header, "host": "localhost"}), IAM)
    digest = base64.b64encode(sha256(header.encode()).digest()).decode()
    assert told(error) == (
        "IncompleteSignature",
        400,
        (
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. "
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
            f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
        ),
    )
    assert refused(Request("POST", "/", "", {"authorization": header}), DYNAMODB).code == "IncompleteSignatureException"


@pytest.mark.parametrize(
    ("credential", "start"),
    [
        (
            "AKID/20260101/us-east-1/iam",
            (
                "Credential must have exactly 5 slash-delimited elements, "
                "e.g. keyid/date/region/service/term, got 'AKID/20260101/us-east-1/iam'. "
            ),
        ),
        (
            "AKID/20260101/us-east-1/iam/aws3_request",
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws3_request'. ",
        ),
        (
            "AKID/January/us-east-1/iam/aws4_request",
            "Date in Credential scope must be in YYYYMMDD format, got 'January'. ",
        ),
    ],
)
def test_a_malformed_credential_is_told(credential: str, start: str) -> None:
    header = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=00"
    headers = {"authorization": header, "host": "localhost", "x-amz-date": "20260101T000000Z"}
    error = refused(Request("POST", "/", "", headers), IAM)
    assert error.code == "IncompleteSignature"
    assert error.message.startswith(start)


@pytest.mark.parametrize(
    ("header", "code", "message"),
    [
        (
            "AWS4-HMAC-SHA256 Credential=AKID",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the authorization header requires three components: "
                "Credential, SignedHeaders, and Signature."
            ),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AKID, SignedHeaders=host, Signature=00",
            "AuthorizationHeaderMalformed",
            (
                "The authorization header is malformed; the Credential is mal-formed; "
                'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
            ),
        ),
        ("Bearer token", "InvalidArgument", "Unsupported Authorization Type"),
    ],
)
def test_s3_tells_malformed_headers_in_its_own_words(header: str, code: str, message: str) -> None:
    assert told(refused(Request("GET", "/", "", {"authorization": header}), S3)) == (code, 400, message)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        (EC2, "MissingAuthenticationToken", 403),
        (IAM, "MissingAuthenticationToken", 403),
        (DYNAMODB, "MissingAuthenticationTokenException", 400),
        (LAMBDA, "MissingAuthenticationTokenException", 403),
    ],
)
def test_a_request_without_authentication_is_refused_by_all_but_s3(
    service: SignedService, code: str, status: int
) -> None:
    request = Request("POST", "/", "Action=ListUsers", {"host": "localhost"})
    assert told(refused(request, service, lenient=True)) == (code, status, "Request is missing Authentication Token")
    assert answer(request, service, may_be_anonymous=True).principal.is_anonymous


def test_anonymous_requests_reach_s3() -> None:
    found = answer(Request("GET", "/bucket/key", "", {"host": "localhost"}), S3)
    assert found.principal.is_anonymous
    assert (found.auth_type, found.region, found.is_verified) == ("", "", False)


@pytest.mark.parametrize("minutes", [-16, 16])
def test_s3_refuses_a_clock_fifteen_minutes_off(minutes: int) -> None:
    request = signed(S3)
    wall = signed_at(request) + minutes * 60_000
    error = refused(request, S3, wall=wall)
    assert told(error) == (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    )
    assert error.fields == {
        "RequestTime": request.headers["x-amz-date"],
        "ServerTime": iso_instant(wall),
        "MaxAllowedSkewMilliseconds": "900000",
    }
    assert answer(request, S3, wall=wall - minutes * 60_000 // 4).is_verified


@pytest.mark.spec("SDK-005")
def test_other_services_say_by_how_much_a_signature_is_too_old_or_too_new() -> None:
    request = signed(IAM)
    at = signed_at(request)
    sent, late, early = request.headers["x-amz-date"], at + 6 * 60_000, at - 6 * 60_000
    assert told(refused(request, IAM, wall=late)) == (
        "SignatureDoesNotMatch",
        403,
        f"Signature expired: {sent} is now earlier than {basic_instant(at + 60_000)} ({basic_instant(late)} - 5 min.)",
    )
    assert refused(request, IAM, wall=early).message == (
        f"Signature not yet current: {sent} is still later than {basic_instant(at - 60_000)} "
        f"({basic_instant(early)} + 5 min.)"
    )
    assert refused(signed(DYNAMODB), DYNAMODB, wall=late + HOUR).code == "InvalidSignatureException"
    assert answer(signed(EC2), EC2, wall=wall_now() + 14 * 60_000).is_verified
    assert told(refused(signed(EC2), EC2, wall=late + HOUR)) == ("RequestExpired", 400, "Request has expired.")


@pytest.mark.parametrize("service", FAMILIES)
def test_either_clock_will_do_after_the_clouds_was_turned(service: SignedService) -> None:
    request = signed(service)
    at = signed_at(request)
    assert answer(request, service, wall=at, clock=Clock(at, ahead=30 * DAY)).is_verified
    assert answer(request, service, wall=at - 30 * DAY, clock=Clock(at - 30 * DAY, ahead=30 * DAY)).is_verified
    assert refused(request, service, wall=at - 15 * DAY, clock=Clock(at - 15 * DAY, ahead=30 * DAY))


@pytest.mark.parametrize(
    ("service", "code", "status", "message"),
    [
        (S3, "ExpiredToken", 400, "The provided token has expired."),
        (EC2, "RequestExpired", 400, "Request has expired."),
        (IAM, "ExpiredToken", 403, EXPIRED_TOKEN),
        (DYNAMODB, "ExpiredTokenException", 400, EXPIRED_TOKEN),
        (LAMBDA, "ExpiredTokenException", 403, EXPIRED_TOKEN),
    ],
)
def test_a_session_ends_on_the_clouds_clock(service: SignedService, code: str, status: int, message: str) -> None:
    request = signed(service, SESSION_KEYS)
    wall = wall_now()
    known = session(expires_at=wall + HOUR)
    found = answer(request, service, known)
    assert found.principal.type == "assumed-role"
    assert found.principal.user_id == "AROAEXAMPLE:ci"
    error = refused(request, service, known, wall=wall, clock=Clock(wall, ahead=HOUR))
    assert told(error) == (code, status, message)
    assert error.fields == ({"Token-0": SESSION_KEYS.token} if service is S3 else {})


@pytest.mark.parametrize(
    ("service", "missing", "altered"),
    [
        (S3, ("InvalidAccessKeyId", 403), ("InvalidToken", 400)),
        (EC2, ("AuthFailure", 401), ("AuthFailure", 401)),
        (IAM, ("InvalidClientTokenId", 403), ("InvalidClientTokenId", 403)),
        (DYNAMODB, ("UnrecognizedClientException", 400), ("UnrecognizedClientException", 400)),
    ],
)
def test_a_session_token_must_be_the_one_that_was_issued(
    service: SignedService, missing: tuple[str, int], altered: tuple[str, int]
) -> None:
    known = session(expires_at=wall_now() + HOUR)
    for token, expected in ((None, missing), ("IQoJother", altered)):
        keys = Credentials(SESSION_KEYS.access_key, SESSION_KEYS.secret_key, token)
        error = refused(signed(service, keys), service, known)
        assert (error.code, error.status) == expected


def test_a_long_term_key_takes_no_session_token() -> None:
    keys = Credentials(KEYS.access_key, KEYS.secret_key, "uninvited")
    assert refused(signed(IAM, keys), IAM).code == "InvalidClientTokenId"
    assert refused(signed(S3, keys), S3).code == "InvalidToken"


def test_a_credential_scoped_to_another_service_is_refused() -> None:
    request = signed(DYNAMODB)
    assert told(refused(request, IAM)) == (
        "SignatureDoesNotMatch",
        403,
        "Credential should be scoped to correct service: 'iam'. ",
    )
    error = refused(request, S3)
    assert error.code == "AuthorizationHeaderMalformed"
    assert error.message.endswith('incorrect service "dynamodb". This endpoint belongs to "s3".')


def test_a_credential_of_another_day_is_refused() -> None:
    request = signed(IAM)
    sent = request.headers["x-amz-date"]
    request.headers["authorization"] = request.headers["authorization"].replace(f"/{sent[:8]}/", "/20200101/")
    assert refused(request, IAM).message == (
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'20200101' != '{sent[:8]}', from '{sent}'."
    )


def test_s3_names_the_region_that_should_have_been_signed_for() -> None:
    scope = scope_of(signed(S3))
    assert scope is not None
    error = auth_errors.wrong_region(scope, "us-west-2")
    assert told(error) == (
        "AuthorizationHeaderMalformed",
        400,
        "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-west-2'",
    )
    assert error.fields == {"Region": "us-west-2"}


def test_the_host_must_be_signed() -> None:
    for service in (S3, IAM):
        request = signed(service)
        request.headers["authorization"] = request.headers["authorization"].replace(
            "SignedHeaders=host;", "SignedHeaders="
        )
        error = refused(request, service)
        assert error.status == 403
        if service is S3:
            assert error.fields == {"HeadersNotSigned": "host"}
        else:
            assert error.message == "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."


def test_s3_needs_a_content_hash_and_a_date() -> None:
    request = signed(S3)
    del request.headers["x-amz-content-sha256"]
    assert told(refused(request, S3)) == (
        "InvalidRequest",
        400,
        "Missing required header for this request: x-amz-content-sha256",
    )
    request = signed(S3)
    request.headers["x-amz-content-sha256"] = "d41d8cd98f00b204e9800998ecf8427e"
    error = refused(request, S3)
    assert error.code == "InvalidArgument"
    assert error.message.startswith("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-")
    request = signed(S3)
    request.headers["x-amz-date"] = "now"
    assert told(refused(request, S3)) == (
        "AccessDenied",
        403,
        "AWS authentication requires a valid Date or x-amz-date header",
    )


def test_a_request_signed_twice_is_refused() -> None:
    request = signed(S3)
    request.query = "X-Amz-Signature=00"
    error = refused(request, S3)
    assert error.code == "InvalidArgument"
    assert error.message.startswith("Only one auth mechanism allowed")


def test_a_streamed_body_without_a_declared_hash_must_be_read_first() -> None:
    class Stream:
        length = 5

        async def read(self) -> bytes:
            return b""

    request = signed(LAMBDA)
    assert not needs_whole_body(request)
    request.stream = Stream()
    assert needs_whole_body(request)
    request.headers["x-amz-content-sha256"] = sha256(b"hello").hexdigest()
    assert not needs_whole_body(request)


@pytest.mark.parametrize(
    ("name", "family", "is_s3", "is_query_compatible"),
    [
        ("s3", "s3", True, False),
        ("s3control", "s3", True, False),
        ("ec2", "ec2", False, False),
        ("sqs", "json", False, True),
        ("iam", "query", False, False),
        ("route53", "query", False, False),
        ("lambda", "rest", False, False),
        ("dynamodb", "json", False, False),
    ],
)
def test_a_service_is_described_from_its_model(name: str, family: str, is_s3: bool, is_query_compatible: bool) -> None:
    model = load(name)
    assert SignedService.of(model) == SignedService(model.signing_name, family, is_s3, is_query_compatible)  # type: ignore[arg-type]


@given(st.text(st.characters(codec="ascii"), max_size=40))
def test_the_key_id_is_read_from_any_scope(key: str) -> None:
    request = Request("GET", "/", "", {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/r/s/aws4_request"})
    scope = scope_of(request)
    assert scope is not None
    assert not scope.is_whole


def test_a_principal_is_read_from_its_arn() -> None:
    assert principal_of(BOB).type == "user"
    assert principal_of(session(0)).type == "assumed-role"
    with pytest.raises(ValueError, match="not the ARN"):
        principal_of(type(BOB)("AKID", "secret", None, "1", "arn:aws:sqs:::queue/x", "id"))
