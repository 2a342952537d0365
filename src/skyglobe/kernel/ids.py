"""Identifiers in AWS's shapes, from the cloud's one source of randomness."""

from __future__ import annotations

import os
import random
import string

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # the alphabet of IAM's unique ids
_VARIANTS = {f"{digit:x}": "89ab"[digit % 4] for digit in range(16)}
_SECRET = string.ascii_letters + string.digits + "+/"


class Ids:
    """Makes ids. With a seed, the same ids in the same order in every run."""

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self.random = random.Random(seed if seed is not None else random.SystemRandom().getrandbits(256))

    def begin(self, start: int) -> None:
        """With a seed: make other ids than in every start of this cloud with a lower number."""
        if self._seed is not None:
            self.random.seed(f"{self._seed}:{start}")

    def uuid(self) -> str:
        """Return a random UUID (version 4) as text."""
        text = f"{self.random.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANTS[text[16]]}{text[17:20]}-{text[20:]}"

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
