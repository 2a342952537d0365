"""Checksums agree with published check values, with botocore's own, and with themselves in pieces."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest
from botocore.httpchecksum import _CHECKSUM_CLS
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel import checksums
from skyglobe.models.loading import load

CHECK = b"123456789"


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
        ("MD5", "25f9e794323b453885f5181f1b624d0b"),
        ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ("XXHASH64", "8cb841db40e6ae83"),
    ],
)
def test_the_published_check_values_come_out(algorithm: str, expected: str) -> None:
    digest = checksums.new(algorithm)
    digest.update(CHECK)
    assert digest.digest().hex() == expected
    assert checksums.checksum(algorithm, CHECK) == base64.b64encode(bytes.fromhex(expected)).decode()


def test_every_algorithm_of_the_model_is_here_and_no_other() -> None:
    assert set(checksums.ALGORITHMS) == set(load("s3").raw_shape("ChecksumAlgorithm")["enum"])


@pytest.mark.parametrize("algorithm", sorted(name.upper() for name in _CHECKSUM_CLS))
def test_botocore_computes_the_same(algorithm: str) -> None:
    for data in (b"", CHECK, bytes(range(256)) * 500):
        theirs = _CHECKSUM_CLS[algorithm.lower()]()
        theirs.update(data)
        assert checksums.checksum(algorithm, data) == theirs.b64digest()


@given(
    algorithm=st.sampled_from(sorted(checksums.ALGORITHMS)),
    pieces=st.lists(st.binary(max_size=300), max_size=6),
    kind=st.sampled_from([bytes, bytearray, memoryview]),
)
def test_a_checksum_does_not_depend_on_how_the_data_comes(algorithm: str, pieces: list[bytes], kind: type) -> None:
    digest = checksums.new(algorithm)
    for piece in pieces:
        digest.update(kind(piece))
        digest.digest()
    assert checksums.as_text(digest.digest()) == checksums.checksum(algorithm, b"".join(pieces))
    assert len(digest.digest()) == checksums.ALGORITHMS[algorithm].digest_bytes


def digest_of(algorithm: str, data: bytes) -> bytes:
    found = checksums.from_text(algorithm, checksums.checksum(algorithm, data))
    assert found is not None
    return found


@given(algorithm=st.sampled_from(sorted(checksums.FULL_OBJECT)), parts=st.lists(st.binary(max_size=500), max_size=5))
def test_the_checksum_of_the_whole_follows_from_the_parts(algorithm: str, parts: list[bytes]) -> None:
    combined = checksums.full_object(algorithm, [(digest_of(algorithm, part), len(part)) for part in parts])
    assert combined == checksums.checksum(algorithm, b"".join(parts))


@settings(max_examples=20, deadline=None)
@given(algorithm=st.sampled_from(sorted(checksums.FULL_OBJECT)), size=st.integers(1, 5 * 2**40))
def test_parts_of_any_size_combine_as_the_common_runtime_does(algorithm: str, size: int) -> None:
    from awscrt import checksums as crt

    combine = getattr(crt, f"combine_{algorithm.lower()}")
    first, second = digest_of(algorithm, b"first"), digest_of(algorithm, b"second")
    expected = combine(int.from_bytes(first, "big"), int.from_bytes(second, "big"), size)
    combined = checksums.full_object(algorithm, [(first, 5), (second, size)])
    assert combined == checksums.as_text(expected.to_bytes(len(first), "big"))


@given(st.sampled_from(["CRC32", "SHA256"]), st.lists(st.binary(max_size=50), min_size=1, max_size=4))
def test_a_composite_checksum_is_that_of_the_digests_with_their_number(algorithm: str, parts: list[bytes]) -> None:
    digests = [digest_of(algorithm, part) for part in parts]
    expected = f"{checksums.checksum(algorithm, b''.join(digests))}-{len(parts)}"
    assert checksums.composite(algorithm, digests) == expected


def test_hashes_do_not_combine() -> None:
    with pytest.raises(KeyError):
        checksums.full_object("SHA256", [(b"", 0)])


@pytest.mark.parametrize("text", ["", "AAAA", "AAAAAA=", "*AAAAA==", "AAAAAAAA", "AAAAAA==\n", "é"])
def test_what_is_no_checksum_is_not_taken_for_one(text: str) -> None:
    assert checksums.from_text("CRC32", text) is None
    assert checksums.from_text("CRC32", "AAAAAA==") == bytes(4)


def test_compiled_libraries_are_imported_only_when_asked_for() -> None:
    program = (
        "import sys; from skyglobe.kernel import checksums; checksums.checksum('SHA256', b'');"
        "sys.exit('awscrt' in sys.modules or 'xxhash' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
