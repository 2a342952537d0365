"""Page tokens: opaque, bound to their list and place, and not to be forged."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.pagination import MAX_TOKEN_CHARACTERS, InvalidToken, seal, unseal
from skyglobe.kernel.scope import Scope

parts = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.binary() | st.text()
)
positions = st.lists(parts, max_size=4).map(tuple)


def scope(account: str = "1" * 12, region: str = "us-east-1", secret: bytes = b"s" * 32) -> Scope:
    kernel: Any = SimpleNamespace(secret=secret)
    writes: Any = None
    return Scope(kernel, writes, account, region, 0)


HERE = scope()


@given(positions)
def test_a_token_brings_back_its_position(position: tuple[Any, ...]) -> None:
    assert unseal(HERE, "queues", seal(HERE, "queues", position)) == position


@pytest.mark.parametrize(
    ("there", "list_name"),
    [
        (HERE, "topics"),
        (scope(account="2" * 12), "queues"),
        (scope(region="eu-west-1"), "queues"),
        (scope(secret=b"t" * 32), "queues"),
    ],
    ids=["list", "account", "region", "cloud"],
)
def test_a_token_counts_for_its_own_list_account_region_and_cloud_only(there: Scope, list_name: str) -> None:
    token = seal(HERE, "queues", ("a", 1))
    with pytest.raises(InvalidToken):
        unseal(there, list_name, token)


@given(positions, st.data())
def test_a_token_changed_in_any_character_is_refused(position: tuple[Any, ...], data: st.DataObject) -> None:
    token = seal(HERE, "queues", position)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda letter: letter != token[at]))
    with pytest.raises(InvalidToken):
        unseal(HERE, "queues", token[:at] + other + token[at + 1 :])


@given(positions, st.data())
def test_a_token_with_something_added_or_missing_is_refused(position: tuple[Any, ...], data: st.DataObject) -> None:
    token = seal(HERE, "queues", position)
    cut = data.draw(st.integers(0, len(token) - 1))
    added = data.draw(st.text(min_size=1, max_size=3))
    for changed in (token[:cut], token + added, token[:cut] + added + token[cut:]):
        with pytest.raises(InvalidToken):
            unseal(HERE, "queues", changed)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_made_up_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        unseal(HERE, "queues", token)


def test_overlong_tokens_are_refused_unread() -> None:
    with pytest.raises(InvalidToken):
        unseal(HERE, "queues", "A" * (MAX_TOKEN_CHARACTERS + 1))
