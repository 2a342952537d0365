"""Encrypted frames: what goes in comes out, any part of it too, and nothing that was altered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.blobs import Blobs
from skyglobe.kernel.file_slices import FileSlice
from skyglobe.kernel.frames import (
    FRAME_BYTES,
    KEY_BYTES,
    NONCE_BYTES,
    Damaged,
    FrameCipher,
    FrameWriter,
    Wrapping,
    plain_bytes,
    sealed_bytes,
    sealed_value,
)
from skyglobe.kernel.ids import Ids

SIZES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 4 * FRAME_BYTES, 9 * FRAME_BYTES + 17]


def written(folder: Path, keys: list[bytes], *pieces: bytes) -> tuple[Blobs, str]:
    blobs = Blobs(folder, Ids(1))
    writer = blobs.create()
    frames = FrameWriter(writer, FrameCipher(keys))
    frames.write(pieces)
    frames.finish()
    return blobs, writer.blob


def part(blobs: Blobs, blob: str, keys: list[bytes], offset: int, length: int) -> FileSlice:
    return blobs.sealed_slice(blob, offset, length, FrameCipher(keys), may_copy=False)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", SIZES)
def test_a_value_of_any_size_comes_back(tmp_path: Path, size: int, layers: int) -> None:
    keys, data = [os.urandom(KEY_BYTES) for _ in range(layers)], os.urandom(size)
    blobs, blob = written(tmp_path, keys, data[: size // 3], data[size // 3 :])
    at_rest = blobs.read(blob)
    assert len(at_rest) == sealed_bytes(size, 16 * layers)
    assert plain_bytes(len(at_rest), 16 * layers) == size
    assert size < 64 or data[:64] not in at_rest
    assert b"".join(part(blobs, blob, keys, 0, size).pieces()) == data


BODY = os.urandom(6 * FRAME_BYTES + 1_000)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(BODY)), st.integers(1, len(BODY)))
def test_any_range_is_what_it_is_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, offset: int, length: int
) -> None:
    keys = [b"k" * KEY_BYTES]
    length = min(length, len(BODY) - offset)
    if not length:
        return
    blobs, blob = written(tmp_path_factory.mktemp("blobs"), keys, BODY)
    wanted = part(blobs, blob, keys, offset, length)
    assert b"".join(wanted.pieces()) == BODY[offset : offset + length]
    rest = wanted.rest(length // 2)
    assert b"".join(rest.pieces()) == BODY[offset + length // 2 : offset + length]


def test_an_altered_a_swapped_and_a_cut_frame_are_noticed(tmp_path: Path) -> None:
    keys, data = [os.urandom(KEY_BYTES)], os.urandom(3 * FRAME_BYTES)
    blobs, blob = written(tmp_path, keys, data)
    place, sealed = blobs.path(blob), blobs.read(blob)
    frame = FRAME_BYTES + 16
    altered = bytearray(sealed)
    altered[5] ^= 1
    for damaged in (bytes(altered), sealed[frame : 2 * frame] + sealed[:frame] + sealed[2 * frame :], sealed[:-1]):
        place.write_bytes(damaged)
        with pytest.raises(OSError, match=r"altered|too early"):
            list(part(blobs, blob, keys, 0, len(data)).pieces())
    place.write_bytes(sealed)
    with pytest.raises(Damaged):
        list(part(blobs, blob, [bytes(KEY_BYTES)], 0, len(data)).pieces())


def test_keys_are_unwrapped_in_the_context_they_were_wrapped_in() -> None:
    wrapping, key = Wrapping(os.urandom(KEY_BYTES)), os.urandom(KEY_BYTES)
    wrapped = wrapping.wrap(os.urandom(NONCE_BYTES), key, b"here")
    assert key not in wrapped
    assert wrapping.unwrap(wrapped, b"here") == key
    with pytest.raises(Damaged):
        wrapping.unwrap(wrapped, b"there")
    with pytest.raises(Damaged):
        Wrapping(os.urandom(KEY_BYTES)).unwrap(wrapped, b"here")


def test_small_values_are_one_frame() -> None:
    keys = [os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)]
    cipher = FrameCipher(keys)
    sealed = sealed_value(keys, b"pear")
    assert len(sealed) == 4 + 2 * 16
    assert cipher.opened(sealed) == b"pear"
    with pytest.raises(Damaged):
        cipher.opened(sealed, 1)
