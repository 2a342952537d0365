"""How S3 Select's values compare and reckon, whatever they are: never a defect."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.s3.selecting.documents import MISSING, walk
from skyglobe.services.s3.selecting.expressions import query_of
from skyglobe.services.s3.selecting.paths import plain_sql, split_path
from skyglobe.services.s3.selecting.timestamps import Timestamp

EXPRESSIONS = [
    *(f"s.a {sign} s.b" for sign in ("=", "<", ">=", "<>", "+", "-", "*", "/", "%", "||")),
    *(f"CAST(s.a AS {kind})" for kind in ("INT", "FLOAT", "DECIMAL", "STRING", "BOOL", "TIMESTAMP")),
    *("s.a BETWEEN 1 AND s.b", "s.a IN (s.b, 'x', 2.5)", "s.a LIKE s.b", "NOT s.a AND s.b", "s.a[0].b", "-s.a"),
    *("SUBSTRING(s.a, s.b)", "TRIM(s.a)", "CHAR_LENGTH(s.a)", "NULLIF(s.a, s.b)", "COALESCE(s.a, s.b)"),
    *("DATE_ADD(day, s.a, s.b)", "DATE_DIFF(month, s.a, s.b)", "EXTRACT(year FROM s.a)", "TO_STRING(s.a, s.b)"),
    *("SUM(s.a)", "AVG(s.a)", "MIN(s.a)", "MAX(s.b)", "COUNT(s.a)", "CASE WHEN s.a = 1 THEN s.b ELSE 2 END"),
]
ODD = ["NaN", "1e999999999", "-7", "2.50", "2017-01-01T", MISSING, Timestamp(datetime(2020, 1, 1, tzinfo=UTC))]

values = st.recursive(
    st.sampled_from(ODD)
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)


@pytest.fixture(scope="module")
def plans():
    """Return a function that makes plans of one expression each, over rows with the fields ``a`` and ``b``."""
    connection = pytest.importorskip("duckdb").connect()

    def made(expression):
        return query_of(connection, f"SELECT {expression} AS x FROM S3Object s", 0, is_of_documents=True).plan

    return made


@settings(max_examples=60)  # more find no more: six thousand did not
@given(st.sampled_from(EXPRESSIONS), values, values)
def test_every_expression_over_any_values_has_an_answer_or_is_refused(plans, expression, a, b):
    row = {name: value for name, value in (("a", a), ("b", b)) if value is not MISSING}
    try:
        count = len(list(plans(expression).run([row, row])))
    except ServiceError as error:
        count = 2 if error.status == 400 else 0
    assert count in (1, 2)


@given(st.lists(st.sampled_from("ab") | st.integers(0, 2) | st.none(), max_size=4), values)
def test_a_path_always_leads_to_something(steps, value):
    assert list(walk(value, tuple(steps)))


@given(st.lists(st.text(min_size=1, max_size=4) | st.integers(0, 99) | st.none(), max_size=4))
def test_paths_are_read_as_they_are_written(steps):
    def written(step):
        if step is None:
            return "[*]"
        return f"[{step}]" if isinstance(step, int) else "['" + step.replace("'", "''") + "']"

    text, path = split_path("SELECT 'FROM S3Object[*].x' FROM S3Object[*]" + "".join(map(written, steps)) + " s")
    assert path == (tuple(steps) or None)
    assert text.split() == ["SELECT", "'FROM", "S3Object[*].x'", "FROM", "S3Object", "s"]


def test_what_is_quoted_stays_as_it_is():
    assert plain_sql("""'a IS MISSING' "b IS MISSING" c""") == """'a IS MISSING' "b IS MISSING" c"""
    assert plain_sql("`2017T`") == "CAST('2017T' AS TIMESTAMP)"
    assert "<>" in plain_sql("a is not missing")
