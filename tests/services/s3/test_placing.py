"""Versions that were written elsewhere lie where their time says, in whatever order they arrive."""

from functools import partial

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.services.s3 import versions
from skyglobe.services.s3.records import Details, Object, objects, pack_details, past
from skyglobe.testing import TestCloud


def version_of(key, order, is_marker):
    return Object(
        bucket="orchard",
        key=key,
        order=order,
        modified_at=order,
        size_bytes=0,
        etag="" if is_marker else "e",
        storage_class="STANDARD",
        algorithm="",
        checksum_type="",
        details=pack_details(Details(spans=[])),
        version=f"{order:032x}",
    )


def placed(scope, key, found):
    for order, is_marker in found:
        versions.place(scope, version_of(key, order, is_marker))
    current = objects.find(scope, "orchard", key)
    return current.order if current is not None else None, [one.order for one in past.scan(scope, "orchard", key)]


def test_the_newest_is_current_unless_it_is_a_marker_and_all_others_are_past():
    cloud = TestCloud()
    keys = iter(range(1_000_000))

    @settings(max_examples=60)
    @given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, unique_by=lambda one: one[0]))
    def holds(found):
        work = partial(placed, key=f"k{next(keys)}", found=found)
        current, before = cloud.run(cloud.kernel.transact(work, "111111111111", "us-east-1"))
        newest_first = sorted(found, reverse=True)
        newest, is_marker = newest_first[0]
        assert current == (None if is_marker else newest)
        assert before == [order for order, _ in newest_first if order != current]

    try:
        holds()
    finally:
        cloud.close()
