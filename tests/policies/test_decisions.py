"""Decisions by the tables beside this file: outcome and layer of each row."""

from __future__ import annotations

import pytest

from skyglobe.policy import Question, decide
from tests.policies.tables import CALLERS, HERE, context_of, full, policies_of, rows


def _decide(row):
    caller = CALLERS[row["caller"]]
    action = row.get("action", "s3:GetObject")
    question = Question(caller, action, full(row.get("on", "object")), context_of(row.get("context", "")), HERE)
    return decide(question, policies_of(row))


def _told(decision):
    return f"{decision.outcome} {decision.layer or 'none'}"


@pytest.mark.spec("PEV-002", "PEV-003", "PEV-004", "PEV-005", "PEV-006", "PEV-107", "PEV-108")
@pytest.mark.parametrize("row", rows("layers"), ids=lambda row: row["row"])
def test_each_layer_has_its_say_in_order(row):
    assert _told(_decide(row)) == row["expected"]


@pytest.mark.parametrize("row", rows("doors"), ids=lambda row: row["row"])
def test_roles_and_keys_are_opened_by_their_own_policy_only(row):
    assert _told(_decide(row)) == row["expected"]


@pytest.mark.parametrize("row", rows("layers") + rows("doors"), ids=lambda row: row["row"])
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


@pytest.mark.parametrize("row", rows("layers") + rows("doors"), ids=lambda row: row["row"])
def test_only_denials_have_a_message(row):
    decision = _decide(row)
    assert bool(decision.message) != decision.is_allowed
