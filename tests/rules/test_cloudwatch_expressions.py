"""Whatever an expression says, it comes to something or is refused in words."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.metric_points import Series as Measured
from skyglobe.services.cloudwatch.rules.composites import BadRule, parse_rule
from skyglobe.services.cloudwatch.rules.expressions.evaluating import evaluate
from skyglobe.services.cloudwatch.rules.expressions.functions import FUNCTIONS
from skyglobe.services.cloudwatch.rules.expressions.values import Band, MathError, Series, Setting, Unbuilt
from skyglobe.services.cloudwatch.rules.searching import BadSearch, compile_search

MINUTE = 60_000
LINES = {
    "m1": Series({at * MINUTE: float(at) for at in range(5)}, 60, "one", "m1"),
    "m2": Series({MINUTE: -1.5, 3 * MINUTE: 1e308}, 60, "two", "m2"),
    "m3": Series({}, 60, "none", "m3"),
}
SETTING = Setting(
    find=LINES.get,
    metrics=lambda: list(LINES.values()),
    search=lambda text, statistic, period: [LINES["m1"]],
    band=lambda line, width: Band(line, line),
    start=0,
    stop=5 * MINUTE,
    period=60,
)
ATOMS = st.sampled_from(
    ["m1", "m2", "m3", "m4", "0", "2.5", "1e400", "'text'", "METRICS()", "REPEAT", "ASC", "[m1, m2]"]
)


def larger(inner):
    arguments = st.lists(inner, max_size=4).map(", ".join)
    return st.one_of(
        st.builds("{}({})".format, st.sampled_from(sorted(FUNCTIONS)), arguments),
        st.builds(
            "({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "^", "<", "==", "AND", "||"]), inner
        ),
        st.builds("-{}".format, inner),
    )


@given(st.recursive(ATOMS, larger, max_leaves=12))
def test_expressions_come_to_something_or_are_refused(text):
    with contextlib.suppress(MathError, Unbuilt):
        evaluate(text, SETTING)


MARKS = st.sampled_from(
    ["(", ")", "[", "]", ",", "m1", "2", "+", "-", "^", "AND", "SUM", "'a", '"', "$", "IF(", "{", "}", "="]
)


@given(st.lists(MARKS, max_size=12).map(" ".join))
def test_what_is_no_expression_search_or_rule_is_refused(text):
    with contextlib.suppress(MathError, Unbuilt):
        evaluate(text, SETTING)
    with contextlib.suppress(BadSearch):
        means = compile_search(text)
        means(Measured(namespace="m1", name="SUM", dimensions=(("a", "2"),), number=1, seen_at=0))
    with contextlib.suppress(BadRule):
        parse_rule(text).holds({"m1": "ALARM"})
