"""Schedule expressions: when they are due."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.schedules import BadSchedule, parse_schedule


def instant(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def due(text, after, count=1, zone="UTC", since=0):
    """Return when a schedule is due, as UTC text."""
    schedule, at, found = parse_schedule(text, zone, since), instant(after), []
    while len(found) < count and (at := schedule.next_after(at)) is not None:
        found.append(datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M"))
    return found


@pytest.mark.parametrize(
    ("text", "after", "expected"),
    [
        ("at(2026-11-27T20:00:00)", "2026-11-27T19:00", ["2026-11-27T20:00"]),
        ("at(2026-11-27T20:00:00)", "2026-11-27T20:00", []),
        ("cron(0 9 * * ? *)", "2026-11-27T09:00", ["2026-11-28T09:00"]),
        ("cron(0/20 8-9 ? * MON-FRI *)", "2026-11-27T09:30", ["2026-11-27T09:40", "2026-11-30T08:00"]),
        ("cron(0 0 L * ? *)", "2027-02-01T00:00", ["2027-02-28T00:00", "2027-03-31T00:00"]),
        ("cron(0 0 1W * ? *)", "2027-04-30T00:00", ["2027-05-03T00:00"]),  # the first is a Saturday
        ("cron(0 0 LW 1 ? 2027)", "2027-01-01T00:00", ["2027-01-29T00:00"]),
        ("cron(0 0 ? * 6L *)", "2026-11-01T00:00", ["2026-11-27T00:00", "2026-12-25T00:00"]),
        ("cron(0 0 ? * TUE#2 *)", "2026-11-01T00:00", ["2026-11-10T00:00", "2026-12-08T00:00"]),
        ("cron(0 0 ? * FRI-SUN *)", "2026-11-26T00:00", ["2026-11-27T00:00", "2026-11-28T00:00", "2026-11-29T00:00"]),
        ("cron(0 0 29 2 ? *)", "2026-01-01T00:00", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2025)", "2026-01-01T00:00", []),
    ],
)
def test_a_schedule_is_due_when_its_text_says(text, after, expected):
    assert due(text, after, max(len(expected), 1)) == expected


def test_cron_follows_the_clocks_of_its_zone_into_and_out_of_summer():
    assert due("cron(30 9 * * ? *)", "2026-03-07T15:00", 2, "America/New_York") == [
        "2026-03-08T13:30",
        "2026-03-09T13:30",
    ]
    # Half past two is left out on the day that has none, and comes once on the day that has it twice.
    assert due("cron(30 2 * * ? *)", "2026-03-07T08:00", 1, "America/New_York") == ["2026-03-09T06:30"]
    assert due("cron(30 1 * * ? *)", "2026-11-01T00:00", 2, "America/New_York") == [
        "2026-11-01T05:30",
        "2026-11-02T06:30",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "", "at(2026-13-01T00:00:00)", "at(tomorrow)", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)",
        "rate(5 seconds)", "cron(0 9 * * *)", "cron(0 9 * * * *)", "cron(0 9 ? * ? *)", "cron(60 9 * * ? *)",
        "cron(0 9 32 * ? *)", "cron(0 9 ? * 8 *)", "cron(0 9 5-3 * ? *)", "cron(*/0 9 * * ? *)", "cron(a 9 * * ? *)",
        "cron(0 9 0W * ? *)", "cron(0 9 ? * 3#6 *)", "cron(0 9 * * ? 1969)", "cron(² 9 * * ? *)",
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(text):
    with pytest.raises(BadSchedule):
        parse_schedule(text)


def test_what_is_no_time_zone_is_refused():
    for name in ("Mars/Base", "", "../etc/passwd"):
        with pytest.raises(BadSchedule):
            parse_schedule("cron(0 9 * * ? *)", name)


@given(st.integers(0, 2**42), st.integers(1, 10_000), st.integers(0, 2**42))
def test_a_rate_is_due_in_equal_steps_from_its_beginning_on(since, minutes, after):
    schedule = parse_schedule(f"rate({minutes} minute{'s' if minutes > 1 else ''})", since=since)
    at = schedule.next_after(after)
    assert at > after
    assert (at - since) % (minutes * 60_000) == 0
    assert at == since or at - minutes * 60_000 <= after


@given(st.integers(0, 2**42), st.sampled_from(["15 10 ? * MON-FRI *", "0/7 3,4 1,15 * ? *", "0 0 LW * ? *"]))
def test_cron_never_goes_back(after, text):
    at = parse_schedule(f"cron({text})", "Europe/Berlin").next_after(after)
    assert at is None or at > after
