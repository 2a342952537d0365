"""Bytes encrypted in frames, so that a range is read at the price of the frames it touches, in constant memory.

Every key encrypts one value only, each frame under its own number (AES-256-GCM, NIST SP 800-38D: a nonce is never
used twice with one key), so frames cannot be altered, exchanged or moved unnoticed. What two keys encrypt is encrypted
twice.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from skyglobe.kernel.errors import Damaged

if TYPE_CHECKING:
    from skyglobe.kernel.blobs import BlobWriter

FRAME_BYTES: Final = 64 * 1024
"""Of plain text: what the smallest range costs (some 20 µs), while a call for each is hardly felt."""
ROOM_FRAMES: Final = 4
"""Encrypted before they are written: 256 KiB stay in the second-level cache."""
PAGE_BYTES: Final = 4096
"""Files are written in whole pages, but for the last: half ones cost a fifth more, and as much again when deleted."""
KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
MOST_LAYERS: Final = 2
"""Keys a value is encrypted with at most."""
NONCE_BYTES: Final = 12
_FIRST: Final = bytes(NONCE_BYTES)


@cache
def _aesgcm() -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # not before somebody needs it: 20 ms

    return AESGCM


@cache
def _invalid_tag() -> Any:
    from cryptography.exceptions import InvalidTag

    return InvalidTag


class Wrapping:
    """Encrypts the keys of values under a key of its own, which it may do 2^32 times (NIST SP 800-38D, 8.3)."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = _aesgcm()(key)

    def wrap(self, nonce: bytes, key: bytes, context: bytes | None = None) -> bytes:
        """Return ``key`` encrypted; ``nonce`` is 12 random bytes, and part of the result. ``context`` is not."""
        wrapped: bytes = nonce + self._aead.encrypt(nonce, key, context)
        return wrapped

    def unwrap(self, wrapped: bytes, context: bytes | None = None) -> bytes:
        """Return what was wrapped in the same context. Raises ``Damaged``."""
        try:
            key: bytes = self._aead.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], context)
        except _invalid_tag() as error:
            raise Damaged("a key was not wrapped by this one, or in another context") from error
        return key


WRAPPED_BYTES: Final = NONCE_BYTES + KEY_BYTES + TAG_BYTES


def sealed_value(keys: Sequence[bytes], data: bytes) -> bytes:
    """Return a small value encrypted as a whole: one frame, whatever its size."""
    for key in keys:
        data = _aesgcm()(key).encrypt(_FIRST, data, None)
    return data


class FrameCipher:
    """Encrypts and decrypts one value."""

    __slots__ = ("_layers", "overhead")

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._layers = [_aesgcm()(key) for key in keys]
        self.overhead = TAG_BYTES * len(keys)
        """Bytes that encryption adds to a frame."""

    def sealed(self, data: bytes, number: int = 0) -> bytes:
        """Return a frame encrypted."""
        nonce = number.to_bytes(NONCE_BYTES, "big")
        for layer in self._layers:
            data = layer.encrypt(nonce, data, None)
        return data

    def opened(self, data: bytes, number: int = 0) -> bytes:
        """Return a frame decrypted, or a small value as ``sealed_value`` has it. Raises ``Damaged``."""
        nonce = number.to_bytes(NONCE_BYTES, "big") if number else _FIRST
        try:
            for layer in self._layers if len(self._layers) == 1 else reversed(self._layers):
                data = layer.decrypt(nonce, data, None)
        except _invalid_tag() as error:
            raise Damaged(f"frame {number} was altered") from error
        return data

    def seal_into(self, number: int, data: memoryview, room: memoryview) -> None:
        """Encrypt a frame into ``room``, which is as long as the frame and the overhead."""
        if len(self._layers) == 1:
            self._layers[0].encrypt_into(number.to_bytes(NONCE_BYTES, "big"), data, None, room)
        else:
            room[:] = self.sealed(bytes(data), number)

    def open_into(self, number: int, data: memoryview, room: memoryview) -> None:
        """Decrypt a frame into ``room``, which is as long as the plain text. Raises ``Damaged``."""
        if len(self._layers) > 1:
            room[:] = self.opened(bytes(data), number)
            return
        try:
            self._layers[0].decrypt_into(number.to_bytes(NONCE_BYTES, "big"), data, None, room)
        except _invalid_tag() as error:
            raise Damaged(f"frame {number} was altered") from error


