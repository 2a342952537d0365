"""Identifiers: their shapes, and that a seed repeats them."""

from __future__ import annotations

import re
import uuid

import pytest

from skyglobe.kernel.ids import Ids


def drawn(ids: Ids) -> list[object]:
    return [ids.uuid(), ids.hex("i-"), ids.principal("AKIA"), ids.secret(), ids.token(32)]


def test_uuids_are_of_version_four() -> None:
    ids = Ids()
    for _ in range(200):
        parsed = uuid.UUID(ids.uuid())
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_hex_ids_keep_their_leading_zeros() -> None:
    ids = Ids(seed=1)
    assert all(re.fullmatch(r"i-[0-9a-f]{17}", ids.hex("i-")) for _ in range(200))
    assert all(re.fullmatch(r"vpc-[0-9a-f]{8}", ids.hex("vpc-", 8)) for _ in range(200))


@pytest.mark.parametrize(("prefix", "size"), [("AKIA", 20), ("ASIA", 20), ("AIDA", 21), ("AROA", 21)])
def test_principals_ids_have_iams_length_and_alphabet(prefix: str, size: int) -> None:
    made = Ids().principal(prefix)
    assert len(made) == size
    assert re.fullmatch(prefix + "[A-Z2-7]+", made)


def test_secrets_have_forty_characters() -> None:
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", Ids().secret())


def test_a_seed_repeats_everything() -> None:
    assert drawn(Ids(seed=7)) == drawn(Ids(seed=7))
    assert drawn(Ids(seed=7)) != drawn(Ids(seed=8))


def test_without_a_seed_no_two_are_alike() -> None:
    assert not set(drawn(Ids())) & set(drawn(Ids()))


def test_each_start_of_a_seeded_cloud_draws_ids_of_its_own_and_the_same_each_time() -> None:
    def at_start(number: int) -> list[object]:
        ids = Ids(seed=7)
        ids.begin(number)
        return drawn(ids)

    assert at_start(1) == at_start(1)
    assert not set(at_start(1)) & set(at_start(2))
