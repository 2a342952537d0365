"""Waiters ask again until what they wait for is there."""

import pytest

POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ec2.amazonaws.com"}}]}'
)
AWAITED = {
    "user_exists": ("GetUser", {"UserName": "late"}, lambda iam: iam.create_user(UserName="late")),
    "role_exists": (
        "GetRole",
        {"RoleName": "late"},
        lambda iam: iam.create_role(RoleName="late", AssumeRolePolicyDocument=TRUST),
    ),
    "policy_exists": (
        "GetPolicy",
        {"PolicyArn": "arn:aws:iam::000000000000:policy/late"},
        lambda iam: iam.create_policy(PolicyName="late", PolicyDocument=POLICY),
    ),
    "instance_profile_exists": (
        "GetInstanceProfile",
        {"InstanceProfileName": "late"},
        lambda iam: iam.create_instance_profile(InstanceProfileName="late"),
    ),
}


@pytest.mark.spec("IAM-106")
@pytest.mark.parametrize("waiter", AWAITED)
def test_a_waiter_ends_once_what_it_waits_for_is_made(aws, iam, waiter):
    operation, named, make = AWAITED[waiter]
    asked = []

    def before_the_third_time(**_):
        asked.append(operation)
        if len(asked) == 3:
            make(iam)

    waiting = aws.client("iam")
    waiting.meta.events.register(f"before-call.iam.{operation}", before_the_third_time)
    waiting.get_waiter(waiter).wait(**named, WaiterConfig={"Delay": 0})
    assert len(asked) == 3
