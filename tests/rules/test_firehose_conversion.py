"""Reading JSON by schemas: nothing that is read cannot be written, and no record is more than refused."""

import contextlib
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from skyglobe.services.firehose.converting import Conversion
from skyglobe.services.firehose.rules.conversion.schemas import BadSchema, columns_of, parse_type
from skyglobe.services.firehose.rules.processing import Record

primitives = st.sampled_from(
    ["boolean", "tinyint", "int", "bigint", "float", "double", "decimal(6,2)", "string", "binary", "date", "timestamp"]
)
types = st.recursive(
    primitives,
    lambda inner: st.one_of(
        inner.map(lambda one: f"array<{one}>"),
        inner.map(lambda one: f"map<string,{one}>"),
        st.tuples(inner, inner).map(lambda two: f"struct<x:{two[0]},y:{two[1]}>"),
    ),
    max_leaves=4,
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["2024-02-03", "2024-02-03 04:05:06", "12", "1e500", "\ud800", 1e400 - 1, 10**400, "9" * 5000]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(["x", "y", "1"]), inner, max_size=2)
    ),
    max_leaves=5,
)


@settings(max_examples=60)
@given(types, values, st.sampled_from([{"OpenXJsonSerDe": {}}, {"HiveJsonSerDe": {"TimestampFormats": ["millis"]}}]))
def test_a_value_is_written_or_refused(type_, value, deserializer):
    columns = columns_of([{"Name": "v", "Type": type_}, {"Name": "n", "Type": "int"}])
    conversion = Conversion(columns, "", deserializer, {"ParquetSerDe": {}}, {})
    records = [Record(json.dumps({"v": value, "n": 1}).encode(), 0), Record(b'{"n":2}', 0)]
    content, failed = conversion.convert(records)
    rows = parquet.read_table(io.BytesIO(content)).to_pydict()["n"]
    assert rows == ([2] if failed else [1, 2])


@given(st.text("structaymp<>:,(int)4 ", max_size=20))
def test_no_type_is_more_than_refused(text):
    with contextlib.suppress(BadSchema):
        parse_type(text)
