"""SHA-256 tree hashes; Amazon Glacier developer guide, "Computing checksums"."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

LEAF_BYTES = 1024 * 1024


class TreeHash:
    """The tree hash of bytes that come piece by piece."""

    def __init__(self) -> None:
        self._leaves: list[bytes] = []
        self._leaf = sha256()
        self._filled = 0
        self.size_bytes = 0

    def update(self, piece: bytes) -> None:
        view = memoryview(piece)
        self.size_bytes += len(view)
        while view:
            taken = view[: LEAF_BYTES - self._filled]
            self._leaf.update(taken)
            self._filled += len(taken)
            view = view[len(taken) :]
            if self._filled == LEAF_BYTES:
                self._leaves.append(self._leaf.digest())
                self._leaf, self._filled = sha256(), 0

    def hexdigest(self) -> str:
        leaves = self._leaves + ([self._leaf.digest()] if self._filled or not self._leaves else [])
        return root_of(leaves).hex()


def root_of(digests: Sequence[bytes]) -> bytes:
    """Return the root over digests of equally many leaves; the last one may stand for fewer.

    Neighbours are hashed in pairs, level by level; one without a neighbour goes up as it is.
    """
    level = list(digests)
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [sha256(pair[0] + pair[1]).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0]


def is_subtree(start: int, size: int, whole: int) -> bool:
    """Whether a range has a tree hash of its own: whole megabytes that are exactly below one node of the tree.

    Developer guide, "Receiving checksums when downloading data": a range [A, B] is aligned when both ends are, its
    length is a power of two of megabytes, or it ends with the archive, and A is a multiple of it.
    """
    if start % LEAF_BYTES or (size % LEAF_BYTES and start + size != whole):
        return False
    leaves = -(-size // LEAF_BYTES)
    width = 1 << (leaves - 1).bit_length() if leaves else 1
    if width != leaves and start + size != whole:
        return False
    return (start // LEAF_BYTES) % width == 0
