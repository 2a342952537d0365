"""Sessions of the roles that S3 is given to work with, assumed once and used until they end."""

from __future__ import annotations

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.clock import Instant
from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Principal, principal_of, service_principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Record, Table

USED_FOR = 30 * 60_000
"""Milliseconds a session is used for: less than AssumeRole's hour, so that none ends under way."""


class RoleSession(Record, frozen=True):
    """A session that a service of S3's assumed for a resource."""

    role: str
    service: str
    source: str
    """ARN of the resource it acts for."""
    access_key: str
    used_until: Instant


sessions: Table[RoleSession] = Table("s3.role_sessions", RoleSession, key=("role", "service", "source"))


def assume(scope: Scope, role: str, service: str, source: str, name: str) -> Principal:
    """Return the principal of a session of ``role`` for ``service`` (``s3``), made where none is in use.

    The role's trust policy must let the service in, which acts for the resource ``source``. Raises STS's AccessDenied.
    In a cloud that is told to offer no IAM there are no roles: there the service acts for itself.
    """
    services = scope.kernel.services
    if services.find("iam") is None or services.find("sts") is None:
        return service_principal(f"{service}.amazonaws.com", scope.account)
    kept = sessions.find(scope, role, service, source)
    if kept is not None and kept.used_until > scope.now:
        credential = credentials.find(scope, kept.access_key)
        if credential is not None:
            return principal_of(credential)
    caller = ServiceCaller(scope.kernel, service, scope.account, scope.region, source)
    answer = caller.call_within(scope, "sts", "AssumeRole", {"RoleArn": role, "RoleSessionName": name})
    key = answer["Credentials"]["AccessKeyId"]
    credential = credentials.find(scope, key)
    assert credential is not None, "STS keeps what it issues"
    used_until = scope.now + USED_FOR
    made = RoleSession(role=role, service=service, source=source, access_key=key, used_until=used_until)
    sessions.insert(scope, made)
    return principal_of(credential)


def forget(scope: Scope, role: str, service: str, source: str) -> None:
    """Assume the role anew next time: what it may do, or who may assume it, seems to have changed."""
    sessions.drop(scope, role, service, source)
