"""What would have to change for a denied question to be allowed."""

import pytest
from hypothesis import HealthCheck, given, settings

from skyglobe.policy import Question, decide, remedies
from tests.policies.tables import CALLERS, HERE, NAMES, full, policies_of, rows
from tests.policies.test_against_naive import LAYERS, QUESTIONS, compiled

OBJECT, ANA, EVE = NAMES["object"], NAMES["ana"], NAMES["eve"]


def _decide(row, context=None):
    action, resource = row.get("action", "s3:GetObject"), full(row.get("on", "object"))
    return decide(Question(CALLERS[row["caller"]], action, resource, context or {}, HERE), policies_of(row))


@pytest.mark.parametrize("row", rows("layers") + rows("doors"), ids=lambda row: row["row"])
def test_each_denial_has_changes_that_begin_with_its_layer(row):
    decision = _decide(row)
    changes = remedies(decision)
    assert bool(changes) == (not decision.is_allowed)
    if changes:
        assert changes[0].layer == decision.layer
        assert (changes[0].kind == "remove") == (decision.outcome == "explicitDeny")
        assert len(changes) < 10


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(QUESTIONS, LAYERS)
def test_the_changes_always_come_to_an_end(question, layers):
    # The engine tries each change before it looks for the next: fewer than the bound means that all together allow.
    assert len(remedies(decide(question, compiled(layers)))) < 64


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (
            {"caller": "ana"},
            [f"Allow s3:GetObject on {OBJECT} in an identity-based policy of {ANA}."],
        ),
        (
            {"caller": "ana", "identity": "+s3:* @bucket"},
            [f"Let the Resource of statement 1 of identity-+s3:* @bucket mean {OBJECT}."],
        ),
        (
            {"caller": "ana", "identity": "+s3:* if Bool aws:Mfa=true"},
            [
                "Meet the condition of statement 1 of identity-+s3:* if Bool aws:Mfa=true: aws:Mfa Bool true.",
            ],
        ),
        (
            {"caller": "ana", "identity": "+*; -s3:*"},
            ["Remove statement 2 of identity-+*; -s3:*, or let it speak of less: it denies."],
        ),
        (
            {"caller": "eve"},
            [
                f"Allow s3:GetObject on {OBJECT} for {EVE} in the policy of {OBJECT}.",
                f"Allow s3:GetObject on {OBJECT} in an identity-based policy of {EVE}.",
            ],
        ),
        (
            {"caller": "ana", "identity": "+*", "scps": "+* > +sqs:*", "boundary": "+s3:* @bucket"},
            [
                f"Allow s3:GetObject on {OBJECT} in the service control policies of the level that lacks it.",
                f"Let the Resource of statement 1 of boundary mean {OBJECT}.",
            ],
        ),
        (
            {"caller": "ana", "identity": "+*", "boundary": "+*", "resource": "-s3:* @objects for !ana, here-root"},
            [
                (
                    "Rewrite statement 1 of resource: NotPrincipal spares nobody who has a permissions boundary. "
                    "ArnNotEquals with aws:PrincipalArn does."
                ),
            ],
        ),
        (
            {"caller": "ana", "identity": "broken"},
            [
                "Correct identity-broken, which cannot be read: Policy statement must contain actions.",
                f"Allow s3:GetObject on {OBJECT} in an identity-based policy of {ANA}.",
            ],
        ),
    ],
)
def test_changes_are_told_in_sentences(row, told):
    assert [change.text for change in remedies(_decide(row))] == told
