"""The caches of a DAX cluster, without one."""

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.dax.caching import MAX_NOTED, OVERHEAD_BYTES, Cache, ClusterCache


def test_the_least_recently_used_goes_first():
    cache = Cache(3 * (OVERHEAD_BYTES + 11))
    for name in "abc":
        cache.keep(name, b"0123456789", 0)
    cache.find("a", 0, 0)
    cache.keep("d", b"0123456789", 0)
    assert [cache.find(name, 0, 0) is not None for name in "abcd"] == [True, False, True, True]


def test_what_has_no_room_is_not_kept():
    cache = Cache(OVERHEAD_BYTES + 5)
    cache.keep("a", bytes(5), 0)
    assert cache.find("a", 0, 0) is None
    assert cache.used_bytes == 0


def test_entries_end_with_their_time():
    cache = Cache(10_000)
    cache.keep("a", None, 1_000)
    assert cache.find("a", 1_999, 1_000) is not None
    assert cache.find("a", 2_000, 1_000) is None
    cache.keep("a", None, 1_000)
    assert cache.find("a", 10**12, 0) is not None


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.none() | st.binary(max_size=300), st.booleans())))
def test_the_bytes_in_use_are_those_of_the_entries(steps):
    cache = Cache(1_000)
    for key, content, is_kept in steps:
        if is_kept:
            cache.keep(key, content, 0)
        else:
            cache.forget(key)
        held = [one for name in "abcdef" if (one := cache.find(name, 0, 0)) is not None]
        assert cache.used_bytes == sum(OVERHEAD_BYTES + 1 + len(one.content or b"") for one in held) <= 1_000


def test_a_read_that_began_before_a_write_is_not_remembered():
    cache = ClusterCache(100_000)
    key = ("items", "a")
    began = cache.begin_read()
    cache.keep_written(key, b"new", 0)
    cache.keep_read(key, b"old", 0, began)
    assert cache.items.find(key, 0, 0).content == b"new"
    early, order = cache.begin_read(), cache.note_write(key)
    cache.note_write(key)
    cache.keep_written(key, b"first of two", 0, order)
    cache.keep_read(key, b"old", 0, early)
    assert cache.items.find(key, 0, 0) is None
    for place in range(MAX_NOTED + 1):
        cache.note_write(("items", str(place)))
    cache.keep_read(("items", "b"), b"old", 0, early)
    assert cache.items.find(("items", "b"), 0, 0) is None
