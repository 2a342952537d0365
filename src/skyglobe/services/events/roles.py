"""EventBridge acts in sessions of the roles that targets name. They are used again while they last."""

from __future__ import annotations

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal, principal_of, service_principal

LASTS_FOR = 3_600_000  # milliseconds
RENEWED_AT = 300_000  # milliseconds before the end of a session
MAX_SESSIONS = 1_024
SESSION_NAME = "events"


async def principal_in(kernel: Kernel, account: str, region: str, role_arn: str) -> Principal:
    """Return who EventBridge is in a session of a role. Raises STS's ``ServiceError`` when it may not assume it.

    In a cloud that is told to offer no IAM there are no roles: there it acts for itself.
    """
    if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
        return service_principal("events.amazonaws.com", account)
    cache = kernel.caches.of("events.sessions", MAX_SESSIONS)
    key = (account, region, role_arn)
    kept: tuple[Principal, int] | None = cache.get(key)
    if kept is not None and kept[1] - kernel.clock.now() > RENEWED_AT:
        name = kept[0].access_key_id
        if await kernel.transact(lambda scope: credentials.find(scope, name)) is not None:
            return kept[0]  # else the store was exchanged meanwhile
    own = ServiceCaller(kernel, "events", account, region)
    params = {"RoleArn": role_arn, "RoleSessionName": SESSION_NAME, "DurationSeconds": LASTS_FOR // 1000}
    issued = (await own.call("sts", "AssumeRole", params))["Credentials"]["AccessKeyId"]
    credential = await kernel.transact(lambda scope: credentials.find(scope, issued))
    assert credential is not None, "STS keeps what it issues"
    made = principal_of(credential)
    cache.keep(key, (made, credential.expires_at or kernel.clock.now() + LASTS_FOR))
    return made
