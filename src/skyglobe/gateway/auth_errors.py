"""AWS's answers to requests it cannot authenticate, in the words of each protocol family.

Wording and statuses follow "Error responses" of the S3 API reference, "Troubleshoot signed requests" of the IAM user
guide, "Common errors" of each API reference and "Error codes for the Amazon EC2 API".
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from skyglobe.gateway.scope import SIGV4, SIGV4A, Scope
from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.sigv4 import Canonical
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request

Refusal = Literal["unknown key", "bad signature", "expired token", "no token", "incomplete", "expired request"]

_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_MISSING = "Request is missing Authentication Token"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
)
_EC2_REFUSED = "AWS was not able to validate the provided access credentials"

_QUERY: dict[Refusal, tuple[str, int, str]] = {
    "unknown key": ("InvalidClientTokenId", 403, _INVALID),
    "bad signature": ("SignatureDoesNotMatch", 403, _MISMATCH),
    "expired token": ("ExpiredToken", 403, _EXPIRED),
    "no token": ("MissingAuthenticationToken", 403, _MISSING),
    "incomplete": ("IncompleteSignature", 400, ""),
    "expired request": ("SignatureDoesNotMatch", 403, ""),
}
_JSON: dict[Refusal, tuple[str, int, str]] = {
    "unknown key": ("UnrecognizedClientException", 400, _INVALID),
    "bad signature": ("InvalidSignatureException", 400, _MISMATCH),
    "expired token": ("ExpiredTokenException", 400, _EXPIRED),
    "no token": ("MissingAuthenticationTokenException", 400, _MISSING),
    "incomplete": ("IncompleteSignatureException", 400, ""),
    "expired request": ("InvalidSignatureException", 400, ""),
}
_REST: dict[Refusal, tuple[str, int, str]] = {
    kind: (code, 400 if kind == "incomplete" else 403, message) for kind, (code, _, message) in _JSON.items()
}
_EC2: dict[Refusal, tuple[str, int, str]] = {
    "unknown key": ("AuthFailure", 401, _EC2_REFUSED),
    "bad signature": ("AuthFailure", 401, _EC2_REFUSED),
    "expired token": ("RequestExpired", 400, "Request has expired."),
    "no token": ("MissingAuthenticationToken", 403, _MISSING),
    "incomplete": ("IncompleteSignature", 400, ""),
    "expired request": ("RequestExpired", 400, "Request has expired."),
}
_S3: dict[Refusal, tuple[str, int, str]] = {
    "unknown key": ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."),
    "bad signature": (
        "SignatureDoesNotMatch",
        403,
        (
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method."
        ),
    ),
    "expired token": ("ExpiredToken", 400, "The provided token has expired."),
    "no token": ("AccessDenied", 403, "Access Denied"),
    "incomplete": ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; "),
    "expired request": (
        "RequestTimeTooSkewed",
        403,
        "The difference between the request time and the current time is too large.",
    ),
}
_FAMILIES = {"s3": _S3, "ec2": _EC2, "query": _QUERY, "json": _JSON, "rest": _REST}


def refusal(
    service: SignedService, kind: Refusal, message: str = "", fields: dict[str, str] | None = None
) -> ServiceError:
    """Make the error of ``kind``; ``message`` is appended to the family's own wording."""
    code, status, text = _FAMILIES[service.family][kind]
    headers = {"x-amzn-query-error": f"{_QUERY[kind][0]};Sender"} if service.is_query_compatible else None
    return ServiceError(text + message, code=code, status=status, fields=dict(fields or {}), headers=headers)


def unknown_key(service: SignedService, scope: Scope) -> ServiceError:
    """Make the error for an access key nobody issued, which S3 repeats."""
    fields = {"AWSAccessKeyId": scope.access_key_id} if service.is_s3 else None
    return refusal(service, "unknown key", fields=fields)


def bad_signature(service: SignedService, scope: Scope, canonical: Canonical) -> ServiceError:
    """Make the error for a wrong signature, showing what should have been signed where AWS shows it."""
    if service.family == "s3":
        fields = {
            "AWSAccessKeyId": scope.access_key_id,
            "StringToSign": canonical.string_to_sign,
            "SignatureProvided": scope.signature,
            "StringToSignBytes": _hex_bytes(canonical.string_to_sign),
        }
        if canonical.request:
            fields |= {"CanonicalRequest": canonical.request, "CanonicalRequestBytes": _hex_bytes(canonical.request)}
        return refusal(service, "bad signature", fields=fields)
    if service.family == "ec2":
        return refusal(service, "bad signature")
    shown = (
        f"\n\nThe Canonical String for this request should have been\n'{canonical.request}'"
        f"\n\nThe String-to-Sign should have been\n'{canonical.string_to_sign}'\n"
    )
    return refusal(service, "bad signature", shown)


