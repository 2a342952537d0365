"""Finding the bucket a request is about, wherever it lives, and refusing who comes to the wrong place."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3 import errors, s3
from skyglobe.services.s3.accelerating import check_accelerated, is_accelerated
from skyglobe.services.s3.records import Home, homes
from skyglobe.services.s3.rules.names import MAX_KEY_BYTES, key_bytes, throughput_prefix

READS_PER_SECOND = 5_500  # GET and HEAD, a prefix; S3 user guide, "Best practices design patterns"
WRITES_PER_SECOND = 3_500  # PUT, COPY, POST and DELETE, a prefix; same page


def get_home(call: Call, name: str, expected_owner: str | None = None) -> Home:
    """Return where the bucket lives. Raises NoSuchBucket, and AccessDenied when it is not the expected owner's."""
    home = homes.find(call, call.partition, name)
    if home is None:
        raise errors.no_such_bucket(name)
    if expected_owner is not None and expected_owner != home.owner:
        raise errors.access_denied()
    return home


def enter(call: Call, request: dict[str, Any]) -> Scope:
    """Return the same work in the account and region where ``request``'s bucket is. Raises what ``visit`` does."""
    return visit(call, request)[1]


Visit = tuple[Home, Scope]
"""The bucket of a request, and the same work in the account and region where it is."""


def visit(call: Call, request: dict[str, Any]) -> Visit:
    """Find the bucket of a request.

    Raises what ``get_home`` does, a redirection when the request was signed for another region, and InvalidRequest or
    MissingRequestBodyError when it lacks what the model requires.
    """
    _check_required(call, request)
    home = get_home(call, request["Bucket"], request.get("ExpectedBucketOwner"))
    if home.region != call.region and call.principal.type not in ("anonymous", "service") and not _is_routed(call):
        raise _wrong_region(call, home)
    if is_accelerated(call):
        check_accelerated(call, home)
    if home.access is not None:
        check_payer(call, home, request)
    if home.owner == call.account and home.region == call.region:
        return home, call
    return home, call.within(home.owner, home.region)


def _is_routed(call: Call) -> bool:
    """Whether a request came through a multi-region access point, which leads to any region."""
    return call.via is not None and call.via.is_global


def check_payer(call: Call, home: Home, request: dict[str, Any]) -> None:
    """Where requesters pay, refuse whoever does not say that they do, and tell the others that they are charged.

    Raises AccessDenied; S3 user guide, "Using Requester Pays general purpose buckets". Its owner pays without saying.
    """
    assert home.access is not None
    if not home.access.requester_pays or call.principal.account == home.owner:
        return
    asked = call.request
    payer = request.get("RequestPayer") or asked.headers.get("x-amz-request-payer")
    if payer is None and "x-amz-request-payer=requester" in asked.query:  # as presigned URLs say it
        payer = "requester"
    if call.principal.is_anonymous or payer != "requester":
        raise errors.access_denied()
    call.request.answer_headers = {**(call.request.answer_headers or {}), "x-amz-request-charged": "requester"}


def enter_object(call: Call, request: dict[str, Any], *, writes: bool) -> Scope:
    """As ``enter``, for a request about one key. Raises what ``visit_object`` does."""
    return visit_object(call, request, writes=writes)[1]


def visit_object(call: Call, request: dict[str, Any], *, writes: bool) -> Visit:
    """As ``visit``, for a request about one key. Raises KeyTooLongError, and SlowDown in quota mode."""
    key: str = request["Key"]
    if key_bytes(key) > MAX_KEY_BYTES:
        size = key_bytes(key)
        raise s3.error("KeyTooLongError", "Your key is too long", Size=size, MaxSizeAllowed=MAX_KEY_BYTES)
    found = visit(call, request)
    if call.kernel.quotas.enforced:
        _pace(call, request["Bucket"], key, writes)
    return found


def _check_required(call: Call, request: dict[str, Any]) -> None:
    shape = call.operation.model.input
    if shape is None:
        return
    for name in shape.required:
        if name in request:
            continue
        member = shape.members[name]
        if member.location is None:
            raise s3.error("MissingRequestBodyError", "Request Body is empty")
        kind = "header" if member.location == "header" else "parameter"
        raise errors.invalid_request(f"Missing required {kind} for this request: {member.location_name or name}")


def _pace(call: Call, bucket: str, key: str, writes: bool) -> None:
    kind, rate = ("writes", WRITES_PER_SECOND) if writes else ("reads", READS_PER_SECOND)
    if not call.kernel.quotas.take("s3", kind, bucket, throughput_prefix(key), rate=rate):
        raise s3.error("SlowDown", "Please reduce your request rate.", status=503)


def _wrong_region(call: Call, home: Home) -> ServiceError:
    """Return how S3 sends a client to the right region.

    A virtual host leads to the bucket's own region, which finds the signature wrong; a path leads to the region that
    was signed for, which says that the bucket is elsewhere.
    """
    headers = {"x-amz-bucket-region": home.region}
    if call.request.host.startswith(f"{home.name}."):
        detail = f"the region '{call.region}' is wrong; expecting '{home.region}'"
        if "authorization" in call.request.headers:
            code, text = "AuthorizationHeaderMalformed", f"The authorization header is malformed; {detail}"
        else:
            code = "AuthorizationQueryParametersError"
            text = f"Error parsing the X-Amz-Credential parameter; {detail}"
        return ServiceError(text, code=code, status=400, fields={"Region": home.region}, headers=headers)
    text = (
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint."
    )
    fields = {"Endpoint": call.request.host, "Bucket": home.name}
    return ServiceError(text, code="PermanentRedirect", status=301, fields=fields, headers=headers)
