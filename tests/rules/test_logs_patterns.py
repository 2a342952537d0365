"""Filter patterns: the user guide's examples, and laws that hold of all patterns."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.services.logs.rules.patterns import BadPattern, Subject, compile_pattern

LINES = ["[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST", "[ERROR 419] MISSING ARGUMENTS", "[INFO] fine"]
TRAIL = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "ThisFlag": True,
        "cluster.name": "c",
        "latency": 55.5,
        "errorCode": 400,
    }
)
PEOPLE = json.dumps(
    {
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
        "actions": ["GET", "PUT", "DELETE"],
        "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
    }
)
ACCESS = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
FAILED = "ERROR 09/25/2014 12:00:02 Failed to process request"


def matches(pattern, text):
    return compile_pattern(pattern).matches(Subject(text))


def extracted(pattern, text):
    return compile_pattern(pattern).extract(Subject(text))


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("", [0, 1, 2, 3]),
        ('" "', [0, 1, 2, 3]),
        ("ERROR", [0, 1, 2]),
        ("ERROR ARGUMENTS", [2]),
        ("?ERROR ?fine", [0, 1, 2, 3]),
        ("?BAD ?MISSING", [0, 2]),
        ("?BAD ?MISSING REQUEST", [0, 1]),
        ("ERROR -ARGUMENTS", [0, 1]),
        ("-REQUEST", [2, 3]),
        ('"BAD REQUEST"', [0]),
        ('-"BAD REQUEST" ERROR', [1, 2]),
        ("error", []),
        ("%AUTHORIZED%", [1]),
        (r"%\[ERROR 4[01]\d\]%", [0, 1, 2]),
        (r"%^\[INFO|GUMENTS$%", [2, 3]),
        ("-%4.0%", [1, 2, 3]),
    ],
)
@pytest.mark.spec("CWL-015")
def test_terms(pattern, found):
    assert [place for place, line in enumerate(LINES) if matches(pattern, line)] == found


def test_a_quoted_term_may_hold_quotation_marks_and_backslashes():
    assert matches(r'"say \"no\" \\ yes"', r'they say "no" \ yes')
    assert not matches(r'"say \"no\""', "they say no")


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ("{$.eventType=UpdateTrail}", True),
        ("{ $.eventType = Update* }", True),
        ('{ $.eventType = "*Trail" }', True),
        ("{ $.eventType = *dateT* }", True),
        ("{ $.eventType = Up*Trail }", False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress != 111.* }", False),
        ('{ $.arrayKey[0] = "value" }', True),
        ("{ $.arrayKey[2] = * }", False),
        ("{ $.arrayKey != nothing }", False),
        ("{ $.absent != nothing }", False),
        ("{ $.objectList[1].id = 2 }", True),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.eventType != %^Trail% }", True),
        ("{ $.arrayKey[*] = %val.{2}% }", True),
        (r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", True),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ("{ $['cluster.name'] = c }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.eventType IS NULL }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.ThisFlag IS TRUE }", True),
        ("{ $.ThisFlag IS FALSE }", False),
        ("{ $.latency >= 55.5 }", True),
        ("{ $.latency < 5.55e1 }", False),
        ("{ $.latency > +1 }", True),
        ("{ $.latency = * }", True),
        ("{ $.errorCode = 400}", True),
        ("{ $.errorCode = 4e+2}", True),
        ("{ $.errorCode = 4* }", True),
        ("{ $.errorCode != 500 }", True),
        ("{ $.eventType > 5 }", False),
    ],
)
@pytest.mark.spec("CWL-015")
def test_json_events(pattern, expected):
    assert matches(pattern, TRAIL) is expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        ('{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "no" && $.actions[2] = "no" }', True),
        ('{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "no") && $.actions[2] = "no" }', False),
        ('{ ($.user.id = 2 && $.users[0].email = "no") || $.actions[2] = "GET" }', False),
        ("{ $.coordinates[1][2] = 6 }", True),
    ],
)
def test_and_binds_closer_than_or_and_parentheses_closest(pattern, expected):
    assert matches(pattern, PEOPLE) is expected


def test_what_is_no_json_meets_no_json_pattern():
    for text in ("plain", "{", '{"a": NaN}', "[" * 100_000, '{"a": 1e99999999999999999999}', '"text"', ""):
        assert not matches("{ $.a NOT EXISTS }", text)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
        ("[..., request =*.html*, status_code = 4*, bytes]", True),
        ("[ip, user, ..., status_code, bytes > 1534]", False),
        ("[ip, user, ..., status_code, bytes >= 1.534e3]", True),
        ("[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 4* && status_code != 404, bytes]", False),
        ("[a, b, c, d, e, f, g, h]", False),
        ("[..., size]", True),
        ("[ip, ...]", True),
        ("[timestamp=*Oct*, ...]", False),
    ],
)
@pytest.mark.spec("CWL-015")
def test_space_delimited_events(pattern, expected):
    assert matches(pattern, ACCESS) is expected


def test_words_in_order():
    assert matches("[w1=ERROR, w2]", FAILED)
    assert matches("[w1=ERROR || w1=WARNING, w2]", FAILED)
    assert not matches("[w1!=ERROR && w1!=WARNING, w2]", FAILED)
    assert not matches("[w1=!ERROR&&w1=!WARN, w2]", FAILED)
    assert matches("[w1!=ERROR, w2]", "INFO 09/25/2014")
    assert not matches("[w1=ERROR, w2]", "ERROR")


def test_the_guides_example_of_extracted_fields():
    assert extracted("[..., request=*.html*, status_code=4*,]", ACCESS) == {
        "$status_code": "404",
        "$request": "GET /index.html HTTP/1.0",
        "$7": "1534",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$3": "frank",
        "$2": "Prod",
        "$1": "127.0.0.1",
    }
    assert extracted("[level, rest]", "INFO and so on") == {"$level": "INFO", "$rest": "and so on"}


def test_json_patterns_extract_what_they_speak_of():
    assert extracted("{ $.latency > 5 && $.eventType = * && $.nothing NOT EXISTS }", TRAIL) == {
        "$.latency": "55.5",
        "$.eventType": "UpdateTrail",
    }
    pattern = compile_pattern("{ $.latency = * }")
    assert pattern.find(Subject('{"latency": 1.50, "size": 7}'), "$.size") == "7"
    assert pattern.find(Subject('{"latency": 1.50}'), "$.latency") == "1.50"


@pytest.mark.parametrize(
    "pattern",
    [
        "a:b",
        '"open',
        "%open",
        "%something!%",
        "%(a)%",
        "%ä%",
        r"%\b%",
        "%%",
        "%a**%",
        "%a% %b% %c%",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a > x }",
        "{ $.a = 1 } b",
        "{ $a = 1 }",
        "{ $.a IS 1 }",
        "{ $.a IS NOT NULL }",
        "{ $.a EXISTS }",
        "{ $.a.*.b[*] = 1 }",
        "{ $.a = 1 && }",
        "{ ($.a = 1 }",
        "{" + "(" * 200 + "$.a = 1" + ")" * 200 + "}",
        "{ $.* = 1 && $.* = 2 && $.* = 3 && $.* = 4 }",
        "{ $.a[x] = 1 }",
        "[a, b",
        "[a, ..., b, ...]",
        "[a = 1 && b = 2]",
        "[a > x]",
        "[a] b",
    ],
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(BadPattern):
        compile_pattern(pattern)


def test_no_regular_expression_takes_longer_than_its_text():
    assert not matches("%a*a*a*a*a*a*b%", "a" * 100_000)
    assert matches("%a*a*a*a*a*a*b$%", "a" * 5_000 + "b")


def test_a_text_of_open_brackets_is_split_in_linear_time():
    assert len(Subject("[ " * 200_000).fields) == 200_000


WORDS = st.text(st.sampled_from("ab1"), min_size=1, max_size=3)
VALUES = st.one_of(WORDS, st.integers(-5, 5), st.floats(-5, 5, width=16))


@given(st.lists(WORDS, min_size=1, max_size=3), st.text(st.sampled_from("ab1 "), max_size=12))
def test_terms_are_all_required_some_required_or_none_allowed(words, text):
    assert matches(" ".join(words), text) == all(word in text for word in words)
    assert matches(" ".join(f'?"{word}"' for word in words), text) == any(word in text for word in words)
    assert matches(" ".join(f"-{word}" for word in words), text) == (not any(word in text for word in words))


@given(VALUES, VALUES)
def test_a_value_equals_or_differs_and_numbers_are_ordered(mine, theirs):
    document = json.dumps({"a": mine})
    operand = f'"{theirs}"' if isinstance(theirs, str) else repr(theirs)
    equal, differs = matches(f"{{ $.a = {operand} }}", document), matches(f"{{ $.a != {operand} }}", document)
    assert equal != differs
    if not isinstance(theirs, str):
        below, above = matches(f"{{ $.a < {operand} }}", document), matches(f"{{ $.a > {operand} }}", document)
        if isinstance(mine, str):
            assert not below
            assert not above
        else:
            assert below + above + equal == 1
            assert below == (Decimal(repr(mine)) < Decimal(repr(theirs)))


CONDITIONS = st.tuples(st.sampled_from("abc"), st.sampled_from(["=", "!=", "<", ">"]), st.integers(0, 3))
EXPRESSIONS = st.recursive(
    CONDITIONS,
    lambda inner: st.tuples(st.sampled_from(["&&", "||"]), st.lists(inner, min_size=2, max_size=3)),
    max_leaves=8,
)


def written(expression):
    if expression[0] in ("&&", "||"):
        return "(" + f" {expression[0]} ".join(map(written, expression[1])) + ")"
    return f"$.{expression[0]} {expression[1]} {expression[2]}"


def naive(expression, document):
    if expression[0] in ("&&", "||"):
        return (all if expression[0] == "&&" else any)([naive(inner, document) for inner in expression[1]])
    name, operator, number = expression
    value = document[name]
    return {"=": value == number, "!=": value != number, "<": value < number, ">": value > number}[operator]


@given(EXPRESSIONS, st.fixed_dictionaries({name: st.integers(0, 3) for name in "abc"}))
def test_compound_expressions_agree_with_a_naive_reading(expression, document):
    assert matches("{" + written(expression) + "}", json.dumps(document)) == naive(expression, document)


@given(
    st.from_regex(r"(\[ab[0-9]\]\+?|[a-c]\*?|\.|a\{1,2\}|\\d){1,5}", fullmatch=True),
    st.text(st.sampled_from("ab1"), max_size=8),
)
def test_regular_expressions_agree_with_pythons(source, text):
    assert matches(f"%{source}%", text) == (re.search(source, text) is not None)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_is_refused(text):
    try:
        pattern = compile_pattern(text)
    except BadPattern:
        return
    pattern.extract(Subject("a b c"))
    pattern.matches(Subject('{"a": 1}'))


@given(
    st.lists(
        st.text(st.characters(blacklist_characters='"[]', blacklist_categories=["Z", "C"]), min_size=1), max_size=5
    )
)
def test_fields_are_what_stands_between_spaces(words):
    assert Subject(" ".join(words)).fields == words
