"""Object Lambda: a function is called for a request, and what it answers is what the caller gets.

For GetObject the function is handed a presigned URL of the original and a token, and brings the answer by
WriteGetObjectResponse; HeadObject and listings it answers in what it returns. S3 user guide, "Event context format and
usage". The function is called as whoever made the request, who must be allowed to.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.s3 import encrypting, errors, reading, s3, writing
from skyglobe.services.s3.envelopes import BY_S3, Envelope
from skyglobe.services.s3.points import LambdaPoint, Transformation, Via
from skyglobe.services.s3.records import Span
from skyglobe.services.s3.rules.function_answers import BadAnswer, members_of

WAITS_FOR = 60_000  # milliseconds a function may take; "Writing Lambda functions for S3 Object Lambda"
URL_GOOD_FOR = 61  # seconds; same page
KEPT_FOR = 600_000  # milliseconds after which an answer that nobody fetched is thrown away

_CONTEXTS = {
    "GetObject": "getObjectContext",
    "HeadObject": "headObjectContext",
    "ListObjects": "listObjectsContext",
    "ListObjectsV2": "listObjectsV2Context",
}
_FEATURES = {"Range": "Range", "PartNumber": "PartNumber"}
_NOT_PASSED_ON = ("authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")


class Awaited(Record, frozen=True):
    """A request whose answer a function is to bring, and the answer once it is there."""

    token: str
    route: str
    point: str
    """ARN of the Object Lambda access point."""
    asked_at: Instant
    is_answered: bool = False
    status: int = 200
    code: str = ""
    message: str = ""
    head: str = "{}"
    """Members of the answer, as JSON; instants are in seconds."""
    spans: tuple[Span, ...] = ()


awaited: Table[Awaited] = Table("s3.awaited", Awaited, key=("token",), reach="global")


def find_work(call: Call, operation: str, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]] | None:
    """Return the work that answers a request by a function; None where no function changes the answer.

    Raises NotImplemented for ranges and parts that the access point does not pass on.
    """
    via: Via | None = call.via
    if via is None or via.transforming is None:
        return None
    front = via.transforming
    chosen = next((each for each in front.transformations if operation in each.actions), None)
    if chosen is None:
        return None
    for member, feature in _FEATURES.items():
        if member in request and f"{operation}-{feature}" not in front.features:
            raise errors.not_implemented(member, "This Object Lambda Access Point does not take ranges or parts.")
    url = _original(call, via, request)
    if operation == "GetObject":
        return _fetch(call, front, chosen, url)
    return _ask(call, front, chosen, url, operation)


def _original(call: Call, via: Via, request: dict[str, Any]) -> str:
    """Return the presigned URL of what was asked for, through the supporting access point, as the caller's own."""
    from skyglobe.services.s3.presigning import presigned

    point = via.arn
    region = parse_arn(point).region
    path = f"/{quote(point, safe='')}/{quote(request.get('Key', ''), safe='/~')}".rstrip("/")
    asked = [(name, value) for name, value in parse_qsl(call.request.query, True) if not _is_signature(name)]
    url = f"{call.kernel.config.endpoint}{path}" + (f"?{urlencode(asked)}" if asked else "")
    principal: Principal = call.principal
    if not principal.access_key_id:
        raise errors.access_denied()
    known = credentials.find(call, principal.access_key_id)
    secret, token = (known.secret, known.session_token) if known is not None else ("test", None)
    return presigned(url, principal.access_key_id, secret, token, region, URL_GOOD_FOR)


def _is_signature(name: str) -> bool:
    return name.lower().startswith("x-amz-") or name in ("AWSAccessKeyId", "Signature", "Expires")


async def _fetch(call: Call, front: LambdaPoint, chosen: Transformation, url: str) -> dict[str, Any]:
    """Have the function bring the answer to a GetObject."""
    ids = call.kernel.ids
    token, route = ids.hex("", 64), ids.hex("io-cell-", 16)
    event = _event(call, front, chosen, "GetObject", {"inputS3Url": url, "outputRoute": route, "outputToken": token})
    await call.transact(
        lambda call: _await(call, Awaited(token=token, route=route, point=front.arn, asked_at=call.now))
    )
    topic = ("s3", "answered", token)
    outcome: list[dict[str, Any] | ServiceError] = []

    async def run() -> None:
        outcome.append(await _invoke(call, chosen, event))
        call.kernel.signals.fire(topic)

    until = call.kernel.clock.now() + WAITS_FOR
    with call.kernel.signals.listen(topic) as bell:
        call.kernel.spawn(run())
        while True:
            answer = await call.transact(lambda call: _take(call, token))
            if answer is not None:
                return _told(call, *answer)
            if outcome:
                raise _failure(outcome[0]) or _error("LambdaResponseNotReceived")
            if not await bell.wait(until):
                raise _error("LambdaTimeout")


def _await(scope: Scope, asked: Awaited) -> None:
    awaited.insert(scope, asked)
    set_timer(scope, "s3", "forget answer", asked.token, scope.now + KEPT_FOR)


def envelope_of(call: Call) -> Envelope:
    """Return what encrypts answers while they lie here: S3's own key."""
    return encrypting.opened(call, "", "", "", BY_S3)


def _take(call: Call, token: str) -> tuple[Awaited, Any] | None:
    """Return an answer and its body, once it is there, and forget it."""
    found = awaited.find(call, token)
    if found is None or not found.is_answered:
        return None
    body = reading.body(call, list(found.spans), envelope_of(call))
    writing.release(call, found.spans)
    awaited.drop(call, token)
    cancel_timer(call, "s3", "forget answer", token)
    return found, body


