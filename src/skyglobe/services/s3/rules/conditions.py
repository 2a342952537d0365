"""Preconditions: RFC 9110 section 13 for reads and copies, ETag comparison for writes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Outcome = Literal["", "not modified", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]
"""``""`` when everything holds; ``"not modified"`` for 304; else the condition that failed (412)."""


class Conditions(NamedTuple):
    """The four conditions of a read, or of a copy's source."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None


NO_CONDITIONS = Conditions()


def evaluate(conditions: Conditions, etag: str, modified_at: int, now: int) -> Outcome:
    """Decide a GET or HEAD. ``etag`` is without quotes; instants are milliseconds, compared in whole seconds.

    If-Match decides over If-Unmodified-Since and If-None-Match over If-Modified-Since, as RFC 9110 orders them. A date
    in the future does not count as If-Modified-Since (13.1.3).
    """
    if conditions.if_match is not None:
        if not etag_listed(conditions.if_match, etag):
            return "If-Match"
    elif conditions.if_unmodified_since is not None and _is_later(modified_at, conditions.if_unmodified_since):
        return "If-Unmodified-Since"
    if conditions.if_none_match is not None:
        return "not modified" if etag_listed(conditions.if_none_match, etag) else ""
    since = conditions.if_modified_since
    if since is not None and not _is_later(modified_at, since) and since.timestamp() * 1000 <= now:
        return "not modified"
    return ""


def evaluate_copy(conditions: Conditions, etag: str, modified_at: int, now: int) -> Outcome:
    """Decide a copy by the conditions on its source: what would be 304 for a read is 412 here."""
    outcome = evaluate(conditions, etag, modified_at, now)
    if outcome != "not modified":
        return outcome
    return "If-None-Match" if conditions.if_none_match is not None else "If-Modified-Since"


def etag_listed(header: str, etag: str) -> bool:
    """Whether a list of entity tags has ``etag``, or is ``*``. Quotes may be missing: many clients leave them out."""
    if header.strip() == "*":
        return True
    return any(plain_etag(item) == etag for item in header.split(","))


def plain_etag(text: str) -> str:
    """Return an entity tag without quotes and weakness mark."""
    return text.strip().removeprefix("W/").strip('"')


def _is_later(modified_at: int, instant: datetime) -> bool:
    return modified_at // 1000 > int(instant.timestamp())
