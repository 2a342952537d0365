"""Who sent this request? Signatures of every version, anonymous callers, and lenient acceptance of unknown keys."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from skyglobe.gateway import auth_errors, sigv2, sigv4, sigv4a, validity
from skyglobe.gateway.payload import (
    STREAMING_UNSIGNED_TRAILER,
    ChunkSigning,
    Payload,
    declared_payload,
    plain_payload_hash,
    s3_payload_hash,
)
from skyglobe.gateway.scope import SIGV2, SIGV4, SIGV4A, Scope
from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.sigv4 import Canonical, signed_names
from skyglobe.gateway.validity import CloudClock, Now
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import (
    ANONYMOUS,
    Credential,
    Principal,
    lenient_account,
    principal_of,
    root_of,
)
from skyglobe.kernel.wire import Request

FindCredential = Callable[[str], Credential | None]
AuthType = Literal["REST-HEADER", "REST-QUERY-STRING", ""]


class Authenticated(NamedTuple):
    """An authenticated request."""

    principal: Principal
    region: str
    """The region signed for; empty when the signature names none (anonymous, version 2, several in SigV4A)."""
    signing_name: str
    payload: Payload
    auth_type: AuthType = ""
    """As the condition key ``s3:authType`` has it."""
    signature_version: str = ""
    """As the condition key ``s3:signatureversion`` has it: ``AWS4-HMAC-SHA256``, ``AWS`` …"""
    signed_at: int | None = None
    """The signing instant as the client wrote it, in milliseconds since the epoch."""
    is_verified: bool = False
    """False for anonymous callers and for keys taken on trust."""


def authenticate(
    request: Request,
    scope: Scope | None,
    *,
    service: SignedService,
    find_credential: FindCredential,
    now_wall: int,
    clock: CloudClock,
    lenient: bool,
    may_be_anonymous: bool = False,
    virtual_bucket: str = "",
) -> Authenticated:
    """Find out who sent ``request``, whose ``scope`` was parsed by ``scope_of``. Raises AWS's error on any doubt.

    ``now_wall`` is the machine's time in milliseconds since the epoch, ``clock`` the cloud's. With ``lenient``, a key
    that ``find_credential`` does not know is the root of its account, unchecked. ``may_be_anonymous`` is for operations
    that take no signature; on S3 all may be. ``virtual_bucket`` is the bucket the host names, for version 2.
    """
    if scope is None:
        return _anonymous(request, service, may_be_anonymous)
    _check_form(request, scope, service)
    credential = find_credential(scope.access_key_id)
    now = Now(now_wall, clock.now(), clock)
    if credential is None:
        if not lenient:
            raise auth_errors.unknown_key(service, scope)
        return _taken_on_trust(request, scope, service, now)
    if not credential.is_active or credential.only_for not in ("", scope.service):
        raise auth_errors.unknown_key(service, scope)
    if scope.algorithm == SIGV2:
        return _version_two(request, scope, service, credential, now, virtual_bucket)
    return _version_four(request, scope, service, credential, now)


def _anonymous(request: Request, service: SignedService, may_be_anonymous: bool) -> Authenticated:
    if not (service.is_s3 or may_be_anonymous):
        raise auth_errors.refusal(service, "no token")
    return Authenticated(ANONYMOUS, "", service.signing_name, declared_payload(request))


def _check_form(request: Request, scope: Scope, service: SignedService) -> None:
    """Refuse authorizations that cannot be parsed; S3 also refuses two at once."""
    if scope.algorithm == SIGV2:
        is_complete = service.is_s3 and bool(scope.access_key_id and scope.signature)
    else:
        is_complete = (scope.algorithm == SIGV4 or scope.algorithm == SIGV4A) and scope.is_whole
    if not is_complete:
        raise auth_errors.incomplete(service, request, scope)
    if service.is_s3 and request.query and scope.parameters is None and "X-Amz-Signature=" in request.query:
        text = (
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified"
        )
        fields = {"ArgumentName": "Authorization", "ArgumentValue": request.headers["authorization"]}
        raise ServiceError(text, code="InvalidArgument", fields=fields)


def _taken_on_trust(request: Request, scope: Scope, service: SignedService, now: Now) -> Authenticated:
    """Accept an unknown key unchecked; even so a presigned URL expires."""
    signed_at = None
    if scope.algorithm == SIGV2:
        _check_version_two_expiry(service, scope, now)
    elif scope.is_presigned:
        _, signed_at = validity.signing_instant(service, request, scope)
        validity.check_presigned(service, scope, signed_at, now)
    principal = root_of(lenient_account(scope.access_key_id), scope.access_key_id)
    payload = declared_payload(request)
    _check_body(request, payload, service)
    return _authenticated(principal, scope, payload, signed_at, is_verified=False)


def _authenticated(
    principal: Principal, scope: Scope, payload: Payload, signed_at: int | None, *, is_verified: bool
) -> Authenticated:
    auth_type: AuthType = "REST-HEADER" if scope.parameters is None else "REST-QUERY-STRING"
    return Authenticated(
        principal, scope.region, scope.service, payload, auth_type, scope.algorithm, signed_at, is_verified
    )


def _version_four(
    request: Request, scope: Scope, service: SignedService, credential: Credential, now: Now
) -> Authenticated:
    instant, signed_at = validity.signing_instant(service, request, scope)
    if not instant.startswith(scope.date):
        raise auth_errors.wrong_date(service, scope, instant)
    if not service.takes(scope.service):
        raise auth_errors.wrong_service(service, scope, service.signing_name)
    _check_signed_headers(request, scope, service)
    if scope.parameters is not None:
        validity.check_presigned(service, scope, signed_at, now)
    elif validity.is_skewed(signed_at, now, validity.allowed_skew(service)):
        sent = request.headers.get("x-amz-date") or request.headers["date"]
        limit = validity.allowed_skew(service)
        raise auth_errors.skewed(service, sent, signed_at, now.wall, limit)
    check_session(request, scope, service, credential, now)
    payload_hash = s3_payload_hash(request, scope) if service.is_s3 else plain_payload_hash(request)
    verify = sigv4.matches if scope.algorithm == SIGV4 else sigv4a.matches
    wrong = verify(request, scope, credential.secret, instant, payload_hash, is_s3=service.is_s3)
    if wrong is not None:
        raise auth_errors.bad_signature(service, scope, wrong)
    payload = declared_payload(request)
    if payload.is_chunked:
        payload = _with_chunk_signing(payload, scope, credential, instant)
    else:
        _check_body(request, payload, service)
    return _authenticated(principal_of(credential), scope, payload, signed_at, is_verified=True)


def _check_signed_headers(request: Request, scope: Scope, service: SignedService) -> None:
    """Refuse a signature that leaves the host open; on S3 also one that leaves an ``x-amz-`` header open.

    The payload's hash need not be among the signed headers: it ends the canonical request anyway.
    """
    signed = signed_names(scope.signed_headers)[2]
    missing = [] if "host" in signed else ["host"]
    if service.is_s3:
        missing += [name for name in request.headers if name[:6] == "x-amz-" and name not in signed]
        if missing == ["x-amz-content-sha256"]:
            return
    if missing:
        raise auth_errors.unsigned_headers(service, missing)


def check_session(request: Request, scope: Scope, service: SignedService, credential: Credential, now: Now) -> None:
    """Hold temporary credentials to their token and their time, and long-term keys to having no token."""
    token = _session_token(request, scope)
    if token is None and credential.session_token is None:
        return
    if token is None:
        raise auth_errors.unknown_key(service, scope)
    known = (credential.session_token or "").encode()
    if not hmac.compare_digest(token.encode("latin-1", "replace"), known):
        if service.is_s3:
            text = "The provided token is malformed or otherwise invalid."
            raise ServiceError(text, code="InvalidToken", fields={"Token-0": token})
        raise auth_errors.refusal(service, "unknown key")
    if credential.expires_at is not None and now.cloud >= credential.expires_at:
        fields = {"Token-0": token} if service.is_s3 else {}
        raise auth_errors.refusal(service, "expired token", fields=fields)


def _session_token(request: Request, scope: Scope) -> str | None:
    headers = request.headers
    token = headers.get("x-amz-security-token")
    if token is None:
        token = headers.get("x-amz-s3session-token")
    if token is None and scope.parameters is not None:
        for name in ("X-Amz-Security-Token", "X-Amz-S3session-Token", "x-amz-security-token"):
            if name in scope.parameters:
                return scope.parameters[name]
    return token


def _check_body(request: Request, payload: Payload, service: SignedService) -> None:
    """Hold a body that is already here to its declared hash; one still arriving is held to it by ``open_body``."""
    if service.is_s3 and payload.declared and request.stream is None:
        payload.check(request.body)


def _with_chunk_signing(payload: Payload, scope: Scope, credential: Credential, instant: str) -> Payload:
    if payload.declared == STREAMING_UNSIGNED_TRAILER or not payload.declared.startswith("STREAMING-"):
        return payload
    if scope.algorithm == SIGV4:
        is_valid = sigv4.signer_for(credential.secret, scope.date, scope.region, scope.service).is_valid
    else:
        is_valid = partial(sigv4a.is_signed, sigv4a.public_key(scope.access_key_id, credential.secret))
    signing = ChunkSigning(scope.algorithm, scope.signature, instant, scope.credential_scope, is_valid)
    return Payload(payload.declared, True, signing)


def _version_two(
    request: Request, scope: Scope, service: SignedService, credential: Credential, now: Now, virtual_bucket: str
) -> Authenticated:
    signed_at = None
    if scope.is_presigned:
        _check_version_two_expiry(service, scope, now)
    else:
        _, signed_at = validity.signing_instant(service, request, scope)
        if validity.is_skewed(signed_at, now, validity.LONG_SKEW):
            sent = request.headers.get("x-amz-date") or request.headers["date"]
            raise auth_errors.skewed(service, sent, signed_at, now.wall, validity.LONG_SKEW)
    check_session(request, scope, service, credential, now)
    wrong = sigv2.matches(request, scope, credential.secret, virtual_bucket)
    if wrong is not None:
        raise auth_errors.bad_signature(service, scope, Canonical("", wrong))
    payload = declared_payload(request)
    _check_body(request, payload, service)
    return _authenticated(principal_of(credential), scope, payload, signed_at, is_verified=True)


def _check_version_two_expiry(service: SignedService, scope: Scope, now: Now) -> None:
    """Refuse a version 2 presigned URL whose ``Expires`` (seconds since the epoch) is past.

    The URL does not say when it was signed, so a turn of the clock between signing and now cannot be told from one
    before: the URL is given the benefit of it.
    """
    if scope.parameters is None:
        return
    text = scope.parameters.get("Expires", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 11):
        text = f"Invalid date (should be seconds since epoch): {text}"
        raise ServiceError(text, code="AccessDenied", status=403)
    expires_at = now.on_cloud(int(text) * 1000)
    if now.cloud > expires_at:
        raise auth_errors.expired_presigned(service, 0, expires_at, now.cloud)
