"""Decisions by the tables beside this file: outcome and layer of each row."""

from __future__ import annotations

import json

import pytest

from skyglobe.policy import PolicySet, Question, Source, decide, parse_policy
from tests.policies.tables import CALLERS, HERE, NAMES, conditions_of, context_of, full, policies_of, rows, statement_of


def _decide(row):
    caller = CALLERS[row["caller"]]
    action = row.get("action", "s3:GetObject")
    question = Question(caller, action, full(row.get("on", "object")), context_of(row.get("context", "")), HERE)
    return decide(question, policies_of(row))


def _told(decision):
    return f"{decision.outcome} {decision.layer or 'none'}"


@pytest.mark.parametrize("row", rows("layers"), ids=lambda row: row["row"])
def test_each_layer_has_its_say_in_order(row):
    assert _told(_decide(row)) == row["expected"]


@pytest.mark.parametrize("row", rows("doors"), ids=lambda row: row["row"])
def test_roles_and_keys_are_opened_by_their_own_policy_only(row):
    assert _told(_decide(row)) == row["expected"]


@pytest.mark.parametrize("row", rows("finer"), ids=lambda row: row["row"])
def test_the_finer_points_are_as_awss_pages_tell_them(row):
    assert _told(_decide(row)) == row["expected"]


@pytest.mark.parametrize("row", rows("layers") + rows("doors") + rows("finer"), ids=lambda row: row["row"])
def test_the_explanation_agrees_with_the_decision(row):
    decision = _decide(row)
    verdicts = {(step.layer, step.verdict) for step in decision.trail}
    denying = [layer for layer, verdict in verdicts if verdict == "denies"]
    assert bool(denying) == (decision.outcome == "explicitDeny")
    if denying:
        assert decision.layer in denying
    if decision.outcome == "allowed" and decision.layer:
        assert (decision.layer, "allows") in verdicts
    for match in decision.matched:
        assert any(
            step.statement is match.statement and step.source is match.source and not step.element
            for step in decision.trail
        )


@pytest.mark.parametrize("row", rows("layers") + rows("doors") + rows("finer"), ids=lambda row: row["row"])
def test_only_denials_have_a_message(row):
    decision = _decide(row)
    assert bool(decision.message) != decision.is_allowed


OBJECT = NAMES["object"]


def _ask(statement, version, action="s3:GetObject", resource=OBJECT, context=None):
    allow = parse_policy(json.dumps({"Version": version, "Statement": statement}), "identity")
    question = Question(CALLERS["ana"], action, resource, context or {}, HERE)
    return decide(question, PolicySet(identity=(Source(allow, "p"),)))


NOW = "2012-10-17"
BROAD = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.mark.parametrize("row", rows("conditions"), ids=lambda row: row["row"])
def test_a_condition_holds_or_not(row):
    written = conditions_of(row["condition"])
    context = context_of(row["request"])
    allow = {**BROAD, "Condition": written}
    assert (
        _told(_ask(allow, NOW, context=context))
        == {
            "yes": "allowed identity",
            "no": "implicitDeny identity",
        }[row["holds"]]
    )
    deny = {**allow, "Effect": "Deny"}
    assert (
        _told(_ask([BROAD, deny], NOW, context=context))
        == {
            "yes": "explicitDeny identity",
            "no": "allowed identity",
        }[row["holds"]]
    )


@pytest.mark.parametrize(
    "row",
    [row for row in rows("conditions") if row["holds"] == "no" and " and " not in row["condition"]],
    ids=lambda row: row["row"],
)
def test_the_explanation_names_the_condition_that_failed(row):
    context = context_of(row["request"])
    ((operator, keys),) = conditions_of(row["condition"]).items()
    ((key, values),) = keys.items()
    decision = _ask({**BROAD, "Condition": {operator: keys}}, NOW, context=context)
    (step,) = decision.trail
    assert (step.element, step.verdict) == ("Condition", "does not apply")
    (failed,) = step.failed
    assert (failed.operator, failed.key, list(failed.expected)) == (operator, key, values)
    actual = context.get(key.lower())
    assert failed.actual == ((actual,) if isinstance(actual, str) else tuple(actual) if actual else None)


@pytest.mark.parametrize("row", rows("fits"), ids=lambda row: row["row"])
def test_actions_and_resources_fit_or_not(row):
    statement = statement_of(f"+{row['action']} @{row['resource']}", "identity")
    decision = _ask(statement, NOW, row["asked"], full(row["of"]), context_of(row["context"]))
    assert decision.is_allowed == (row["fits"] == "yes")
    denying = _ask(
        [BROAD, {**statement, "Effect": "Deny"}], NOW, row["asked"], full(row["of"]), context_of(row["context"])
    )
    assert denying.outcome == ("explicitDeny" if row["fits"] == "yes" else "allowed")