class FrameWriter:
    """Writes a value of any size into a blob, encrypted. What comes is copied only where a frame straddles pieces."""

    def __init__(self, writer: BlobWriter, cipher: FrameCipher) -> None:
        self._writer = writer
        self._cipher = cipher
        self._number = 0
        self._rest = bytearray()
        """The frame that is not full yet."""
        self._room: memoryview
        self._filled = 0
        self._page = b""
        """The page that is not full yet, encrypted."""

    def write(self, pieces: Sequence[bytes]) -> None:
        """Append ``pieces``, from any thread, one call at a time. Raises OSError when the disk is full."""
        self._enter()
        for piece in pieces:
            view = memoryview(piece)
            if self._rest:
                view = self._fill_up(view)
            while len(view) >= FRAME_BYTES:
                self._seal(view[:FRAME_BYTES])
                view = view[FRAME_BYTES:]
            if view:
                self._rest += view
        self._write_pages()
        self._page = bytes(self._room[: self._filled])

    def finish(self) -> None:
        """Write what is left of the value, and make the blob permanent."""
        self._enter()
        if self._rest:
            self._seal(memoryview(self._rest))
        self._writer.write(self._room[: self._filled])
        self._writer.finish()

    def _enter(self) -> None:
        """Use this thread's room, which holds nobody's bytes between two calls."""
        self._room = _room()
        self._filled = len(self._page)
        self._room[: self._filled] = self._page

    def _fill_up(self, view: memoryview) -> memoryview:
        """Put what fits into the frame that is not full, encrypt it when it is; return what is left."""
        taken = view[: FRAME_BYTES - len(self._rest)]
        self._rest += taken
        if len(self._rest) == FRAME_BYTES:
            self._seal(memoryview(self._rest))
            self._rest = bytearray()
        return view[len(taken) :]

    def _seal(self, frame: memoryview) -> None:
        end = self._filled + len(frame) + self._cipher.overhead
        self._cipher.seal_into(self._number, frame, self._room[self._filled : end])
        self._number += 1
        self._filled = end
        if len(self._room) - end < FRAME_BYTES + self._cipher.overhead:
            self._write_pages()

    def _write_pages(self) -> None:
        """Write the pages that are full; what is left begins the room."""
        whole = self._filled // PAGE_BYTES * PAGE_BYTES
        if whole:
            self._writer.write(self._room[:whole])
            self._room[: self._filled - whole] = self._room[whole : self._filled]
            self._filled -= whole


_rooms = threading.local()


def _room() -> memoryview:
    """Return memory for encrypted frames on their way to a file, always the same in a thread.

    New memory costs more than encrypting does, and uploads that wait for their clients need none.
    """
    room: memoryview | None = getattr(_rooms, "room", None)
    if room is None:
        room = _rooms.room = memoryview(bytearray(ROOM_FRAMES * (FRAME_BYTES + MOST_LAYERS * TAG_BYTES) + PAGE_BYTES))
    return room


def sealed_bytes(size: int, overhead: int) -> int:
    """Return how long a value of ``size`` bytes is when its frames are encrypted."""
    return size + -(-size // FRAME_BYTES) * overhead


def plain_bytes(size: int, overhead: int) -> int:
    """Return how long the value is whose encrypted frames take ``size`` bytes."""
    return size - -(-size // (FRAME_BYTES + overhead)) * overhead


def frames_of(size: int, offset: int, length: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the frames of a value of ``size`` bytes that ``length`` bytes from ``offset`` on lie in.

    Each as its number, its size, and where in it the wanted bytes begin and end.
    """
    end = offset + length
    for number in range(offset // FRAME_BYTES, -(-end // FRAME_BYTES)):
        start = number * FRAME_BYTES
        yield number, min(FRAME_BYTES, size - start), max(offset - start, 0), min(end - start, FRAME_BYTES)