def _hex_bytes(text: str) -> str:
    return text.encode("latin-1").hex(" ")


def skewed(service: SignedService, sent: str, signed_at: int, now: int, allowed_for: int) -> ServiceError:
    """Make the error for a signing instant ``allowed_for`` milliseconds or more off; ``sent`` is its text."""
    if service.family == "s3":
        fields = {"RequestTime": sent, "ServerTime": iso_instant(now), "MaxAllowedSkewMilliseconds": str(allowed_for)}
        return refusal(service, "expired request", fields=fields)
    if service.family == "ec2":
        return refusal(service, "expired request")
    minutes, at = allowed_for // 60_000, basic_instant(now)
    if signed_at < now:
        bound = basic_instant(now - allowed_for)
        text = f"Signature expired: {basic_instant(signed_at)} is now earlier than {bound} ({at} - {minutes} min.)"
    else:
        bound = basic_instant(now + allowed_for)
        text = (
            f"Signature not yet current: {basic_instant(signed_at)} is still later than {bound} ({at} + {minutes} min.)"
        )
    return refusal(service, "expired request", text)


def incomplete(service: SignedService, request: Request, scope: Scope) -> ServiceError:
    """Say what is wrong with an authorization that could not be parsed."""
    if service.family == "s3":
        return _s3_presigned_malformed(scope) if scope.is_presigned else _s3_header_malformed(service, request, scope)
    where = "AWS query-string parameters" if scope.is_presigned else "Authorization header"
    faults = _missing_parts(request, scope, where) or _credential_fault(scope)
    if not scope.is_presigned:
        digest = base64.b64encode(sha256(request.headers["authorization"].encode("latin-1")).digest()).decode()
        faults += f"(Hashed with SHA-256 and encoded with Base64) Authorization={digest}"
    return refusal(service, "incomplete", faults.rstrip())


def _missing_parts(request: Request, scope: Scope, where: str) -> str:
    if scope.algorithm not in (SIGV4, SIGV4A) and not scope.is_presigned:
        return "Unsupported AWS 'algorithm': '" + scope.algorithm + "'. "
    prefix = "X-Amz-" if scope.is_presigned else ""
    verb = "must include" if scope.is_presigned else "requires"
    parts = {"Credential": scope.credential, "Signature": scope.signature, "SignedHeaders": scope.signed_headers}
    text = "".join(f"{where} {verb} '{prefix}{name}' parameter. " for name, value in parts.items() if not value)
    if scope.is_presigned:
        return text + ("" if "X-Amz-Date" in (scope.parameters or {}) else f"{where} must include 'X-Amz-Date'. ")
    if "x-amz-date" not in request.headers and "date" not in request.headers:
        text += f"{where} requires existence of either a 'X-Amz-Date' or a 'Date' header. "
    return text


def _credential_fault(scope: Scope) -> str:
    count = 4 if scope.algorithm == SIGV4A else 5
    shown = "keyid/date/service/term" if count == 4 else "keyid/date/region/service/term"
    if scope.credential.count("/") + 1 != count:
        return (
            f"Credential must have exactly {count} slash-delimited elements, e.g. {shown}, got '{scope.credential}'. "
        )
    if not scope.credential.endswith("/aws4_request"):
        term = scope.credential.rpartition("/")[2]
        return f"Credential should be scoped with a valid terminator: 'aws4_request', not '{term}'. "
    return f"Date in Credential scope must be in YYYYMMDD format, got '{scope.credential.split('/')[1]}'. "


_S3_CREDENTIAL = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'


def _s3_header_malformed(service: SignedService, request: Request, scope: Scope) -> ServiceError:
    if not scope.algorithm.startswith("AWS"):
        return ServiceError(
            "Unsupported Authorization Type",
            code="InvalidArgument",
            fields={"ArgumentName": "Authorization", "ArgumentValue": request.headers["authorization"]},
        )
    if scope.algorithm not in (SIGV4, SIGV4A, "AWS"):
        return refusal(service, "incomplete", "unsupported authorization type")
    if not (scope.credential and scope.signed_headers and scope.signature) and scope.algorithm != "AWS":
        text = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
        return refusal(service, "incomplete", text)
    return refusal(service, "incomplete", _S3_CREDENTIAL)


