"""What the account's password policy lets every user do."""

import pytest

from skyglobe.policy import PolicySet, Question, decide
from skyglobe.services.iam.access import find_principal, policies_of

BOB, EVE = "arn:aws:iam::000000000000:user/bob", "arn:aws:iam::000000000000:user/eve"


def outcome(cloud, action, resource):
    """Decide whether bob, who has no policies, may do something."""

    def ask(scope):
        principal = find_principal(scope, BOB)
        sources, boundary = policies_of(scope, principal)
        question = Question(principal, action, resource, {}, "000000000000")
        return decide(question, PolicySet(identity=sources, boundary=boundary)).outcome

    return cloud.run(cloud.kernel.transact(ask))


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("iam:ChangePassword", BOB, "allowed"),
        ("iam:GetAccountPasswordPolicy", "*", "allowed"),
        ("iam:ChangePassword", EVE, "implicitDeny"),
        ("iam:UpdateLoginProfile", BOB, "implicitDeny"),
    ],
)
def test_users_may_change_their_own_password_when_the_policy_lets_them(cloud, iam, action, resource, expected):
    iam.create_user(UserName="bob")
    iam.update_account_password_policy(AllowUsersToChangePassword=False)
    assert outcome(cloud, action, resource) == "implicitDeny"
    iam.update_account_password_policy(AllowUsersToChangePassword=True)
    assert outcome(cloud, action, resource) == expected
