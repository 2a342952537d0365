"""Where events go: queues, topics and functions, by the operations that anybody would use."""

from __future__ import annotations

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.s3 import errors
from skyglobe.services.s3.records import Home
from skyglobe.services.s3.rules.notifications import Kind, Target

_NOUNS = {"sqs": "queue", "sns": "topic", "lambda": "function"}
_GONE = frozenset(
    ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "NotFound", "NotFoundException",
     "ResourceNotFoundException")
)  # fmt: skip


async def send(caller: ServiceCaller, kind: Kind, arn: str, text: str) -> None:
    """Send ``text`` to a queue, topic or function. Raises what the destination's service does."""
    if kind == "sqs":
        place = parse_arn(arn)
        url = f"https://sqs.{place.region}.amazonaws.com/{place.account}/{place.resource}"
        await caller.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": text})
    elif kind == "sns":
        message = {"TopicArn": arn, "Message": text, "Subject": "Amazon S3 Notification"}
        await caller.call("sns", "Publish", message)
    else:
        invocation = {"FunctionName": arn, "InvocationType": "Event", "Payload": text.encode()}
        await caller.call("lambda", "Invoke", invocation)


def check_built(kernel: Kernel, kinds: set[Kind]) -> None:
    """Refuse destinations of services that are not there: NotImplemented (501), naming them."""
    for kind in sorted(kinds):
        if kernel.services.find(kind) is None:
            text = f"The destination is of the service {kind}, which is not built or not enabled."
            raise errors.not_implemented(kind, text)


def check_place(target: Target, home: Home) -> None:
    """Refuse ARNs that cannot be a destination of the bucket's: InvalidArgument."""
    place = _parsed(target.arn)
    if place is None or place.service != target.kind or not place.account:
        raise errors.invalid_argument("The ARN is not well formed", _argument(target), target.arn)
    if place.region != home.region:
        text = "The notification destination service region is not valid for the bucket location constraint"
        raise errors.invalid_argument(text, _argument(target), target.arn)
    if target.kind in ("sqs", "sns") and place.resource.endswith(".fifo"):
        raise invalid(target, f"FIFO {_NOUNS[target.kind]}s are not supported as a destination")


async def check(caller: ServiceCaller, own: ServiceCaller, target: Target, text: str) -> None:
    """Try a destination: with a test message, or for functions with a dry run.

    ``own`` is the same caller when it acts for nobody but the account of the bucket.

    Raises InvalidArgument when it is not there or S3 may not.
    """
    noun = _NOUNS[target.kind]
    try:
        if target.kind == "lambda":
            await caller.call("lambda", "Invoke", {"FunctionName": target.arn, "InvocationType": "DryRun"})
        else:
            await send(caller, target.kind, target.arn, text)
    except ServiceError as error:
        if error.status >= 500:
            raise
        if error.code in _GONE or (target.kind == "sns" and await _is_gone(own, target)):
            raise invalid(target, f"The destination {noun} does not exist") from error
        if target.kind == "lambda":
            raise invalid(target, f"Not authorized to invoke function [{target.arn}]") from error
        reason = f"Permissions on the destination {noun} do not allow S3 to publish notifications from this bucket"
        raise invalid(target, reason) from error


async def _is_gone(own: ServiceCaller, target: Target) -> bool:
    """Whether a topic that refused a message is not there at all: topics say so only to those they let in."""
    try:
        await own.call("sns", "GetTopicAttributes", {"TopicArn": target.arn})
    except ServiceError as error:
        return error.code in _GONE
    return False


def invalid(target: Target, reason: str) -> ServiceError:
    text = "Unable to validate the following destination configurations"
    return errors.invalid_argument(text, target.arn, reason)


def _argument(target: Target) -> str:
    return _NOUNS[target.kind].capitalize()


def _parsed(arn: str) -> Arn | None:
    try:
        return parse_arn(arn)
    except ValueError:
        return None
