"""Delays between HTTP deliveries: laws of the four phases."""

from hypothesis import assume, given
from hypothesis import strategies as st

from skyglobe.services.sns.rules.delivery_policies import DEFAULT_RETRY, FUNCTIONS, delay_of


@st.composite
def retries(draw):
    low = draw(st.integers(1, 100))
    phases = [draw(st.integers(0, 5)) for _ in range(4)]
    assume(sum(phases))
    return {
        "minDelayTarget": low,
        "maxDelayTarget": low + draw(st.integers(0, 100)),
        "numRetries": sum(phases),
        "numNoDelayRetries": phases[0],
        "numMinDelayRetries": phases[1],
        "numMaxDelayRetries": phases[2],
        "backoffFunction": draw(st.sampled_from(FUNCTIONS)),
    }


@given(retries())
def test_delays_never_shrink_and_stay_within_their_bounds(retry):
    delays = [delay_of(retry, number) for number in range(1, retry["numRetries"] + 1)]
    assert delays == sorted(delays)
    waiting = delays[retry["numNoDelayRetries"] :]
    assert delays[: retry["numNoDelayRetries"]] == [0] * retry["numNoDelayRetries"]
    assert all(retry["minDelayTarget"] <= delay <= retry["maxDelayTarget"] for delay in waiting)
    if len(waiting) > retry["numMinDelayRetries"]:
        assert waiting[-1] == retry["maxDelayTarget"]


def test_the_default_is_three_times_twenty_seconds():
    assert [delay_of(DEFAULT_RETRY, number) for number in (1, 2, 3)] == [20, 20, 20]
