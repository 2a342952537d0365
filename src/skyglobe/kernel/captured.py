"""What would leave the cloud towards people: mail, SMS and push messages, captured for their sender to read."""

from __future__ import annotations

from skyglobe.kernel.clock import Instant
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter, Record, Table

MAX_CAPTURED = 10_000
"""The oldest are forgotten beyond."""


class Captured(Record, frozen=True):
    """One message to a person or a device."""

    number: int
    """Later ones have larger numbers."""
    channel: str
    """``email``, ``sms`` or ``push``."""
    sender: str
    recipient: str
    """A mail address, a phone number, a device's token."""
    subject: str
    text: str
    service: str
    """Which service sent it."""
    account: str
    region: str
    at: Instant


captured: Table[Captured] = Table("kernel.captured", Captured, key=("number",), reach="global")
_counts = Counter("kernel.captured_counts", reach="global")


def capture(
    scope: Scope, service: str, channel: str, recipient: str, text: str, *, sender: str = "", subject: str = ""
) -> None:
    """Keep a message that a real cloud would have handed to a mail server, a carrier or a push service."""
    record = Captured(
        number=scope.kernel.next_order(),
        channel=channel,
        sender=sender,
        recipient=recipient,
        subject=subject,
        text=text,
        service=service,
        account=scope.account,
        region=scope.region,
        at=scope.now,
    )
    captured.insert(scope, record)
    kept = _counts.get(scope, "all") + 1
    if kept > MAX_CAPTURED:
        for old in list(captured.scan(scope, limit=kept - MAX_CAPTURED)):
            captured.delete(scope, old)
        kept = MAX_CAPTURED
    _counts.set(scope, "all", kept)


def list_captured(scope: Scope, limit: int, channel: str = "", recipient: str = "") -> list[Captured]:
    """Return what was captured last, newest first."""
    found: list[Captured] = []
    for record in captured.scan(scope, reverse=True):
        if channel in ("", record.channel) and recipient in ("", record.recipient):
            found.append(record)
            if len(found) == limit:
                break
    return found
