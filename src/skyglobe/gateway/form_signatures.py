"""Whose form an upload is: the signature over its policy, and what the policy demands.

S3 API reference, "Authenticating requests in browser-based uploads using POST" (version 4), and its older version 2.
"""

from __future__ import annotations

import hmac
from base64 import b64encode

from skyglobe.gateway import auth_errors
from skyglobe.gateway.authenticate import check_session
from skyglobe.gateway.scope import SIGV2, SIGV4, Scope
from skyglobe.gateway.signed_service import SignedService
from skyglobe.gateway.sigv4 import Canonical, signer_for
from skyglobe.gateway.validity import Now, basic_milliseconds
from skyglobe.kernel.config import Config
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Credential, Principal, lenient_account, principal_of, root_of
from skyglobe.kernel.wire import Request


def scope_of_form(fields: dict[str, str]) -> Scope | None:
    """Return what the fields say of a signature, None for a form without one. Raises InvalidArgument for half of one.

    A form whose policy nobody signed is refused by the caller; one without a policy cannot be signed.
    """
    if "x-amz-signature" in fields or "x-amz-credential" in fields or "x-amz-algorithm" in fields:
        for name in ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"):
            if name not in fields:
                raise missing_field("-".join(part.capitalize() for part in name.split("-")) if "-" in name else name)
        credential = fields["x-amz-credential"]
        parts = credential.split("/")
        if len(parts) != 5 or parts[3:] != ["s3", "aws4_request"] or fields["x-amz-algorithm"] != SIGV4:
            text = "The form's X-Amz-Credential and X-Amz-Algorithm fields are not those of a signature of version 4."
            raise ServiceError(text, code="InvalidArgument", fields={"ArgumentName": "x-amz-credential"})
        key, date, region, service, _ = parts
        token = {"X-Amz-Security-Token": fields["x-amz-security-token"]} if "x-amz-security-token" in fields else {}
        return Scope(SIGV4, key, date, region, service, "", fields["x-amz-signature"], credential, token)
    if "awsaccesskeyid" in fields or "signature" in fields:
        for name in ("policy", "AWSAccessKeyId", "signature"):
            if name.lower() not in fields:
                raise missing_field(name)
        token = {"X-Amz-Security-Token": fields["x-amz-security-token"]} if "x-amz-security-token" in fields else {}
        return Scope(SIGV2, fields["awsaccesskeyid"], service="s3", signature=fields["signature"], parameters=token)
    return None


def authenticate_form(
    config: Config,
    service: SignedService,
    request: Request,
    scope: Scope,
    credential: Credential | None,
    now: Now,
    fields: dict[str, str],
) -> tuple[Principal, bool]:
    """Return who signed the policy, and whether that is certain."""
    if credential is None and config.lenient_auth:
        return root_of(lenient_account(scope.access_key_id), scope.access_key_id), False
    if credential is None or not credential.is_active:
        raise auth_errors.unknown_key(service, scope)
    check_session(request, scope, service, credential, now)
    text = fields["policy"]
    if scope.algorithm == SIGV4:
        signer = signer_for(credential.secret, scope.date, scope.region, scope.service)
        is_right = signer.is_valid(text.encode(), scope.signature)
    else:
        computed = b64encode(hmac.digest(credential.secret.encode(), text.encode(), "sha1"))
        is_right = hmac.compare_digest(computed, scope.signature.encode())
    if not is_right:
        raise auth_errors.bad_signature(service, scope, Canonical("", text))
    return principal_of(credential), True


def check_form_policy(scope: Scope, fields: dict[str, str], bucket: str, now: Now) -> tuple[int | None, int | None]:
    """Hold a form to its policy; return the bounds of its file. Expiry is by the cloud's clock.

    The instant of signing tells which clock the policy's author read; see ``validity``.
    """
    from skyglobe.services.s3.rules.post_policies import BadPolicy, parse_post_policy

    try:
        policy = parse_post_policy(fields["policy"])
        signed_at = basic_milliseconds(fields.get("x-amz-date", "")) if scope.algorithm == SIGV4 else None
        if signed_at is None:
            expires_at = now.on_cloud(policy.expires_at)
        else:
            expires_at = now.on_cloud(signed_at) + policy.expires_at - signed_at
        if now.cloud > expires_at:
            raise BadPolicy("AccessDenied", "Invalid according to Policy: Policy expired.")
        policy.check({**fields, "bucket": bucket})
    except BadPolicy as error:
        status = 403 if error.code == "AccessDenied" else 400
        raise ServiceError(error.message, code=error.code, status=status) from error
    return policy.smallest, policy.largest


def missing_field(name: str) -> ServiceError:
    """Return S3's error for a form without a field it must have."""
    text = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return ServiceError(text, code="InvalidArgument", fields={"ArgumentName": name, "ArgumentValue": ""})
