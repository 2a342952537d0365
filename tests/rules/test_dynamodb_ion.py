"""The law of DynamoDB's Ion: what is written of an item is read as the same item."""

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.services.dynamodb.rules.ion import ion_line, read_ion_line
from skyglobe.services.dynamodb.rules.numbers import canonical
from skyglobe.services.dynamodb.rules.values import measure_item

texts = st.text(max_size=12)
blobs = st.binary(max_size=12)
numbers = st.builds(
    lambda digits, exponent: canonical(f"{digits}E{exponent}"),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-130, 87),
)


def kind(name, contents):
    return contents.map(lambda content: {name: content})


scalars = st.one_of(
    kind("S", texts), kind("N", numbers), kind("B", blobs), kind("BOOL", st.booleans()), st.just({"NULL": True})
)
sets = st.one_of(
    kind("SS", st.lists(texts, min_size=1, max_size=4, unique=True)),
    kind("NS", st.lists(numbers, min_size=1, max_size=4, unique=True)),
    kind("BS", st.lists(blobs, min_size=1, max_size=4, unique=True)),
)
values = st.recursive(
    scalars | sets,
    lambda inner: kind("L", st.lists(inner, max_size=4)) | kind("M", st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=40)
@given(st.dictionaries(texts.filter(bool), values, max_size=5))
def test_an_item_is_read_as_it_was_written(item):
    measure_item(item)  # which makes it canonical, as every write does
    line = ion_line({"Item": item})
    assert line.startswith(b"$ion_1_0 {Item:{")
    assert line.count(b"\n") == 1
    found = read_ion_line(line.removesuffix(b"\n"))
    assert found is not None
    measure_item(found)
    assert found == item


@settings(max_examples=40)
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: b"$ion_1_0 {Item:{" + text.encode() + b"}}"))
def test_a_line_of_anything_is_an_item_or_none(line):
    found = read_ion_line(line)
    assert found is None or isinstance(found, dict)
