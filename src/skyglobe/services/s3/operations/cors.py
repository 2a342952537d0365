"""Cross-origin resource sharing: a bucket's rules, the preflights of browsers, and what answers tell them."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.wire import Request, Response
from skyglobe.services.s3 import documents, errors, s3, settings
from skyglobe.services.s3.guards import document_of
from skyglobe.services.s3.records import homes
from skyglobe.services.s3.rules.cors import MAX_BYTES, METHODS, BadRule, check_rules, headers_for, rules_in


@s3.operation
def put_bucket_cors(call: Call, request: dict[str, Any]) -> None:
    """Give a bucket cross-origin rules, in place of those it had. Raises InvalidRequest and MalformedXML."""
    home = settings.enter(call, request)
    documents.check_document(call, request)
    rules = (request.get("CORSConfiguration") or {}).get("CORSRules") or []
    text = json.dumps(rules)
    if len(text) > MAX_BYTES:
        raise errors.malformed_xml()
    try:
        check_rules(rules)
    except BadRule as error:
        raise errors.invalid_request(str(error)) if str(error) else errors.malformed_xml() from error
    settings.keep_document(call, home, "cors", text)
    settings.change(call, home, has_cors=True)


@s3.operation
def get_bucket_cors(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Return a bucket's rules. Raises NoSuchCORSConfiguration."""
    home = settings.enter(call, request)
    text = document_of(call, home.name, "cors")
    if not text:
        message = "The CORS configuration does not exist"
        raise s3.error("NoSuchCORSConfiguration", message, status=404, BucketName=home.name)
    return {"CORSRules": list(rules_in(text))}


@s3.operation
def delete_bucket_cors(call: Call, request: dict[str, Any]) -> None:
    """Remove a bucket's rules."""
    home = settings.enter(call, request)
    settings.drop_document(call, home, "cors")
    settings.change(call, home, has_cors=False)


@s3.preflights
def answer_preflight(scope: Scope, request: Request, bucket: str) -> Response:
    """Answer a browser that asks whether it may; nobody signs that. OPTIONS object, S3 API reference.

    Raises BadRequest, NoSuchBucket and AccessForbidden.
    """
    origin = request.headers.get("origin")
    if not origin:
        raise s3.error("BadRequest", "Insufficient information. Origin request header needed.")
    method = request.headers.get("access-control-request-method", "")
    if method not in METHODS:
        raise s3.error("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}")
    home = homes.find(scope, scope.partition, bucket)
    if home is None:
        raise errors.no_such_bucket(bucket)
    text = document_of(scope, bucket, "cors") if home.access is not None and home.access.has_cors else ""
    if not text:
        raise _forbidden("CORS is not enabled for this bucket.", method)
    names = request.headers.get("access-control-request-headers", "").split(",")
    told = headers_for(rules_in(text), origin, method, [name.strip() for name in names if name.strip()])
    if told is None:
        reason = (
            "This CORS request is not allowed. This is usually because the evalution of Origin, request method / "
            "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's "
            "CORS spec."
        )
        raise _forbidden(reason, method)
    return Response(200, told)


def _forbidden(reason: str, method: str) -> ServiceError:
    return s3.error("AccessForbidden", f"CORSResponse: {reason}", status=403, Method=method, ResourceType="OBJECT")
