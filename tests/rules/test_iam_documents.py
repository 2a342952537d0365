"""Policy documents: their size, where their statements stand, what they ask for."""

import json

from hypothesis import given
from hypothesis import strategies as st

from skyglobe.policy import parse_policy
from skyglobe.services.iam.rules.context_keys import keys_of_policies, missing_keys
from skyglobe.services.iam.rules.documents import shown_document, size_of
from skyglobe.services.iam.rules.positions import spans_of_statements

TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
STATEMENTS = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.just("s3:*"), "Resource": st.just("*")},
    optional={"Condition": st.dictionaries(st.just("StringLike"), st.dictionaries(st.just("aws:x"), TEXTS))},
)
POLICIES = st.one_of(STATEMENTS, st.lists(STATEMENTS, min_size=1, max_size=4)).flatmap(
    lambda statement: st.permutations([("Version", "2012-10-17"), ("Id", 'a"}{'), ("Statement", statement)]).map(dict)
)
FORMS = st.sampled_from([None, 0, 1, "\t"])


def offset(text, position):
    """Return where a line and a column are in a text."""
    lines = text.split("\n")[: position.line - 1]
    return sum(len(line) + 1 for line in lines) + position.column - 1


@given(POLICIES, FORMS)
def test_what_stands_at_a_statements_place_is_that_statement(policy, indent):
    text = json.dumps(policy, indent=indent)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    spans = spans_of_statements(text)
    found = [json.loads(text[offset(text, span.start) : offset(text, span.end)]) for span in spans]
    assert found == statements


@given(POLICIES)
def test_how_a_document_is_laid_out_does_not_count(policy):
    sizes = {size_of(json.dumps(policy, indent=indent)) for indent in (0, 1, 4, "\t")}
    assert len(sizes) == 1


@given(st.text(max_size=50))
def test_a_shown_document_is_plain_ascii_and_comes_back(text):
    from urllib.parse import unquote

    shown = shown_document(text)
    assert shown.isascii()
    assert not set(shown) & set(' "{}:/,')
    assert unquote(shown) == text


def test_keys_are_told_once_whatever_their_case():
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/${aws:username}/${*}",
        "Condition": {"StringEquals": {"AWS:UserName": "x", "s3:prefix": "${aws:PrincipalTag/a, 'none'}"}},
    }
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": statement}), "identity")
    assert [key.lower() for key in keys_of_policies([policy])] == ["aws:principaltag/a", "aws:username", "s3:prefix"]
    assert missing_keys([policy], "s3:PutObject", "*", {}) == []
    assert missing_keys([policy], "s3:GetObject", "*", {"s3:prefix": "", "aws:username": ""}) == ["aws:PrincipalTag/a"]


def test_variables_are_text_in_documents_of_the_old_version():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/${aws:username}"}
    policy = parse_policy(json.dumps({"Version": "2008-10-17", "Statement": statement}), "identity")
    assert keys_of_policies([policy]) == []
