"""Bucket names, keys and regions."""

from __future__ import annotations

import pytest

from skyglobe.services.s3.rules.names import is_account_regional, is_bucket_name, key_bytes, throughput_prefix
from skyglobe.services.s3.rules.regions import place_bucket

KNOWN = ("EU", "eu-west-1", "eu-central-1")


@pytest.mark.parametrize("name", ["abc", "a.b", "1-2", "a" * 63, "0.0.0.a", "xn-abc"])
def test_names_within_the_rules(name: str) -> None:
    assert is_bucket_name(name)


@pytest.mark.parametrize(
    "name",
    ["", "ab", "a" * 64, "A-b-c", "a_b", "a..b", "-ab", "ab.", "1.2.3.4", "xn--a1", "base--use1-az4--x-s3", "äbc"],
)
def test_names_that_break_them(name: str) -> None:
    assert not is_bucket_name(name)


def test_the_form_of_account_regional_names() -> None:
    assert is_account_regional("fruit-000000000000-us-gov-east-1-an")
    assert not is_account_regional("fruit-of-japan")


def test_a_key_counts_in_bytes() -> None:
    assert (key_bytes("abc"), key_bytes("é"), key_bytes("🔑")) == (3, 2, 4)


@pytest.mark.parametrize(("key", "prefix"), [("a", ""), ("a/b", "a/"), ("a/b/", "a/b/"), ("/", "/")])
def test_rates_are_counted_by_everything_up_to_the_last_slash(key: str, prefix: str) -> None:
    assert throughput_prefix(key) == prefix


@pytest.mark.parametrize(
    ("region", "constraint", "expected"),
    [
        ("us-east-1", None, ("us-east-1", None)),
        ("us-east-1", "eu-west-1", ("eu-west-1", None)),
        ("us-east-1", "EU", ("eu-west-1", None)),
        ("eu-west-1", "EU", ("eu-west-1", None)),
        ("eu-west-1", "eu-west-1", ("eu-west-1", None)),
        ("eu-west-1", None, ("eu-west-1", "illegal unspecified")),
        ("eu-west-1", "eu-central-1", ("eu-central-1", "illegal")),
        ("us-east-1", "us-east-1", ("us-east-1", "invalid")),
        ("us-east-1", "", ("", "invalid")),
        ("us-east-1", "mars-north-1", ("mars-north-1", "invalid")),
    ],
)
def test_where_a_bucket_is_made(region: str, constraint: str | None, expected: tuple[str, str | None]) -> None:
    assert place_bucket(region, constraint, KNOWN) == expected
