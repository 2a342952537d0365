"""Trust policies: whom they may name, and what is shown of those who are gone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.iam.rules.trust import plan_trust, resolve_trust

ARNS = [f"arn:aws:iam::111122223333:user/u{number}" for number in range(4)]
IDS = {arn: f"AIDA{'A' * 16}{'BCDE'[number]}" for number, arn in enumerate(ARNS)}


def document(*principals):
    statements = [{"Effect": "Allow", "Principal": one, "Action": "sts:AssumeRole"} for one in principals]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def planned(text):
    return plan_trust(text, "aws", IDS.get, lambda named: named in IDS.values())


@given(st.lists(st.lists(st.sampled_from(ARNS), min_size=1, max_size=3), min_size=1, max_size=3))
def test_as_long_as_all_live_a_trust_policy_reads_as_written(named):
    short, ids = planned(document(*({"AWS": arns} for arns in named)))
    arns = {unique_id: arn for arn, unique_id in ids.items()}
    assert resolve_trust(short, ids, arns.get) == short
    assert set(ids) == {arn for group in named for arn in group}
    assert json.loads(resolve_trust(short, ids, {}.get)) == json.loads(
        document(*({"AWS": [IDS[arn] for arn in arns]} for arns in named))
    )


def test_a_unique_id_may_be_named_as_long_as_somebody_has_it():
    known = IDS[ARNS[0]]
    assert json.loads(planned(document({"AWS": known}))[0])["Statement"][0]["Principal"] == {"AWS": known}
    with pytest.raises(ServiceError, match='Invalid principal in policy: "AWS":"AIDAZ'):
        planned(document({"AWS": "AIDA" + "Z" * 17}))


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/Role/session"},
        {"Service": ["ec2.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]},
        {"Federated": "cognito-identity.amazonaws.com"},
        {"Federated": "arn:aws:iam::111122223333:oidc-provider/later.example.com/id"},
    ],
)
def test_these_are_taken_as_they_are(principal):
    short, ids = planned(document(principal))
    assert json.loads(short)["Statement"][0]["Principal"] == principal
    assert ids == {}
