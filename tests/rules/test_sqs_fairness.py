"""Which tenants are noisy."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.sqs.rules.fairness import HALF_LIFE, faded, fading_rank, is_noisy


def test_a_tenant_is_noisy_by_its_share_of_what_is_in_flight():
    assert is_noisy(30, 299, 0, 0)
    assert not is_noisy(30, 300, 0, 0)
    assert not is_noisy(29, 29, 0, 0)


def test_a_tenant_is_noisy_by_its_share_of_the_consumers_time():
    assert is_noisy(1, 1000, 11, 100)
    assert not is_noisy(1, 1000, 10, 100)
    assert not is_noisy(0, 0, 0, 0)


def test_time_spent_is_forgotten_by_halves():
    assert faded(1000, 0, HALF_LIFE) == 500
    assert faded(1000, 5, 5) == 1000


TIMES = st.integers(min_value=0, max_value=10 * HALF_LIFE)
SPENT = st.floats(min_value=0, max_value=1e9)


@given(SPENT, TIMES, SPENT, TIMES)
def test_ranks_order_tenants_as_their_faded_times_do(spent, since, other_spent, other_since):
    now = max(since, other_since)
    one, other = faded(spent + 1, since, now), faded(other_spent + 1, other_since, now)
    if one > other * 1.001:
        assert fading_rank(spent, since) > fading_rank(other_spent, other_since)
