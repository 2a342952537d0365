"""How capacity changes: by steps, towards a target, after cool-downs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.application_autoscaling.rules.steps import plan_steps, stepped
from skyglobe.services.application_autoscaling.rules.tracking import (
    Wait,
    base_of,
    may_scale_in,
    needed,
    proportional,
)


def step(adjustment, lower=None, upper=None):
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {name: value for name, value in bounds.items() if value is not None} | {"ScalingAdjustment": adjustment}


OUT = plan_steps([step(10, 0, 10), step(20, 10, 20), step(30, 20)])
IN = plan_steps([step(-10, -10, 0), step(-50, upper=-10)])


@pytest.mark.parametrize(
    ("steps", "kind", "beyond", "expected"),
    [
        (OUT, "PercentChangeInCapacity", 0, 11),
        (OUT, "PercentChangeInCapacity", 9.9, 11),
        (OUT, "PercentChangeInCapacity", 10, 12),
        (OUT, "PercentChangeInCapacity", 500, 13),
        (OUT, "ChangeInCapacity", 10, 30),
        (OUT, "ExactCapacity", 25, 30),
        (IN, "PercentChangeInCapacity", -5, 9),
        (IN, "PercentChangeInCapacity", -10, 5),
        (OUT, "ChangeInCapacity", -1, 10),  # no step for it
    ],
)
def test_the_step_that_covers_the_breach_decides(steps, kind, beyond, expected):
    assert stepped(steps, kind, 10, beyond) == expected


@pytest.mark.parametrize(
    ("current", "percent", "expected"), [(3, 20, 4), (3, -20, 2), (10, 67, 16), (10, -67, 4), (10, 0, 10), (0, 50, 0)]
)
def test_percent_is_rounded_towards_zero_and_never_to_it(current, percent, expected):
    assert stepped(plan_steps([step(percent, 0)]), "PercentChangeInCapacity", current, 1) == expected


def test_a_change_by_percent_can_have_a_least_size():
    assert stepped(OUT, "PercentChangeInCapacity", 10, 0, at_least=4) == 14
    assert stepped(IN, "PercentChangeInCapacity", 10, -5, at_least=4) == 6


@pytest.mark.parametrize(
    "given_steps",
    [
        [],
        [step(1, 0, 10), step(2, 5)],
        [step(1, 0, 10), step(2, 20)],
        [step(1, 10, 10)],
        [step(1, 0, 10)],
        [step(-1, -10, 0)],
        [step(1, number, number + 1) for number in range(21)],
    ],
)
def test_steps_with_gaps_overlaps_or_closed_ends_are_refused(given_steps):
    with pytest.raises(ValueError, match=r"[Ss]tep"):
        plan_steps(given_steps)


@given(st.floats(0, 1e6), st.integers(20, 90))
def test_what_is_needed_keeps_the_load_at_its_target_and_one_less_would_not(load, target):
    capacity = needed(load, target / 100)
    assert load <= capacity * target / 100 * (1 + 1e-6) + 1e-6
    assert capacity == 0 or (capacity - 1) * target / 100 < load


def test_a_capacity_that_fits_exactly_is_not_raised_by_rounding():
    assert needed(7, 0.7) == 10
    assert needed(21, 0.7) == 30
    assert proportional(10, 0.7, 0.7) == 10
    assert proportional(10, 0.9, 0.7) == 13


def test_cool_downs_hold_changes_up():
    wait = Wait(scaled_out_at=100_000, added=5)
    assert base_of(wait, 159_999, 60, 10) == 5
    assert base_of(wait, 160_000, 60, 10) == 10
    shrunk = Wait(scaled_out_at=100_000, added=5, scaled_in_at=200_000)
    assert not may_scale_in(shrunk, 259_999, 60)
    assert may_scale_in(shrunk, 260_000, 60)
    assert may_scale_in(Wait(scaled_out_at=210_000, scaled_in_at=200_000), 220_000, 60)
