"""Trying patterns out."""

from __future__ import annotations

from typing import Any

import msgspec

from skyglobe.kernel.call import Call
from skyglobe.kernel.patterns import InvalidPattern, Pattern, parse_pattern
from skyglobe.services.events import events
from skyglobe.services.events.refusals import bad_pattern, invalid

_DEMANDED = ("id", "account", "source", "time", "region", "resources", "detail-type")
"""What an event must have; API reference of TestEventPattern."""


@events.operation
def test_event_pattern(call: Call, event_pattern: str, event: str) -> dict[str, Any]:
    """Return whether an event matches. Raises InvalidEventPatternException; ValidationException for no event."""
    pattern = checked_pattern(event_pattern)
    try:
        document = msgspec.json.decode(event)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise invalid("Parameter Event is not valid. Reason: it is no JSON.") from error
    if not isinstance(document, dict):
        raise invalid("Parameter Event is not valid. Reason: it is no JSON object.")
    missing = [name for name in _DEMANDED if name not in document]
    if missing:
        raise invalid(f"Parameter Event is not valid. Reason: {', '.join(missing)} required.")
    return {"Result": pattern.matches(document)}


def checked_pattern(text: str) -> Pattern:
    """Return a pattern that a rule or an archive may have. Raises InvalidEventPatternException."""
    try:
        pattern = parse_pattern(text)
    except InvalidPattern as reason:
        raise bad_pattern(reason) from reason
    if not pattern.parts:
        raise bad_pattern("Empty event pattern is not allowed")
    return pattern
