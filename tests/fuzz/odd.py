"""Values that have broken servers before."""

# ruff: noqa: E501 - tables of values read better wide than long

from __future__ import annotations

import random
from typing import Any

NUMBERS = [
    "0", "-1", "-0", "1", "2147483648", "-2147483649", "9223372036854775808", "9" * 400, "1e400", "-1e400", "1.5", "NaN",
    "Infinity", "0x10", "1_000", " 7", "7 ", "٣", "", "+1", "1e9", "00000000001",
]  # fmt: skip
TEXTS = [
    "", " ", "\0", "a\0b", "\x01\x1f", "\x7f", "\ufeff", "\ufffe", "é", "𝔘", "a" * 300, "x" * 70_000, "../../etc/passwd", "..", ".", "/",
    "//", "%00", "%2e%2e%2f", "%zz", "%", "null", "None", "true", "*", "'\"<>&;", "${jndi:ldap://x}", "{{7*7}}", "\r\nX-Injected: 1",
    "arn:aws:sqs:us-east-1:000000000000:recorded", "arn:", "arn:::::", "http://[::1", "http://localhost:4566/", "\ud800", "\u202e",
]  # fmt: skip
INSTANTS = [
    "20260101T000000Z", "2026-01-01T00:00:00Z", "99999999T999999Z", "00000000T000000Z", "0001-01-01T00:00:00Z", "-1", "1e18",
    "10000-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 99 Foo 9999 99:99:99 GMT", "20260230T000000Z", "٢٠٢٦٠١٠١T000000Z", "",
]  # fmt: skip
BASE64 = ["", "=", "====", "AAAA", "AAA", "A" * 5000, "not base64!", "é", "AAAAAA==", "AAAAAA==AAAAAA==", "\\u0000"]
SEGMENTS = [
    "..", ".", "%2e%2e", "%2E%2e/", "....//", "%00", "%ff%fe", "%c0%ae%c0%ae", "%", "%zz", "%25", "a" * 1024, "a" * 1025, "%41" * 1025,
    "ä", "\xff", "*", "?", "#", ";", "&", "=", "+", "%20", "%2F", "\\", "c:", "|", "~", "@", "{", "}", "<", ">", "[", "]", "%F0%9D%94%98",
    "xn--", "-", "_", "127.0.0.1", "a..b", "UPPER", "bucket.with.dots", "arn:aws:s3:us-east-1:000000000000:accesspoint%2Fx",
]  # fmt: skip


def number(rng: random.Random) -> str:
    return rng.choice(NUMBERS)


def text(rng: random.Random) -> str:
    return rng.choice([*TEXTS, *INSTANTS, *BASE64, *NUMBERS])


def value(rng: random.Random, depth: int = 0) -> Any:
    """Return any JSON-like value."""
    kind = rng.randrange(9 if depth < 3 else 7)
    if kind == 7:
        return [value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3, 300 if depth == 0 else 3]))]
    if kind == 8:
        return {text(rng): value(rng, depth + 1) for _ in range(rng.choice([0, 1, 3]))}
    simple = [
        text(rng),
        rng.choice([0, -1, 2**31, 2**63, -(2**63) - 1, 10**400]),
        1.5,
        float("nan"),
        float("inf"),
        None,
        True,
    ]
    return simple[kind]
