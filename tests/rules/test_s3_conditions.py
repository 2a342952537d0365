"""Preconditions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from skyglobe.services.s3.rules.conditions import Conditions, etag_listed, evaluate, evaluate_copy, plain_etag

AT = 1_700_000_000_500  # half a second past
NOW = AT + 60_000
SAME = datetime.fromtimestamp(1_700_000_000, UTC)
BEFORE = datetime.fromtimestamp(1_699_999_999, UTC)
AFTER = datetime.fromtimestamp(1_700_000_001, UTC)
FUTURE = datetime.fromtimestamp(1_700_009_999, UTC)


@pytest.mark.parametrize(
    ("conditions", "outcome"),
    [
        (Conditions(), ""),
        (Conditions(if_match="abc"), ""),
        (Conditions(if_match='"other"'), "If-Match"),
        (Conditions(if_match='"abc"', if_unmodified_since=BEFORE), ""),
        (Conditions(if_unmodified_since=BEFORE), "If-Unmodified-Since"),
        (Conditions(if_unmodified_since=SAME), ""),
        (Conditions(if_none_match='"abc"'), "not modified"),
        (Conditions(if_none_match='"other"', if_modified_since=AFTER), ""),
        (Conditions(if_none_match='W/"abc"'), "not modified"),
        (Conditions(if_modified_since=SAME), "not modified"),
        (Conditions(if_modified_since=BEFORE), ""),
        (Conditions(if_modified_since=FUTURE), ""),
        (Conditions(if_match='"other"', if_none_match='"abc"'), "If-Match"),
    ],
)
def test_reads(conditions: Conditions, outcome: str) -> None:
    assert evaluate(conditions, "abc", AT, NOW) == outcome


def test_what_is_not_modified_for_a_read_fails_a_copy() -> None:
    assert evaluate_copy(Conditions(if_none_match="abc"), "abc", AT, NOW) == "If-None-Match"
    assert evaluate_copy(Conditions(if_modified_since=SAME), "abc", AT, NOW) == "If-Modified-Since"
    assert evaluate_copy(Conditions(if_none_match="x", if_modified_since=SAME), "abc", AT, NOW) == ""


@pytest.mark.parametrize(
    ("header", "found"),
    [("*", True), (" * ", True), ('"a", "abc"', True), ("abc", True), ('"a","b"', False), ("", False)],
)
def test_lists_of_entity_tags(header: str, found: bool) -> None:
    assert etag_listed(header, "abc") is found


def test_an_entity_tag_is_stripped_to_its_text() -> None:
    assert plain_etag(' W/"abc-2" ') == "abc-2"
