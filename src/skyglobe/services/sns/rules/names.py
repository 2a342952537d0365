"""How topics, applications, subjects and ids may be spelled."""

from __future__ import annotations

import re

from skyglobe.kernel.arns import Arn, parse_arn
from skyglobe.services.sns.refusals import invalid

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")  # API reference of CreateTopic
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")  # the suffix counts towards the 256
_APPLICATION = re.compile(r"[A-Za-z0-9_.-]{1,256}")  # API reference of CreatePlatformApplication
_ID = re.compile(r"[!-~]{1,128}")  # group and deduplication ids; API reference of Publish
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")  # API reference of PublishBatchRequestEntry
_SUBJECT = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~][\x20-\x7e]{0,99}")  # API reference of Publish
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PHONE = re.compile(r"\+?[0-9]{7,15}")


def check_topic_name(name: str, is_fifo: bool) -> None:
    """Raise InvalidParameter unless ``name`` may name a topic of this type."""
    if is_fifo:
        if not _FIFO_NAME.fullmatch(name):
            raise invalid(
                "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII "
                "letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long."
            )
    elif not _NAME.fullmatch(name):
        raise invalid("Topic Name")


def check_application_name(name: str) -> None:
    """Raise InvalidParameter unless ``name`` may name a platform application."""
    if not _APPLICATION.fullmatch(name):
        raise invalid(
            "Name",
            "Application names must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, "
            "hyphens, and periods, and must be between 1 and 256 characters long.",
        )


def check_id(value: str, parameter: str) -> None:
    """Raise InvalidParameter unless ``value`` may be a group or deduplication id."""
    if not _ID.fullmatch(value):
        raise invalid(
            parameter, f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        )


def check_subject(subject: str) -> None:
    """Raise InvalidParameter unless ``subject`` may be one: up to 100 printable ASCII characters."""
    if not _SUBJECT.fullmatch(subject):
        raise invalid("Subject")


def is_entry_id(text: str) -> bool:
    """Whether ``text`` may name an entry of a batch."""
    return _ENTRY_ID.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether ``text`` may be a mail address."""
    return len(text) <= 320 and _EMAIL.fullmatch(text) is not None


def is_phone(text: str) -> bool:
    """Whether ``text`` may be a phone number, with or without its plus; spaces and dashes are for people."""
    return _PHONE.fullmatch(re.sub(r"[\s().-]", "", text)) is not None


def plain_number(text: str) -> str:
    """Return a phone number in E.164."""
    digits = re.sub(r"\D", "", text)
    return f"+{digits}"


def parse_sns_arn(text: str, parameter: str) -> Arn:
    """Return the parts of an ARN. Raises InvalidParameter."""
    try:
        arn = parse_arn(text)
    except ValueError as error:
        count = len(text.split(":"))
        reason = f"An ARN must have at least 6 elements, not {count}" if count < 6 else "Invalid ARN"
        raise invalid(parameter, reason) from error
    if arn.service != "sns" or not arn.region or not arn.account:
        raise invalid(parameter)
    return arn
