"""What is kept in memory is bounded, and each cloud has its own."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.caches import Caches


@given(st.lists(st.integers(0, 20)), st.integers(1, 8))
def test_a_cache_never_holds_more_than_it_may_and_always_the_last(keys, most):
    cache = Caches().of("some", most)
    for key in keys:
        cache.keep(key, key * 2)
        assert len(cache) <= most
        assert cache[key] == key * 2


def test_caches_are_found_by_name():
    caches = Caches()
    caches.of("one", 2).keep("a", 1)
    assert caches.of("one", 2)["a"] == 1
    assert "a" not in caches.of("other", 2)
