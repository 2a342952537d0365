"""Byte ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3.rules.ranges import Span, Unsatisfiable, parse_copy_range, parse_range


@given(size=st.integers(1, 50), first=st.integers(0, 60), last=st.integers(0, 60))
def test_a_range_means_what_slicing_means(size: int, first: int, last: int) -> None:
    data = bytes(range(size))
    if last < first:
        assert parse_range(f"bytes={first}-{last}", size) is None
    elif first >= size:
        with pytest.raises(Unsatisfiable):
            parse_range(f"bytes={first}-{last}", size)
    else:
        span = parse_range(f"bytes={first}-{last}", size)
        assert span is not None
        assert data[span.start : span.start + span.length] == data[first : last + 1]


@given(size=st.integers(1, 50), count=st.integers(1, 60))
def test_a_suffix_is_the_end(size: int, count: int) -> None:
    data = bytes(range(size))
    span = parse_range(f"bytes=-{count}", size)
    assert span is not None
    assert data[span.start : span.start + span.length] == data[-count:]


@pytest.mark.parametrize("header", ["bytes=-0", "bytes=0-", "bytes=0-5", "bytes=-5"])
def test_an_empty_object_has_no_range(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        parse_range(header, 0)


@pytest.mark.parametrize(
    "header", [None, "", "bytes", "bytes=", "bytes=-", "bytes=1-2,4-5", "bytes=٣-٤", "bytes=" + "9" * 99 + "-"]
)
def test_what_is_no_range_asks_for_everything(header: str | None) -> None:
    assert parse_range(header, 10) is None


def test_a_span_describes_itself() -> None:
    assert Span(5, 10).content_range(100) == "bytes 5-14/100"


@pytest.mark.parametrize(
    ("text", "span"), [("bytes=0-0", Span(0, 1)), ("bytes=5-9", Span(5, 5)), ("bytes=5-", None), ("bytes=9-5", None)]
)
def test_a_copied_range_has_both_ends(text: str, span: Span | None) -> None:
    assert parse_copy_range(text) == span