@pytest.mark.parametrize(
    ("variable", "context", "team"),
    [
        ("${aws:PrincipalTag/team, 'all'}", {}, "all"),
        ("${aws:PrincipalTag/team, 'all'}", {"aws:principaltag/team": "blue"}, "blue"),
        ("${aws:PrincipalTag/team,'all'}", {}, "all"),
        ("${ aws:PrincipalTag/team , 'a, b' }", {}, "a, b"),
        ("${aws:PrincipalTag/team, ''}", {}, ""),
        ("${aws:PrincipalTag/team, 'all'}", {"aws:principaltag/team": []}, "all"),
        ("${aws:PrincipalTag/my team}", {"aws:principaltag/my team": "red"}, "red"),
    ],
)
def test_a_variable_without_value_takes_its_default(variable, context, team):
    statement = {**BROAD, "Resource": f"arn:aws:s3:::bucket/{variable}/x"}
    resource = f"arn:aws:s3:::bucket/{team}/x"
    assert _ask(statement, NOW, resource=resource, context=context).is_allowed
    assert not _ask(statement, NOW, resource=resource + "y", context=context).is_allowed


def test_a_variable_of_several_values_has_none_and_takes_no_default():
    statement = {**BROAD, "Resource": "arn:aws:s3:::bucket/${aws:x, 'all'}"}
    context = {"aws:x": ["all", "some"]}
    assert not _ask(statement, NOW, resource="arn:aws:s3:::bucket/all", context=context).is_allowed


def test_variables_are_plain_text_in_the_old_version():
    statement = {**BROAD, "Resource": "arn:aws:s3:::bucket/${aws:username}"}
    context = {"aws:username": "ana"}
    assert not _ask(statement, "2008-10-17", resource="arn:aws:s3:::bucket/ana", context=context).is_allowed
    assert _ask(statement, "2008-10-17", resource="arn:aws:s3:::bucket/${aws:username}", context=context).is_allowed
    assert _ask(statement, NOW, resource="arn:aws:s3:::bucket/ana", context=context).is_allowed


def test_a_canonical_user_stands_for_its_account():
    owner = "ab" * 32
    grant = {**BROAD, "Principal": {"CanonicalUser": owner}}
    bucket = Source(parse_policy({"Version": NOW, "Statement": grant}, "resource"), "bucket")
    own = Source(parse_policy({"Version": NOW, "Statement": BROAD}, "identity"), "p")
    question = Question(CALLERS["eve"], "s3:GetObject", full("object"), {}, HERE, canonical_user=owner)
    assert decide(question, PolicySet(identity=(own,), resource=bucket)).is_allowed
    other = question._replace(canonical_user="cd" * 32)
    assert _told(decide(other, PolicySet(identity=(own,), resource=bucket))) == "implicitDeny resource"


HEAD = f"User: {NAMES['ana']} is not authorized to perform: s3:GetObject on resource: {OBJECT}"
COLUMN = {"scp": "scps", "rcp": "rcps"}


@pytest.mark.parametrize(
    ("layer", "explicit", "implicit"),
    [
        ("identity", "an identity-based policy", "identity-based policy"),
        ("boundary", "a permissions boundary", "permissions boundary"),
        ("session", "a session policy", "session policy"),
        ("scp", "a service control policy", "service control policy"),
        ("rcp", "a resource control policy", "resource control policy"),
        ("endpoint", "a VPC endpoint policy", "VPC endpoint policy"),
    ],
)
def test_a_denial_names_the_layer_in_awss_words(layer, explicit, implicit):
    column = COLUMN.get(layer, layer)
    row = {"caller": "ana", "identity": "+*"}
    assert _decide({**row, column: "+*; -s3:*"}).message == f"{HEAD} with an explicit deny in {explicit}"
    nothing = "none" if layer == "rcp" else "+sqs:*"
    assert _decide({**row, column: nothing}).message == f"{HEAD} because no {implicit} allows the s3:GetObject action"


def test_a_resource_policys_denial_says_so():
    denied = _decide({"caller": "ana", "identity": "+*", "resource": "-s3:*"})
    assert denied.message == f"{HEAD} with an explicit deny in a resource-based policy"
    missing = _decide({"caller": "eve", "identity": "+*"})
    assert missing.message.endswith(" because no resource-based policy allows the s3:GetObject action")
    nobody = _decide({"caller": "nobody"})
    assert nobody.message.startswith("User: anonymous is not authorized to perform: s3:GetObject")


def test_a_trust_policys_denial_says_so():
    row = {"caller": "ana", "action": "sts:AssumeRole", "on": "dev", "identity": "+*"}
    denied = _decide({**row, "trust": "-sts:* for here"})
    assert denied.message.endswith(" with an explicit deny in the role trust policy")
    missing = _decide({**row, "trust": "+sts:* for bob"})
    assert missing.message.endswith(
        "on resource: arn:aws:iam::111122223333:role/dev because no role trust policy allows the sts:AssumeRole action"
    )


def test_a_statement_is_found_by_source_and_number():
    decision = _decide({"caller": "ana", "identity": "+sqs:*; +s3:* & +*"})
    (match,) = decision.matched
    assert (match.layer, match.source.name, match.statement.number) == ("identity", "identity-+sqs:*; +s3:*", 2)
