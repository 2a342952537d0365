"""What data make of an alarm: the tables of the user guide, and laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.cloudwatch.rules.statistics import percentile
from skyglobe.services.cloudwatch.rules.verdicts import Datum, judge

KEEP = ""


def data_of(text):
    """Read ``0 - X - X``: what is within the threshold, missing, or breaching."""
    marks = text.split()
    return [Datum(at, None if mark == "-" else 1.0, mark == "X") for at, mark in enumerate(marks)]


@pytest.mark.parametrize(
    ("wanted", "text", "missing", "ignore", "breaching", "not_breaching"),
    [
        # User guide, "How alarm state is evaluated when data is missing": three periods, a range of five.
        (3, "0 - X - X", "OK", "OK", "OK", "OK"),
        (3, "0 - - - -", "OK", "OK", "OK", "OK"),
        (3, "- - - - -", "INSUFFICIENT_DATA", KEEP, "ALARM", "OK"),
        (3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (3, "- - X - -", "ALARM", KEEP, "ALARM", "OK"),
        (2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
        (2, "0 - X - -", "OK", "OK", "ALARM", "OK"),
        (2, "- - - - 0", "OK", "OK", "ALARM", "OK"),
        (2, "- - - X -", "ALARM", KEEP, "ALARM", "OK"),
        # The same page, "Avoiding premature transitions to alarm state".
        (3, "- - - - X", KEEP, KEEP, "ALARM", "OK"),
    ],
)
def test_missing_data_are_judged_as_the_user_guide_says(wanted, text, missing, ignore, breaching, not_breaching):
    treatments = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for treatment, expected in treatments.items():
        assert judge(data_of(text), 3, wanted, treatment).state == expected, treatment


@given(st.lists(st.booleans(), min_size=3, max_size=8), st.integers(1, 6))
def test_without_gaps_the_latest_periods_alone_decide(breaching, wanted):
    periods = max(1, len(breaching) - 2)
    wanted = min(wanted, periods)
    data = [Datum(at, 1.0, one) for at, one in enumerate(breaching)]
    verdict = judge(data, periods, wanted, "missing")
    assert verdict.state == ("ALARM" if sum(breaching[-periods:]) >= wanted else "OK")


@given(st.lists(st.integers(0, 50), min_size=1), st.floats(0.1, 100))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(numbers, percent):
    counted = {float(value): float(numbers.count(value)) for value in numbers}
    found = percentile(sorted(counted.items()), percent)
    reach = sum(value <= found for value in numbers) / len(numbers) * 100
    below = sum(value < found for value in numbers) / len(numbers) * 100
    assert reach >= percent - 1e-6
    assert below < percent + 1e-6
