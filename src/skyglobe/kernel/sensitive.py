"""Sensitive data that can be told by its form: what data protection policies call managed data identifiers.

SNS and CloudWatch Logs share AWS's list. AWS finds names, addresses of houses and the like by machine learning; those
are not here, and services refuse a policy that asks for them.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable


def _is_card(text: str) -> bool:
    """The Luhn check, by which card numbers are told from others."""
    digits = [int(character) for character in text if character.isdecimal()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return 13 <= len(digits) <= 19 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _always(text: str) -> bool:
    return True


def _armoured(kind: str) -> re.Pattern[str]:
    """A key from its first line to its last, as far as it is there: the first line alone gives it away."""
    return re.compile(f"-----BEGIN {kind}-----(?:[^-]*-----END {kind}-----)?")


IDENTIFIERS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "EmailAddress": (
        re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"),
        _always,
    ),
    "CreditCardNumber": (re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)"), _is_card),
    "IpAddress": (re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"), _is_address),
    "Ssn-US": (re.compile(r"(?<!\d)(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)"), _always),
    "AwsSecretKey": (
        re.compile(r"(?<![A-Za-z0-9/+=])(?=[A-Za-z0-9]{0,39}[/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"),
        _always,
    ),
    "PgpPrivateKey": (_armoured("PGP PRIVATE KEY BLOCK"), _always),
    "PkcsPrivateKey": (_armoured("(?:RSA |ENCRYPTED )?PRIVATE KEY"), _always),
    "OpenSshPrivateKey": (_armoured("OPENSSH PRIVATE KEY"), _always),
    "PuttyPrivateKey": (
        re.compile(r"PuTTY-User-Key-File-[1-3]:(?:(?:(?!PuTTY-User)[\s\S])*?Private-MAC: [0-9a-f]+)?"),
        _always,
    ),
}
"""What each identifier looks like, and what tells it from what only looks like it."""


def find_sensitive(text: str, name: str) -> list[tuple[int, int]]:
    """Return where ``text`` has data of the identifier ``name``: start and end, in order, without overlap."""
    pattern, is_real = IDENTIFIERS[name]
    return [found.span() for found in pattern.finditer(text) if is_real(found[0])]