def _s3_presigned_malformed(scope: Scope) -> ServiceError:
    parameters = scope.parameters or {}
    needed = ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
    if any(f"X-Amz-{name}" not in parameters for name in needed):
        return missing_query_parameters()
    if scope.algorithm not in (SIGV4, SIGV4A):
        return query_parameters_error('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
    return query_parameters_error(f"Error parsing the X-Amz-Credential parameter; {_S3_CREDENTIAL}")


def missing_query_parameters() -> ServiceError:
    """Make S3's error for a presigned URL that lacks one of its parameters."""
    return query_parameters_error(
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )


def query_parameters_error(message: str) -> ServiceError:
    """Make S3's error for bad presigned URLs."""
    return ServiceError(message, code="AuthorizationQueryParametersError")


def wrong_region(scope: Scope, expected: str) -> ServiceError:
    """Make S3's error for a request that was signed for another region than the bucket's, which it names."""
    text = f"the region '{scope.region}' is wrong; expecting '{expected}'"
    if scope.is_presigned:
        error = query_parameters_error(f"Error parsing the X-Amz-Credential parameter; {text}")
    else:
        error = ServiceError(f"The authorization header is malformed; {text}", code="AuthorizationHeaderMalformed")
    error.fields["Region"] = expected
    return error


def wrong_service(service: SignedService, scope: Scope, expected: str) -> ServiceError:
    """Make the error for a credential scoped to another service than the one called."""
    if service.family != "s3":
        text = f"Credential should be scoped to correct service: '{expected}'. "
        return _out_of_scope(service, text)
    text = f'incorrect service "{scope.service}". This endpoint belongs to "{expected}".'
    if scope.is_presigned:
        return query_parameters_error(f"Error parsing the X-Amz-Credential parameter; {text}")
    return refusal(service, "incomplete", text)


def wrong_date(service: SignedService, scope: Scope, instant: str) -> ServiceError:
    """Make the error for a credential scope whose day is not the day of the signing instant."""
    if service.family != "s3":
        text = (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
            f"'{scope.date}' != '{instant[:8]}', from '{instant}'."
        )
        return _out_of_scope(service, text)
    text = f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{instant[:8]}".'
    return query_parameters_error(text) if scope.is_presigned else refusal(service, "incomplete", text)


def unsigned_headers(service: SignedService, names: list[str]) -> ServiceError:
    """Make the error for headers that had to be signed and were not."""
    if service.family == "s3":
        text = "There were headers present in the request which were not signed"
        return ServiceError(text, code="AccessDenied", status=403, fields={"HeadersNotSigned": ", ".join(names)})
    text = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
    return _out_of_scope(service, text)


def _out_of_scope(service: SignedService, text: str) -> ServiceError:
    error = refusal(service, "bad signature")
    if service.family != "ec2":
        error.message = text
    return error


def expired_presigned(service: SignedService, expires_for: int, expires_at: int, now: int) -> ServiceError:
    """Make the error for a presigned URL whose time is over. ``expires_for`` is in seconds, the rest milliseconds."""
    if service.family == "s3":
        fields = {"X-Amz-Expires": str(expires_for)} if expires_for else {}
        fields |= {"Expires": iso_instant(expires_at), "ServerTime": iso_instant(now)}
        return ServiceError("Request has expired", code="AccessDenied", status=403, fields=fields)
    if service.family == "ec2":
        return refusal(service, "expired request")
    text = f"Signature expired: {basic_instant(expires_at)} is now earlier than {basic_instant(now)}"
    return refusal(service, "expired request", text)


def not_yet_valid(signed_at: int, expires_at: int, now: int) -> ServiceError:
    """Make S3's error for a presigned URL from the future. All in milliseconds, and so is its ``X-Amz-Date``."""
    fields = {"X-Amz-Date": str(signed_at), "Expires": iso_instant(expires_at), "ServerTime": iso_instant(now)}
    return ServiceError("Request is not yet valid", code="AccessDenied", status=403, fields=fields)


_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_000  # milliseconds; years 1 to 9999, which dates can show


def iso_instant(at: int) -> str:
    """Format milliseconds since the epoch as ``2015-08-30T12:36:00Z``."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def basic_instant(at: int) -> str:
    """Format milliseconds since the epoch as ``20150830T123600Z``."""
    return _utc(at).strftime("%Y%m%dT%H%M%SZ")


def _utc(at: int) -> datetime:
    return datetime.fromtimestamp(min(max(at, _FIRST), _LAST) // 1000, UTC)
