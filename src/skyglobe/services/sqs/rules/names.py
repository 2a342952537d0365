"""The alphabets and lengths of names and ids."""

from __future__ import annotations

import re

from skyglobe.services.sqs.refusals import invalid_value

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")  # SQS quotas, "Queue name"
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")  # the suffix counts towards the 80
_ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ID = re.compile(r"[!-~]{1,128}")  # API reference of SendMessage: alphanumeric and punctuation


def check_queue_name(name: str, is_fifo: bool) -> None:
    """Raise InvalidParameterValue unless ``name`` may name a queue of this type."""
    if is_fifo:
        if not _FIFO_NAME.fullmatch(name):
            reason = (
                "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
                "must end with .fifo suffix and be 1 to 80 in length."
            )
            raise invalid_value(name, "QueueName", reason)
    elif not _NAME.fullmatch(name):
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        raise invalid_value(name, "QueueName", reason)


def is_entry_id(text: str) -> bool:
    """Whether ``text`` may name an entry of a batch."""
    return _ENTRY_ID.fullmatch(text) is not None


def check_id(value: str, parameter: str) -> None:
    """Raise InvalidParameterValue unless ``value`` may be a group, deduplication or attempt id."""
    if not _ID.fullmatch(value):
        reason = f"{parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length."
        raise invalid_value(value, parameter, reason)
