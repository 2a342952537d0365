"""How long sessions last."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.sts import sts

ROOT_MAX_FOR = 3_600  # seconds; STS API reference, GetSessionToken: longer requests by root get one hour
USER_DEFAULT_FOR = 43_200  # seconds; same page, and GetFederationToken
ROLE_DEFAULT_FOR = 3_600  # seconds; STS API reference, AssumeRole
MIN_FOR = 900  # seconds; same page
CHAINED_MAX_FOR = 3_600  # seconds; same page: a role assumed by a role


def session_for(duration_seconds: int | None, *, is_root: bool) -> int:
    """Return how many seconds a session of a user or of root lasts."""
    if is_root:
        return min(duration_seconds or ROOT_MAX_FOR, ROOT_MAX_FOR)
    return duration_seconds or USER_DEFAULT_FOR


def role_session_for(duration_seconds: int | None, longest: int, *, is_chained: bool) -> int:
    """Return how many seconds a role's session lasts. Raises ValidationError beyond what the role or a chain allows."""
    lasts_for = ROLE_DEFAULT_FOR if duration_seconds is None else duration_seconds
    if is_chained and lasts_for > CHAINED_MAX_FOR:
        raise _too_long(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
        )
    if lasts_for > longest:
        raise _too_long("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return lasts_for


def _too_long(text: str) -> ServiceError:
    return sts.error("ValidationError", text)
