"""Sequence numbers: 56 digits, growing within a shard, that tell which shard they are from.

AWS does not say what its numbers are made of. Ours carry, from the highest bit down: a one that gives them AWS's 56
digits, when the shard was made (so that a child's numbers are beyond its parents'), the order of writing, the shard.
"""

from __future__ import annotations

from typing import NamedTuple

_TOP = 1 << 185
_CREATED_AT = 144  # seconds since the epoch, 41 bits
ORDER_AT = 80  # 64 bits
_SHARD_AT = 4  # 32 bits
_MARK = 2  # the lowest four bits
_ORDER_MASK = (1 << 64) - 1
_SHARD_MASK = (1 << 32) - 1


class Sequence(NamedTuple):
    """What a sequence number says."""

    created_s: int
    """When its shard was made, seconds since the epoch."""
    order: int
    """See ``Kernel.next_order``."""
    shard: int


def base_of(created_s: int, shard: int) -> int:
    """Return what all numbers of a shard have in common; ``+ (order << 80)`` is the number of a record."""
    return _TOP | created_s << _CREATED_AT | shard << _SHARD_AT | _MARK


def numbered(base: int, order: int) -> str:
    """Return the sequence number of ``order`` in the shard of ``base``."""
    return str(base + (order << ORDER_AT))


def parse_sequence(number: str) -> Sequence | None:
    """Return what a number says, or None when it is none of ours."""
    if len(number) > 60 or not (number.isascii() and number.isdigit()):
        return None
    value = int(number)
    found = Sequence((value ^ _TOP) >> _CREATED_AT, value >> ORDER_AT & _ORDER_MASK, value >> _SHARD_AT & _SHARD_MASK)
    if value >> 185 != 1 or value != base_of(found.created_s, found.shard) + (found.order << ORDER_AT):
        return None
    return found
