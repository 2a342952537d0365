"""Loopback addresses for engines: each its own, so that each can have the port its protocol is known for.

Linux answers on all of 127.0.0.0/8 without being told; elsewhere there is but one address, and ports must differ.
"""

from __future__ import annotations

import sys
from ipaddress import IPv4Address

from skyglobe.kernel.records import Record
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.tables import Counter, Table

HAS_MANY = sys.platform == "linux"
SHARED = "127.0.0.1"

FIRST_KEPT, KEPT = int(IPv4Address("127.64.0.0")), 1 << 22
"""Addresses with names, kept in the store: 127.64.0.0/10."""
FIRST_LENT, LENT = int(IPv4Address("127.8.0.0")), 1 << 19
"""Addresses for what lives no longer than the cloud's own process: 127.8.0.0/13."""


class NoAddress(Exception):
    """All addresses are taken."""


class Address(Record, frozen=True):
    """An address somebody has."""

    name: str
    number: int


_addresses: Table[Address] = Table(
    "engines.addresses", Address, key=("name",), indexes={"number": ("number",)}, reach="global"
)
_last = Counter("engines.last_address", reach="global")


def ensure_address(scope: Scope, name: str) -> str:
    """Return the address of ``name``, which is given one if it has none. Raises ``NoAddress``."""
    found = _addresses.find(scope, name)
    if found is None:
        found = Address(name=name, number=_next_free(scope))
        _addresses.insert(scope, found)
        _last.set(scope, "kept", found.number)
    return str(IPv4Address(FIRST_KEPT + found.number))


def find_address(scope: Scope, name: str) -> str | None:
    """Return the address of ``name``, or None."""
    found = _addresses.find(scope, name)
    return str(IPv4Address(FIRST_KEPT + found.number)) if found is not None else None


def move_address(scope: Scope, name: str) -> str:
    """Give ``name`` another address than the one it has, which somebody else on this machine uses."""
    release_address(scope, name)
    return ensure_address(scope, name)


def release_address(scope: Scope, name: str) -> None:
    """Let others have the address of ``name``, later rather than soon. Harmless when it has none."""
    found = _addresses.find(scope, name)
    if found is not None:
        _addresses.delete(scope, found)


def _next_free(scope: Scope) -> int:
    """Return the next number nobody has: those given back last come last.

    The first is any: several clouds of one machine seldom meet, which do not know of each other's.
    """
    number = _last.get(scope, "kept") or scope.kernel.ids.random.randrange(KEPT)
    for _ in range(KEPT):
        number = number + 1 if number + 1 < KEPT else 1
        ends_badly = number & 0xFF in (0, 0xFF)  # read by people as networks and broadcasts
        if not ends_badly and next(_addresses.scan_by(scope, "number", number, limit=1), None) is None:
            return number
    raise NoAddress("all loopback addresses have names")


class LentAddresses:
    """Addresses for a while, remembered by nobody."""

    def __init__(self, start: int) -> None:
        """Begin with the ``start``-th, so that several clouds of one machine seldom meet."""
        self._taken: set[int] = set()
        self._next = start % LENT

    def lend(self) -> str:
        """Return an address nobody was lent. Raises ``NoAddress``."""
        if not HAS_MANY:
            return SHARED
        for _ in range(LENT):
            number = self._next
            self._next = (number + 1) % LENT
            if number not in self._taken and number & 0xFF not in (0, 0xFF):
                self._taken.add(number)
                return str(IPv4Address(FIRST_LENT + number))
        raise NoAddress("all loopback addresses are lent")

    def take_back(self, address: str) -> None:
        """Let others have ``address``."""
        self._taken.discard(int(IPv4Address(address)) - FIRST_LENT)
