"""When a signature is valid: signing instants, clock skew, expiry of presigned URLs.

Clients sign with the machine's wall clock while the cloud's own clock may have been turned. So a signing instant may
be near either clock, and what expires, expires on the cloud's.
"""

from __future__ import annotations

import calendar
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from skyglobe.gateway import auth_errors
from skyglobe.gateway.scope import Scope
from skyglobe.gateway.signed_service import SignedService
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.wire import Request

LONG_SKEW: Final = 15 * 60_000  # milliseconds; S3 "RequestTimeTooSkewed", EC2 "RequestExpired"
SKEW: Final = 5 * 60_000
"""Milliseconds; IAM user guide: most requests must arrive within five minutes of their time stamp."""
MAX_PRESIGNED_FOR: Final = 604_800  # seconds; "X-Amz-Expires", S3 API reference
STS_PRESIGNED_FOR: Final = 900  # seconds; STS takes its presigned URLs for 15 minutes whatever X-Amz-Expires says


class CloudClock(Protocol):
    """The cloud's clock, in milliseconds since the epoch."""

    def now(self) -> int:
        """Return the cloud's time."""

    def at_wall(self, wall: int) -> int:
        """Return what the cloud's time was (or will be) when the machine's clock shows ``wall``."""


class Now(NamedTuple):
    """The two times a signature may refer to, and the way from one to the other."""

    wall: int
    cloud: int
    clock: CloudClock

    def nearer_is_cloud(self, at: int) -> bool:
        return abs(at - self.cloud) < abs(at - self.wall)

    def on_cloud(self, at: int) -> int:
        """Return the cloud's time that a client meant by ``at``, whichever clock it read."""
        return at if self.nearer_is_cloud(at) else self.clock.at_wall(at)


@lru_cache(maxsize=1024)
def basic_milliseconds(instant: str) -> int | None:
    """Parse ``20150830T123600Z`` to milliseconds since the epoch; None when it is not such an instant."""
    if len(instant) != 16 or instant[8] != "T" or instant[15] != "Z" or not instant.isascii():
        return None
    if not (instant[:8].isdigit() and instant[9:15].isdigit()):
        return None
    year, month, day = int(instant[:4]), int(instant[4:6]), int(instant[6:8])
    hour, minute, second = int(instant[9:11]), int(instant[11:13]), int(instant[13:15])
    if year < 1 or not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    return calendar.timegm((year, month, day, hour, minute, second)) * 1000


@lru_cache(maxsize=1024)
def http_milliseconds(date: str) -> int | None:
    """Parse an HTTP date (``Sun, 30 Aug 2015 12:36:00 GMT``) to milliseconds since the epoch; None when it is none."""
    from email.utils import parsedate_to_datetime

    try:
        return calendar.timegm(parsedate_to_datetime(date).utctimetuple()) * 1000
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def signing_instant(service: SignedService, request: Request, scope: Scope) -> tuple[str, int]:
    """Return when the request was signed, as ``20150830T123600Z`` and in milliseconds since the epoch.

    Raises AWS's error when there is no valid date, or another day than in the credential's scope.
    """
    if scope.parameters is not None:
        instant = scope.parameters.get("X-Amz-Date", "")
    else:
        instant = request.headers.get("x-amz-date") or request.headers.get("date", "")
    at = basic_milliseconds(instant)
    if at is None:
        at = None if scope.is_presigned else http_milliseconds(instant)
        if at is None:
            raise _undated(service, request, scope, instant)
        instant = auth_errors.basic_instant(at)
    return instant, at


def _undated(service: SignedService, request: Request, scope: Scope, instant: str) -> ServiceError:
    if scope.parameters is not None and "X-Amz-Date" not in scope.parameters:
        return auth_errors.incomplete(service, request, scope)
    if service.family != "s3":
        if scope.is_presigned or instant:
            text = (
                f"Date must be in ISO-8601 'basic format'. Got '{instant}'. See http://en.wikipedia.org/wiki/ISO_8601"
            )
            return auth_errors.refusal(service, "incomplete", text)
        return auth_errors.incomplete(service, request, scope)
    if scope.is_presigned:
        text = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        return auth_errors.query_parameters_error(text)
    text = "AWS authentication requires a valid Date or x-amz-date header"
    return ServiceError(text, code="AccessDenied", status=403)


def is_skewed(signed_at: int, now: Now, allowed_for: int) -> bool:
    """Whether a signing instant is far from both the wall clock and the cloud's."""
    return abs(signed_at - now.wall) > allowed_for and abs(signed_at - now.cloud) > allowed_for


def allowed_skew(service: SignedService) -> int:
    """Return how far signing instants may be off, in milliseconds."""
    return LONG_SKEW if service.family in ("s3", "ec2") else SKEW


def check_presigned(service: SignedService, scope: Scope, signed_at: int, now: Now) -> None:
    """Refuse a presigned URL that has expired, is from the future or asks for more than a week."""
    expires_for = _expires_for(service, scope)
    start = now.on_cloud(signed_at)
    expires_at = start + expires_for * 1000
    if start > now.cloud + allowed_skew(service) and is_skewed(signed_at, now, allowed_skew(service)):
        if service.family == "s3":
            raise auth_errors.not_yet_valid(signed_at, expires_at, now.cloud)
        raise auth_errors.skewed(service, "", signed_at, now.wall, allowed_skew(service))
    if now.cloud > expires_at:
        raise auth_errors.expired_presigned(service, expires_for, expires_at, now.cloud)


def _expires_for(service: SignedService, scope: Scope) -> int:
    text = (scope.parameters or {}).get("X-Amz-Expires", "")
    if scope.service == "sts" or (not text and service.family != "s3"):
        return STS_PRESIGNED_FOR
    if not text and service.family == "s3":
        raise auth_errors.missing_query_parameters()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise _bad_expiry(service, "X-Amz-Expires should be a number")
    if text.startswith("-"):
        raise _bad_expiry(service, "X-Amz-Expires must be non-negative")
    if len(digits) > 9 or int(digits) > MAX_PRESIGNED_FOR:
        raise _bad_expiry(
            service,
            "X-Amz-Expires must be less than a week (in seconds); "
            "that is, the given X-Amz-Expires must be less than 604800 seconds",
        )
    return int(digits)


def _bad_expiry(service: SignedService, text: str) -> ServiceError:
    if service.family == "s3":
        return auth_errors.query_parameters_error(text)
    return auth_errors.refusal(service, "incomplete", text)
