"""Kinesis's laws: sequence numbers, hash ranges, iterators, resharding."""

import itertools

from hypothesis import example, given
from hypothesis import strategies as st

from skyglobe.services.kinesis.rules.hashing import SPACE, Span, even_spans
from skyglobe.services.kinesis.rules.iterators import Position, open_iterator, seal_iterator
from skyglobe.services.kinesis.rules.names import parse_shard_id, shard_after, shard_id
from skyglobe.services.kinesis.rules.resharding import Split, plan_doubling, plan_uniform
from skyglobe.services.kinesis.rules.sequences import Sequence, base_of, numbered, parse_sequence

seconds = st.integers(0, 2**40)
orders = st.integers(0, 2**63)
indexes = st.integers(0, 2**31)


@given(seconds, orders, indexes)
def test_a_sequence_number_says_where_it_is_from(created, order, index):
    assert parse_sequence(numbered(base_of(created, index), order)) == Sequence(created, order, index)


@given(seconds, orders, orders, indexes)
def test_sequence_numbers_of_a_shard_grow_with_its_orders(created, one, other, index):
    base = base_of(created, index)
    assert (int(numbered(base, one)) < int(numbered(base, other))) == (one < other)


@given(st.integers(1_500_000_000, 4_000_000_000), orders, indexes)
def test_sequence_numbers_have_56_digits(created, order, index):
    assert len(numbered(base_of(created, index), order)) == 56


@example("²")
@given(st.text() | st.integers(0, 2**190).map(str))
def test_what_is_read_as_a_sequence_number_is_one(text):
    found = parse_sequence(text)
    if found is not None:
        assert numbered(base_of(found.created_s, found.shard), found.order) == text


@given(st.integers(1, 300))
def test_even_spans_cover_all_hash_keys(count):
    spans = even_spans(count)
    assert (spans[0].start, spans[-1].end) == (0, SPACE - 1)
    assert all(one.end + 1 == other.start for one, other in itertools.pairwise(spans))
    sizes = [span.end - span.start for span in spans]
    assert max(sizes) - min(sizes) <= 1


def applied(spans, steps):
    starts = {span.start for span in spans}
    for step in steps:
        assert (step.at in starts) != isinstance(step, Split)
        starts ^= {step.at}
    bounds = [*sorted(starts), SPACE]
    return [Span(one, other - 1) for one, other in itertools.pairwise(bounds)]


@given(st.sets(st.integers(1, SPACE - 1), max_size=20), st.integers(1, 40))
def test_uniform_scaling_ends_with_even_spans_wherever_it_begins(cuts, count):
    bounds = [0, *sorted(cuts), SPACE]
    spans = [Span(one, other - 1) for one, other in itertools.pairwise(bounds)]
    assert applied(spans, plan_uniform(spans, count)) == even_spans(count)
    assert len(applied(spans, plan_doubling(spans))) == len(spans) + sum(span.end > span.start for span in spans)


numbers = st.integers(0, 2**64 - 1)
positions = st.builds(
    Position,
    st.from_regex(r"[0-9]{12}", fullmatch=True).filter(str.isascii),
    st.from_regex(r"[a-zA-Z0-9_.-]{1,128}", fullmatch=True),
    numbers,
    st.integers(0, 2**32 - 1),
    numbers,
    numbers,
    numbers,
)


@given(positions)
def test_an_iterator_is_opened_by_its_cloud_only(position):
    sealed = seal_iterator(position, b"secret")
    assert len(sealed) <= 512
    assert open_iterator(sealed, b"secret") == position
    assert open_iterator(sealed, b"other") is None


@given(st.text(max_size=600))
def test_any_text_is_an_iterator_or_not(text):
    assert open_iterator(text, b"secret") is None
    assert open_iterator("AAAAAAAAAA" + text, b"secret") is None


@given(st.integers(0, 10**12 - 1))
def test_shard_ids_are_read_back(index):
    assert parse_shard_id(shard_id(index)) == index
    assert shard_after(shard_id(index)) == index + 1
