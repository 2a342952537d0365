"""Expressions on partitions against what they mean, said in another way."""

import contextlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from skyglobe.services.glue.rules.predicates import BadExpression, compile_predicate
from skyglobe.services.glue.rules.predicates.compiling import is_like

KEYS = [("a", "int"), ("b", "string")]
numbers = st.integers(-3, 3)
texts = st.text("xy'", max_size=2)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


leaves = st.one_of(
    st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), numbers).map(
        lambda one: (f"a {one[0]} {one[1]}", f"a {one[0].replace('<>', '!=') if one[0] != '=' else '=='} {one[1]}")
    ),
    texts.map(lambda text: (f"b = {quoted(text)}", f"b == {text!r}")),
    st.lists(texts, min_size=1, max_size=3).map(
        lambda some: (f"b IN ({', '.join(map(quoted, some))})", f"b in {tuple(some)!r}")
    ),
    st.tuples(numbers, numbers).map(lambda one: (f"a BETWEEN {one[0]} AND {one[1]}", f"{one[0]} <= a <= {one[1]}")),
)


def _joined(children):
    pair = st.tuples(children, st.sampled_from(["and", "or"]), children)
    return st.one_of(
        pair.map(lambda one: (f"({one[0][0]} {one[1].upper()} {one[2][0]})", f"({one[0][1]} {one[1]} {one[2][1]})")),
        children.map(lambda one: (f"NOT ({one[0]})", f"not ({one[1]})")),
    )


@settings(max_examples=40)
@given(st.recursive(leaves, _joined, max_leaves=8), numbers, texts)
def test_an_expression_means_what_it_says(expression, a, b):
    sql, python = expression
    predicate = compile_predicate(sql, KEYS)
    assert predicate.matches([str(a), b]) is eval(python, {"a": a, "b": b})
    if predicate.matches([str(a), b]):
        assert predicate.equal.get("b", b) == b


@given(st.text("ab%_", max_size=8), st.text("ab", max_size=8))
def test_a_like_pattern_is_what_a_regular_expression_says(pattern, text):
    source = "".join({"%": ".*", "_": "."}.get(one, one) for one in pattern)
    assert is_like(text, pattern) is bool(re.fullmatch(source, text))


@given(st.text("ab1.'\"`(<>=!,-+) \x00ßinotNULLlike", max_size=30))
def test_no_text_is_more_than_refused(text):
    with contextlib.suppress(BadExpression):
        compile_predicate(text, KEYS)
