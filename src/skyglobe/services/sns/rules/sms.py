"""Text messages: how long they may be, and the attributes that steer them."""

from __future__ import annotations

import re

from skyglobe.services.sns.refusals import invalid
from skyglobe.services.sns.rules.messages import MAX_SMS_CHARACTERS

ATTRIBUTES = (
    "MonthlySpendLimit",
    "DeliveryStatusIAMRole",
    "DeliveryStatusSuccessSamplingRate",
    "DefaultSenderID",
    "DefaultSMSType",
    "UsageReportS3Bucket",
)
TYPES = ("Promotional", "Transactional")
_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]{1,11}")  # API reference of SetSMSAttributes
STOP_WORDS = frozenset(
    {"ARRET", "CANCEL", "END", "OPT-OUT", "OPTOUT", "QUIT", "REMOVE", "STOP", "TD", "UNSUBSCRIBE"}
)  # developer guide, "Managing phone numbers and SMS opt-outs"


def sms_text(text: str) -> str:
    """Return what a phone is sent of a message: SMS have an end."""
    return text[:MAX_SMS_CHARACTERS]


def check_sms_attributes(attributes: dict[str, str]) -> None:
    """Raise InvalidParameter for what SetSMSAttributes does not take."""
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            raise invalid(f"{name} is not a valid attribute")
        is_right = {
            "MonthlySpendLimit": value.isascii() and value.isdigit() and len(value) < 9,
            "DeliveryStatusSuccessSamplingRate": value.isascii() and value.isdigit() and 0 <= int(value or 0) <= 100,
            "DefaultSenderID": not value or _SENDER.fullmatch(value) is not None,
            "DefaultSMSType": value in TYPES,
            "DeliveryStatusIAMRole": not value or value.startswith("arn:"),
        }.get(name, True)
        if not is_right:
            raise invalid(name, f"{value} is not a valid value")
