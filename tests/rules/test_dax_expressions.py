"""Expressions that went through Amazon's client mean what they meant."""

import pytest
from amazondax.CborSExprGenerator import encode_expressions

from skyglobe.services.dax.rules.expressions import Expressions, projected_paths
from skyglobe.services.dax.rules.framing import Malformed
from skyglobe.services.dax.rules.values import encode

VALUES = {f":{name}": {"N": str(place)} for place, name in enumerate("xyz")}


def condition_of(text, **names):
    values = {name: value for name, value in VALUES.items() if name in text}
    sent = encode_expressions(text, None, None, None, None, names, values).Condition
    expressions = Expressions()
    return expressions.condition(sent), expressions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = :x", "#n0 = :v0"),
        ("a <> :x AND b <= :y", "#n0 <> :v0 AND #n1 <= :v1"),
        ("(a = :x OR b = :y) AND c = :z", "(#n0 = :v0 OR #n1 = :v1) AND #n2 = :v2"),
        ("a = :x OR b = :y AND c = :z", "#n0 = :v0 OR #n1 = :v1 AND #n2 = :v2"),
        ("NOT (a = :x AND b = :y)", "NOT (#n0 = :v0 AND #n1 = :v1)"),
        ("NOT a = :x", "NOT #n0 = :v0"),
        ("a BETWEEN :x AND :y", "#n0 BETWEEN :v0 AND :v1"),
        ("a IN (:x, :y, :z)", "#n0 IN (:v0, :v1, :v2)"),
        ("size(a.b[2].c) > :x", "size(#n0.#n1[2].#n2) > :v0"),
        ("attribute_exists(a) AND begins_with(a, :x)", "attribute_exists(#n0) AND begins_with(#n0, :v0)"),
        ("attribute_type(a, :x)", "attribute_type(#n0, :v0)"),
        ("contains(a, :x)", "contains(#n0, :v0)"),
        ("a = :x AND b = :x", "#n0 = :v0 AND #n1 = :v0"),
    ],
)
def test_conditions_come_back(text, expected):
    found, expressions = condition_of(text)
    assert found == expected
    assert (
        list(expressions.names.values())
        == [name for name in "abc" if name in text.replace("size", "")][: len(expressions.names)]
    )


def test_three_hundred_terms_come_back():
    text = " AND ".join(["a = :x"] * 300)
    assert condition_of(text)[0] == " AND ".join(["#n0 = :v0"] * 300)


def test_updates_come_back_by_their_clauses():
    text = "SET a = if_not_exists(a, :x) + :y, b.c = list_append(b.c, :z) REMOVE d[0] ADD e :x DELETE f :y"
    sent = encode_expressions(None, None, None, text, None, {}, VALUES).Update
    expressions = Expressions()
    assert expressions.update(sent) == (
        "SET #n0 = if_not_exists(#n0, :v0) + :v1, #n1.#n2 = list_append(#n1.#n2, :v2) "
        "REMOVE #n3[0] ADD #n4 :v0 DELETE #n5 :v1"
    )


def test_projections_are_read_as_paths_of_whole_attributes():
    sent = encode_expressions(None, None, None, None, "#n.b[1], c, a.z", {"#n": "a"}, {}).Projection
    paths = projected_paths(sent)
    assert paths == [("a", "b", 1), ("c",), ("a", "z")]
    expressions = Expressions()
    assert expressions.roots(paths) == "#n0, #n1"
    assert expressions.placeholders() == {"ExpressionAttributeNames": {"#n0": "a", "#n1": "c"}}


@pytest.mark.parametrize(
    "sent",
    [None, 5, [], [1], [2, [0], []], [1, [], []], [1, [99, 1], []], [1, [0, [17, 0], [17, 1]], []], [1, [18], []]],
)
def test_what_is_malformed_is_refused(sent):
    with pytest.raises(ValueError, match=r".+"):
        Expressions().condition(encode(sent))
    with pytest.raises(Malformed):
        projected_paths(encode([1, [[18, 5]]]))
