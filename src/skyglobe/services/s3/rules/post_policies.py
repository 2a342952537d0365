"""The policy of a form upload: what its fields must be, and until when.

S3 API reference, "POST policy" (signature version 4).
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

_FREE = frozenset(("x-amz-signature", "signature", "awsaccesskeyid", "policy", "file"))
"""Fields that need no condition."""
_FREE_PREFIX = "x-ignore-"
_LISTS = frozenset(("content-type",))
"""Fields of which each value between commas must begin as starts-with says."""


class BadPolicy(ValueError):
    """A form or a policy that S3 refuses: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Condition(NamedTuple):
    """One condition on one field."""

    operator: str
    """``eq`` or ``starts-with``."""
    field: str
    """In lower case, without the dollar sign."""
    value: str

    def __str__(self) -> str:
        return f'["{self.operator}", "${self.field}", "{self.value}"]'

    def holds(self, given: str | None) -> bool:
        if given is None:
            return False
        if self.operator == "eq":
            return given == self.value
        values = given.split(",") if self.field in _LISTS else [given]
        return all(value.strip().startswith(self.value) for value in values)


class PostPolicy(msgspec.Struct, frozen=True):
    """What a form's policy demands."""

    expires_at: int
    """Milliseconds since the epoch, by the clock of who wrote it."""
    conditions: tuple[Condition, ...]
    smallest: int | None = None
    """Bytes of the file; None where the policy sets no bounds."""
    largest: int | None = None

    def check(self, fields: Mapping[str, str]) -> None:
        """Raise BadPolicy unless every condition holds and every field has one. Names are in lower case."""
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.field)):
                raise _denied(f"Policy Condition failed: {condition}")
        known = {condition.field for condition in self.conditions} | _FREE
        for name in fields:
            if name not in known and not name.startswith(_FREE_PREFIX) and name != "bucket":
                raise _denied(f"Extra input fields: {name}")


def parse_post_policy(text: str) -> PostPolicy:
    """Return what a policy, in base64, demands. Raises BadPolicy."""
    document = _decode(text)
    if "expiration" not in document:
        raise _invalid("Policy missing expiration.")
    if "conditions" not in document:
        raise _invalid("Policy missing conditions.")
    if not isinstance(document["conditions"], list):
        raise _invalid("Invalid 'conditions' value: must be a List.")
    conditions: list[Condition] = []
    smallest, largest = None, None
    for written in document["conditions"]:
        if isinstance(written, list) and written and _lower(written[0]) == "content-length-range":
            low, high = _range(written)
            smallest = low if smallest is None else max(smallest, low)
            largest = high if largest is None else min(largest, high)
        else:
            conditions += _conditions(written)
    return PostPolicy(_instant(document["expiration"]), tuple(conditions), smallest, largest)


def _decode(text: str) -> dict[str, Any]:
    try:
        document = json.loads(b64decode("".join(text.split()), validate=True))
    except (binascii.Error, UnicodeDecodeError):
        raise _invalid("Invalid Base64 encoding") from None
    except (ValueError, RecursionError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    return document


def _lower(value: Any) -> str:
    return value.lower() if isinstance(value, str) else ""


def _range(written: list[Any]) -> tuple[int, int]:
    values = written[1:]
    if len(values) != 2 or not all(_is_whole(value) for value in values):
        raise _invalid("Invalid Condition: content-length-range")
    low, high = int(values[0]), int(values[1])
    return low, high


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return value.isascii() and value.isdigit() and len(value) <= 18
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**18


def _conditions(written: Any) -> list[Condition]:
    if isinstance(written, dict):
        if not all(isinstance(value, str) for value in written.values()):
            raise _invalid("Invalid Simple-Condition: value must be a string.")
        return [Condition("eq", name.lower(), value) for name, value in written.items()]
    is_triple = isinstance(written, list) and len(written) == 3 and all(isinstance(part, str) for part in written)
    if not is_triple or not written[1].startswith("$") or written[0].lower() not in ("eq", "starts-with"):
        raise _invalid(f"Invalid Condition: {json.dumps(written)}")
    return [Condition(written[0].lower(), written[1][1:].lower(), written[2])]


def _instant(text: Any) -> int:
    for form in ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ"):
        try:
            return int(datetime.strptime(str(text), form).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            continue
    raise _invalid(f"Invalid 'expiration' value: '{text}'")


def _invalid(reason: str) -> BadPolicy:
    return BadPolicy("InvalidPolicyDocument", f"Invalid Policy: {reason}")


def _denied(reason: str) -> BadPolicy:
    return BadPolicy("AccessDenied", f"Invalid according to Policy: {reason}")
