"""Timestamps of S3 Select, by the examples of the user guide's page of date functions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.s3.selecting.timestamps import BadTimestamp, add, between, extracted, formatted, parsed


@pytest.mark.parametrize(
    ("part", "quantity", "to", "expected"),
    [
        ("year", 5, "2010-01-01T", "2015-01-01"),
        ("month", 1, "2010T", "2010-02T"),
        ("month", 13, "2010T", "2011-02T"),
        ("day", -1, "2017-01-10T", "2017-01-09"),
        ("hour", 1, "2017T", "2017-01-01T01:00Z"),
        ("hour", 1, "2017-01-02T03:04Z", "2017-01-02T04:04Z"),
        ("minute", 1, "2017-01-02T03:04:05.006Z", "2017-01-02T03:05:05.006Z"),
        ("second", 1, "2017-01-02T03:04:05.006Z", "2017-01-02T03:04:06.006Z"),
        ("month", 1, "2016-01-31", "2016-02-29"),
    ],
)
def test_adding(part, quantity, to, expected):
    assert str(add(part, quantity, parsed(to))) == expected


@pytest.mark.parametrize(
    ("part", "first", "second", "expected"),
    [
        ("year", "2010-01-01T", "2011-01-01T", 1),
        ("month", "2010T", "2010-05T", 4),
        ("month", "2010T", "2011T", 12),
        ("month", "2011T", "2010T", -12),
        ("day", "2010-01-01T23:00", "2010-01-02T01:00", 0),
        ("hour", "2010-01-01T23:00Z", "2010-01-02T01:00+01:00", 1),
    ],
)
def test_what_lies_between(part, first, second, expected):
    assert between(part, parsed(first), parsed(second)) == expected


@pytest.mark.parametrize(
    ("part", "expected"), [("hour", 3), ("minute", 4), ("timezone_hour", 7), ("timezone_minute", 8), ("year", 2017)]
)
def test_parts(part, expected):
    assert extracted(part, parsed("2017-01-02T03:04:05+07:08")) == expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("1969-07-20T20:18Z", "MMMM d, y", "July 20, 1969"),
        ("1969-07-20T20:18Z", "MMM d, yyyy", "Jul 20, 1969"),
        ("1969-07-20T20:18Z", "M-d-yy", "7-20-69"),
        ("1969-07-20T20:18Z", "MM-d-y", "07-20-1969"),
        ("1969-07-20T20:18Z", "MMMM d, y h:m a", "July 20, 1969 8:18 PM"),
        ("1969-07-20T20:18Z", "y-MM-dd'T'H:m:ssX", "1969-07-20T20:18:00Z"),
        ("1969-07-20T20:18+08:00", "y-MM-dd'T'H:m:ssXXXX", "1969-07-20T20:18:00+0800"),
        ("1969-07-20T20:18+08:00", "y-MM-dd'T'H:m:ssXXXXX", "1969-07-20T20:18:00+08:00"),
    ],
)
def test_patterns(text, pattern, expected):
    assert formatted(parsed(text), pattern) == expected


@pytest.mark.parametrize("text", ["", "2010", "2010-13T", "2010-01-01T1", "2010-01-01T25:00Z", "x", "2010-02-30"])
def test_what_is_no_timestamp(text):
    with pytest.raises(BadTimestamp):
        parsed(text)


@given(st.datetimes(), st.integers(0, 6), st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_again(at, digits, offset):
    fraction = f".{at.microsecond:06}"[: digits + 1] if digits else ""
    sign, away = ("-" if offset < 0 else "+"), abs(offset)
    zone = f"{sign}{away // 60:02}:{away % 60:02}" if offset else "Z"
    text = f"{at.year:04}-{at.month:02}-{at.day:02}T{at.hour:02}:{at.minute:02}:{at.second:02}{fraction}{zone}"
    assert str(parsed(text)) == text
