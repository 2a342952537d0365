"""How long is 4d12h?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.admin.durations import MAX_TURN, parse_duration, parse_instant, spoken_duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30d", timedelta(days=30)),
        ("4d12h", timedelta(days=4, hours=12)),
        ("4d 12h", timedelta(days=4, hours=12)),
        ("90s", timedelta(seconds=90)),
        ("1w", timedelta(weeks=1)),
        ("1.5h", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("2M", timedelta(minutes=2)),
        ("3d23h59m", timedelta(days=4) - timedelta(minutes=1)),
        ("0s", timedelta()),
    ],
)
def test_durations_are_written_as_people_write_them(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", " ", "30", "4x", "d", "-1d", "1d-1h", "1 day", "1d,", "١d", "1e3s", "9" * 400 + "d"]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"no duration|hundred years"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=MAX_TURN))
def test_milliseconds_are_read_exactly(duration):
    milliseconds = round(duration.total_seconds() * 1000)
    if timedelta(milliseconds=milliseconds) <= MAX_TURN:
        assert parse_duration(f"{milliseconds}ms") == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    "text", ["2026-12-31T00:00:00Z", "2026-12-31T01:00:00+01:00", "2026-12-31", "2026-12-31T00:00"]
)
def test_an_instant_without_a_zone_is_utc(text):
    assert parse_instant(text) == datetime(2026, 12, 31, tzinfo=UTC)


def test_what_is_no_instant_is_refused():
    with pytest.raises(ValueError, match="'tomorrow' is no instant"):
        parse_instant("tomorrow")


@pytest.mark.parametrize(
    ("duration", "spoken"),
    [
        (timedelta(days=4, hours=12, minutes=7), "4 d 12 h"),
        (timedelta(seconds=90), "1 min 30 s"),
        (timedelta(), "0 s"),
        (timedelta(days=36_525), "36,525 d"),
        (timedelta(days=1, seconds=1), "1 d 1 s"),
    ],
)
def test_durations_are_told_by_the_two_largest_units_that_matter(duration, spoken):
    assert spoken_duration(duration) == spoken
