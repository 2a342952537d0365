"""Execution roles: Lambda works in sessions of them, and so do functions. What a role may not do is not done."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec.structs import replace

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Credential, Principal, principal_of, service_principal
from skyglobe.kernel.scope import Scope, partition_of
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.running.interface import Credentials

LASTS_FOR = 3_600_000  # milliseconds
RENEWED_AT = 900_000  # milliseconds before the end of a session
MAX_SESSIONS = 1_024
PRINCIPAL = "lambda.amazonaws.com"


class RoleSession(NamedTuple):
    """A session of an execution role."""

    credentials: Credentials
    principal: Principal


async def session_of(
    kernel: Kernel, account: str, region: str, role_arn: str, name: str, *, anew: bool = False
) -> RoleSession:
    """Return a session of a role that Lambda may assume, for the function ``name``.

    Sessions are used again while they last, unless one is wanted ``anew``. In a cloud that is told to offer no IAM
    there are no roles: there functions are their account. Raises STS's ``ServiceError``.
    """
    if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
        ends_at = kernel.clock.now() + LASTS_FOR
        own = Credentials(access_key_id=account, secret_access_key="test", session_token="", expires_at=ends_at)  # noqa: S106
        return RoleSession(own, service_principal(PRINCIPAL, account))
    cache = kernel.caches.of("lambda.sessions", MAX_SESSIONS)
    key = (account, region, role_arn, name)
    kept: RoleSession | None = cache.get(key)
    if kept is not None and not anew and kept.credentials.expires_at - kernel.clock.now() > RENEWED_AT:
        known = await kernel.transact(lambda scope: credentials.find(scope, kept.credentials.access_key_id))
        if known is not None:  # the store may have been exchanged meanwhile
            return kept
    made = await _assume(kernel, account, region, role_arn, name)
    cache.keep(key, made)
    return made


async def _assume(kernel: Kernel, account: str, region: str, role_arn: str, name: str) -> RoleSession:
    principal = service_principal(PRINCIPAL, account)
    session = name.ljust(2, "-")  # STS takes no shorter ones
    params = {"RoleArn": role_arn, "RoleSessionName": session, "DurationSeconds": LASTS_FOR // 1000}
    answer = await kernel.invoke(principal, account, region, "sts", "AssumeRole", params)
    issued = answer["Credentials"]
    function_arn = f"arn:{partition_of(region)}:lambda:{region}:{account}:function:{name}"
    credential = await kernel.transact(lambda scope: _mark(scope, issued["AccessKeyId"], function_arn))
    held = Credentials(
        access_key_id=credential.access_key_id,
        secret_access_key=credential.secret,
        session_token=credential.session_token or "",
        expires_at=credential.expires_at or kernel.clock.now() + LASTS_FOR,
    )
    return RoleSession(held, principal_of(credential))


def _mark(scope: Scope, access_key_id: str, function_arn: str) -> Credential:
    """Note in a session whose function it is for, and return it: policies may ask for ``lambda:SourceFunctionArn``."""
    credential = credentials.find(scope, access_key_id)
    assert credential is not None, "STS keeps what it issues"
    assert credential.session is not None, "roles are assumed in sessions"
    claims = {**credential.session.claims, "lambda:sourcefunctionarn": function_arn}
    marked = replace(credential, session=replace(credential.session, claims=claims))
    credentials.replace(scope, credential, marked)
    return marked


async def check_role(call: Call, account: str, role_arn: str, name: str) -> RoleSession:
    """As ``session_of``. Raises InvalidParameterValueException for a role that Lambda cannot assume."""
    if parse_arn(role_arn).account != account:
        raise lambda_.error("AccessDeniedException", "Cross-account pass role is not allowed.", status=403)
    try:
        return await session_of(call.kernel, account, call.region, role_arn, name, anew=True)
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise invalid("The role defined for the function cannot be assumed by Lambda.") from error


def may(call: Call, session: RoleSession, action: str, arn: str) -> bool:
    """Whether a role may do ``action`` with a resource, by its own policies and the resource's."""
    try:
        account = parse_arn(arn).account or session.principal.account
    except ValueError:
        return False
    return call.as_principal(session.principal).refusal(Need(action, arn, account)) is None


_TELLING = {
    "sqs": ("sqs:SendMessage", "SendMessage on SQS"),
    "sns": ("sns:Publish", "Publish on SNS"),
    "lambda": ("lambda:InvokeFunction", "InvokeFunction on Lambda"),
    "events": ("events:PutEvents", "PutEvents on EventBridge"),
    "s3": ("s3:PutObject", "PutObject on S3"),
}
"""What it takes to tell a dead-letter queue or a destination something, by the service of its ARN."""


async def check_dead_letters(
    call: Call, session: RoleSession, arn: str, *, who: str = "provided execution role"
) -> None:
    """Raise InvalidParameterValueException when a role may not send to a dead-letter queue, topic or destination."""
    if not arn:
        return
    service = arn.split(":")[2]
    action, name = _TELLING[service]
    resource = f"{arn}/*" if service == "s3" else arn
    if not await call.transact(lambda now: may(now, session, action, resource)):
        raise invalid(f"The {who} does not have permissions to call {name}")


async def call_as_role(
    kernel: Kernel,
    account: str,
    region: str,
    role_arn: str,
    name: str,
    service: str,
    operation: str,
    params: dict[str, Any],
) -> Any:
    """Call an operation of another service in a session of a function's role. Raises its ``ServiceError``."""
    session = await session_of(kernel, account, region, role_arn, name)
    return await kernel.invoke(session.principal, account, region, service, operation, params)
