"""Where values end in a stream of CBOR that arrives in pieces (RFC 8949, section 3)."""

from __future__ import annotations

MAX_DEPTH = 400  # expressions may have 300 operators, each nested in the one before; DynamoDB's "Service quotas"
_SIZES = {24: 2, 25: 3, 26: 5, 27: 9}
"""Bytes of a head by its low five bits."""
_UNTIL_BREAK = -1


class Malformed(ValueError):
    """The bytes are no CBOR, or more of it than is taken."""


class Framer:
    """Collects bytes and finds the values in them, looking at each byte once."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        """How much may wait here for its end."""
        self._buffer = bytearray()
        self._at = 0
        self._open: list[int] = []
        """Items still to come of each container that has begun, the outermost first."""
        self._ends: list[int] = []

    def feed(self, data: bytes) -> None:
        """Add bytes. Raises ``Malformed`` when too many wait."""
        self._buffer += data
        if len(self._buffer) > self.max_bytes:
            raise Malformed("The request is too large.")

    @property
    def waiting_bytes(self) -> int:
        return len(self._buffer)

    def has(self, count: int) -> bool:
        """Return whether the next ``count`` values are whole. Raises ``Malformed``."""
        while len(self._ends) < count:
            if not self._step():
                return False
        return True

    def peek(self, count: int) -> bytes:
        """Return the bytes of the next ``count`` values, which are whole."""
        return bytes(self._buffer[: self._ends[count - 1]])

    def take(self, count: int) -> bytes:
        """As ``peek``, and be done with them."""
        taken = self.peek(count)
        end = len(taken)
        del self._buffer[:end]
        self._at -= end
        self._ends = [other - end for other in self._ends[count:]]
        return taken

    def _step(self) -> bool:
        """Go past one head and, for text and bytes, what follows it; return False when that is not all here yet."""
        buffer, at = self._buffer, self._at
        if at >= len(buffer):
            return False
        initial = buffer[at]
        if initial == 0xFF:
            if not self._open or self._open.pop() != _UNTIL_BREAK:
                raise Malformed("There is nothing to break.")
            self._at = at + 1
            self._complete()
            return True
        kind, low = initial >> 5, initial & 31
        if low == 31:
            if kind not in (2, 3, 4, 5):
                raise Malformed("The value's length is missing.")
            self._at = at + 1
            self._begin(_UNTIL_BREAK)
            return True
        size = 1 if low < 24 else _SIZES.get(low, 0)
        if size == 0:
            raise Malformed("The value's length is malformed.")
        if at + size > len(buffer):
            return False
        value = low if size == 1 else int.from_bytes(buffer[at + 1 : at + size])
        if kind in (2, 3):
            if value > self.max_bytes:
                raise Malformed("The request is too large.")
            size += value
            if at + size > len(buffer):
                return False
        self._at = at + size
        items = {4: value, 5: 2 * value, 6: 1}.get(kind, 0)
        if items:
            self._begin(items)
        else:
            self._complete()
        return True

    def _begin(self, items: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise Malformed("The request is nested too deep.")
        self._open.append(items)

    def _complete(self) -> None:
        """Note the end of an item, and of all containers that end with it."""
        while self._open:
            if self._open[-1] == _UNTIL_BREAK:
                return
            self._open[-1] -= 1
            if self._open[-1]:
                return
            self._open.pop()
        self._ends.append(self._at)


def first_value_end(data: bytes) -> int:
    """Return where the first value of ``data`` ends. Raises ``Malformed`` when there is no whole one."""
    framer = Framer(len(data))
    framer.feed(data)
    if not framer.has(1):
        raise Malformed("A value is not whole.")
    return len(framer.peek(1))
