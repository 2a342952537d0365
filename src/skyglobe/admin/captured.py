"""Messages to people: what services sent by mail, SMS and push, and answers to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from skyglobe.admin.interface import Admin
from skyglobe.admin.outbox import MAX_LISTED
from skyglobe.admin.routes import route
from skyglobe.admin.status import Done
from skyglobe.kernel.captured import Captured, list_captured
from skyglobe.kernel.config import DEFAULT_ACCOUNT, DEFAULT_REGION
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which messages to list."""

    limit: Annotated[int, Meta(ge=1, le=MAX_LISTED)] = 100
    channel: Literal["", "email", "sms", "push"] = ""
    to: str = ""
    """A mail address, a phone number or a device's token."""


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text message from somebody's phone."""

    number: Annotated[str, Meta(pattern=r"^\+[0-9]{7,15}$")]
    text: Annotated[str, Meta(max_length=1_600)]
    account: Annotated[str, Meta(pattern=r"^[0-9]{12}$")] = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION


class CapturedMessage(msgspec.Struct, frozen=True):
    """A message that was captured instead of leaving."""

    channel: str
    sender: str
    recipient: str
    subject: str
    text: str
    service: str
    account: str
    region: str
    at: datetime


class CapturedMessages(msgspec.Struct, frozen=True):
    """Newest first."""

    messages: list[CapturedMessage]


@route("GET", "/_skyglobe/captured")
async def list_captured_messages(admin: Admin, given: Which) -> CapturedMessages:
    """List mail, SMS and push messages that services sent, newest first."""

    def work(scope: Scope) -> list[Captured]:
        return list_captured(scope, given.limit, given.channel, given.to)

    return CapturedMessages([_told(record) for record in await admin.kernel.transact(work)])


@route("POST", "/_skyglobe/captured/replies")
async def reply_by_sms(admin: Admin, given: Reply) -> Done:
    """Answer an SMS as its receiver would: `STOP` opts the phone number out."""
    payload = {"number": given.number, "text": given.text}
    await admin.kernel.transact(lambda scope: post(scope, "sns", "reply", payload), given.account, given.region)
    await admin.kernel.settle()
    return Done()


def _told(record: Captured) -> CapturedMessage:
    return CapturedMessage(
        channel=record.channel,
        sender=record.sender,
        recipient=record.recipient,
        subject=record.subject,
        text=record.text,
        service=record.service,
        account=record.account,
        region=record.region,
        at=datetime.fromtimestamp(record.at / 1000, UTC),
    )
