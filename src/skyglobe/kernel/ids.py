"""Identifiers in AWS's shapes, from the cloud's one source of randomness."""

from __future__ import annotations

import os
import random
import string
from collections.abc import Iterator

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # the alphabet of IAM's unique ids
_SECRET = string.ascii_letters + string.digits + "+/"

UUIDS = 64  # drawn at once: every call takes one or more, and drawing one costs as much as writing it
_DRAWN = int("ffffffffffff0fff3fffffffffffffff" * UUIDS, 16)
_GIVEN = int("00000000000040008000000000000000" * UUIDS, 16)
"""The version and the variant, which are not random; RFC 9562, "UUID Version 4"."""


class Ids:
    """Makes ids. With a seed, the same ids in the same order in every run."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self.random = random.Random(seed if seed is not None else random.SystemRandom().getrandbits(256))
        self._uuids: Iterator[str] = iter(())
        """The digits of the next ones. An iterator gives each to one caller only, whatever threads they are in."""

    def begin(self, start: int) -> None:
        """With a seed: make other ids than in every start of this cloud with a lower number."""
        if self._seed is not None:
            self.random.seed(f"{self._seed}:{start}")
            self._uuids = iter(())

    def uuid(self) -> str:
        """Return a random UUID (version 4) as text."""
        text = next(self._uuids, None)
        if text is None:
            text = self._draw()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _draw(self) -> str:
        """Draw the digits of more UUIDs; return those of the first."""
        text = f"{self.random.getrandbits(128 * UUIDS) & _DRAWN | _GIVEN:0{32 * UUIDS}x}"
        self._uuids = iter([text[at : at + 32] for at in range(32, 32 * UUIDS, 32)])
        return text[:32]

    def hex(self, prefix: str, digits: int = 17) -> str:
        """Return e.g. ``i-0123456789abcdef0``: the prefix and ``digits`` random hexadecimal digits."""
        return prefix + f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def principal(self, prefix: str) -> str:
        """Return an IAM unique id or access key id: a four-letter prefix and 16 or 17 further characters.

        ``AKIA`` and ``ASIA`` keys have 20 characters in all, other ids (``AIDA``, ``AROA``, …) 21.
        """
        size = 16 if prefix in ("AKIA", "ASIA") else 17
        return prefix + "".join(self.random.choices(_BASE32, k=size))

    def secret(self, characters: int = 40) -> str:
        """Return a secret access key (40 characters) or a token of the same alphabet."""
        return "".join(self.random.choices(_SECRET, k=characters))

    def token(self, size: int) -> bytes:
        """Return ``size`` random bytes. Without a seed they are the system's: none can be told from those before."""
        return os.urandom(size) if self._seed is None else self.random.randbytes(size)
