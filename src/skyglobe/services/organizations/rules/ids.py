"""Identifiers of Organizations, in the shapes the API reference gives."""

from __future__ import annotations

import random
import string

_ALPHABET = string.ascii_lowercase + string.digits


def make_id(source: random.Random, prefix: str, characters: int) -> str:
    """Return e.g. ``o-a1b2c3d4e5``: a prefix and as many lower-case letters and digits."""
    return prefix + "".join(source.choices(_ALPHABET, k=characters))


def make_account_number(source: random.Random) -> str:
    """Return twelve digits that do not begin with a zero, as AWS's do not."""
    return str(source.randrange(10**11, 10**12))