@s3.timer("forget answer")
def forget(scope: Scope, key: str, payload: dict[str, Any]) -> None:
    """Throw away an answer that nobody waits for any more."""
    found = awaited.find(scope, key)
    if found is not None:
        writing.release(scope, found.spans)
        awaited.drop(scope, key)


def _told(call: Call, answer: Awaited, body: Any) -> dict[str, Any]:
    if answer.code or answer.status >= 300:
        code = answer.code or ("NotModified" if answer.status == 304 else "LambdaError")
        raise ServiceError(answer.message or code, code=code, status=answer.status)
    if answer.status != 200:
        call.request.answer_status = answer.status
    size = sum(span.size_bytes for span in answer.spans)
    return {**json.loads(answer.head), "ContentLength": size, "Body": body}


async def _ask(call: Call, front: LambdaPoint, chosen: Transformation, url: str, operation: str) -> dict[str, Any]:
    """Have the function answer a HeadObject or a listing in what it returns."""
    event = _event(call, front, chosen, operation, {"inputS3Url": url})
    result = await _invoke(call, chosen, event)
    failure = _failure(result)
    if failure is not None:
        raise failure
    assert isinstance(result, dict)
    from botocore.loaders import Loader
    from botocore.model import ServiceModel as BotocoreModel

    try:
        output = BotocoreModel(Loader().load_service_model("s3", "service-2")).operation_model(operation).output_shape
        status, code, message, members = members_of(operation, result["Answer"], output)
    except BadAnswer as error:
        raise _error("LambdaInvalidResponse") from error
    if status >= 300:
        raise ServiceError(message or code or "LambdaError", code=code or "LambdaError", status=status)
    return members


def _event(
    call: Call, front: LambdaPoint, chosen: Transformation, operation: str, context: dict[str, str]
) -> dict[str, Any]:
    request = call.request
    scheme = "https" if request.secure else "http"
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED_ON}
    target = request.path + (f"?{request.query}" if request.query else "")
    configuration = {
        "accessPointArn": front.arn,
        "supportingAccessPointArn": front.supporting,
        "payload": chosen.payload,
    }
    return {
        "xAmzRequestId": call.request_id,
        _CONTEXTS[operation]: context,
        "configuration": configuration,
        "userRequest": {"url": f"{scheme}://{request.host}{target}", "headers": headers},
        "userIdentity": _identity(call.principal),
        "protocolVersion": "1.01",
    }


_TYPES = {"root": "Root", "user": "IAMUser", "assumed-role": "AssumedRole", "federated-user": "FederatedUser"}


def _identity(principal: Principal) -> dict[str, Any]:
    """Return the caller as CloudTrail's userIdentity element has it."""
    return {
        "type": _TYPES.get(principal.type, "Unknown"),
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key_id,
    }


async def _invoke(call: Call, chosen: Transformation, event: dict[str, Any]) -> dict[str, Any] | ServiceError:
    """Call the function as the caller; return its outcome, with what it returned as ``Answer``, or the refusal."""
    place = parse_arn(chosen.function)
    params = {
        "FunctionName": chosen.function,
        "InvocationType": "RequestResponse",
        "Payload": json.dumps(event).encode(),
    }
    try:
        result = await call.kernel.invoke(
            call.principal.via("s3-object-lambda.amazonaws.com"),
            call.principal.account,
            place.region,
            "lambda",
            "Invoke",
            params,
        )
    except ServiceError as error:
        return error
    return {**result, "Answer": await _whole(result.get("Payload"))}


async def _whole(payload: Any) -> bytes:
    """Return what a function returned, however it comes."""
    if payload is None:
        return b""
    if isinstance(payload, bytes | bytearray | memoryview):
        return bytes(payload)
    if isinstance(payload, str):
        return payload.encode()
    if hasattr(payload, "__aiter__"):
        return b"".join([piece async for piece in payload])
    return b"".join(reading.pieces(payload))


def _failure(outcome: dict[str, Any] | ServiceError) -> ServiceError | None:
    """Return S3's error for a function that could not be called or failed; None for one that ended well."""
    if isinstance(outcome, dict):
        return _error("LambdaRuntimeError") if outcome.get("FunctionError") else None
    if outcome.status == 501:
        return outcome
    if outcome.code == "ResourceNotFoundException":
        return _error("LambdaNotFound")
    if outcome.status == 403 or outcome.code.startswith("AccessDenied"):
        return _error("LambdaPermissionError")
    return _error("LambdaInvocationFailed")


_ERRORS = {
    "LambdaInvalidResponse": (400, "The Lambda function returned an invalid response."),
    "LambdaInvocationFailed": (400, "The Lambda function invocation failed."),
    "LambdaNotFound": (404, "The AWS Lambda function was not found."),
    "LambdaPermissionError": (403, "The caller is not authorized to invoke the Lambda function."),
    "LambdaResponseNotReceived": (500, "The Lambda exited without successfully calling WriteGetObjectResponse."),
    "LambdaRuntimeError": (400, "The Lambda function failed during execution."),
    "LambdaTimeout": (400, "The Lambda function did not respond in the allowed time."),
}
"""S3 API reference, "Error responses", "S3 Object Lambda error codes"."""


def _error(code: str) -> ServiceError:
    status, text = _ERRORS[code]
    return s3.error(code, text, status=status)
