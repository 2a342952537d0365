"""Pure decisions of STS."""

from __future__ import annotations

ROOT_MAX_FOR = 3_600  # seconds; STS API reference, GetSessionToken: longer requests by root get one hour
USER_DEFAULT_FOR = 43_200  # seconds; same page

SESSION_TOKEN_CHARACTERS = 356  # AWS promises no size; its tokens are of this order


def session_for(duration_seconds: int | None, *, is_root: bool) -> int:
    """Return how many seconds a session obtained by ``GetSessionToken`` lasts."""
    if is_root:
        return min(duration_seconds or ROOT_MAX_FOR, ROOT_MAX_FOR)
    return duration_seconds or USER_DEFAULT_FOR
