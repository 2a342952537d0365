"""Names and ARNs of tables. DynamoDB quotas, "Naming rules"."""

from __future__ import annotations

import re
from functools import lru_cache

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb.refusals import invalid

_NAME = re.compile(r"[a-zA-Z0-9_.-]+").fullmatch
_ARN = re.compile(r"arn:[a-z-]+:dynamodb:([a-z0-9-]+):(\d{12}):table/([a-zA-Z0-9_.-]+)((?:/.*)?)").fullmatch
MIN_NAME, MAX_NAME = 3, 255  # characters


def check_table_name(name: str) -> None:
    """Raise ValidationException for what cannot be a table's name."""
    if not MIN_NAME <= len(name) <= MAX_NAME:
        raise invalid("TableName must be at least 3 characters long and at most 255 characters long")
    if not _NAME(name):
        raise _unfit(name, "tableName")


def check_index_name(name: str, path: str) -> None:
    """Raise ValidationException for what cannot be an index's name."""
    if not MIN_NAME <= len(name) <= MAX_NAME:
        bound = f"greater than or equal to {MIN_NAME}" if len(name) < MIN_NAME else f"less than or equal to {MAX_NAME}"
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{path}' failed to satisfy constraint: "
            f"Member must have length {bound}"
        )
    if not _NAME(name):
        raise _unfit(name, path)


def _unfit(name: str, path: str) -> ServiceError:
    return invalid(
        f"1 validation error detected: Value '{name}' at '{path}' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    )


@lru_cache(maxsize=4096)  # it is asked of every call's resource
def parse_table_arn(arn: str) -> tuple[str, str, str, str] | None:
    """Return (region, account, table, rest such as ``/stream/LABEL``) of an ARN of DynamoDB; None when it is none."""
    found = _ARN(arn)
    return (found[1], found[2], found[3], found[4]) if found is not None else None
