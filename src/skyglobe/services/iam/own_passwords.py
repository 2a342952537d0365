"""What an account's password policy lets every user do, without a policy on the user."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.policy import Source, stored_policy
from skyglobe.services.iam.records.account import find_password_policy
from skyglobe.services.iam.records.users import User


def find_own_password_source(scope: Scope, user: User) -> Source | None:
    """Return what lets a user change its own password, when ``AllowUsersToChangePassword`` is set.

    "Permitting IAM users to change their own passwords", IAM user guide: it is permission for ``iam:ChangePassword`` on
    the user and for ``iam:GetAccountPasswordPolicy``.
    """
    policy = find_password_policy(scope)
    if policy is None or not policy.lets_users_change:
        return None
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "iam:ChangePassword", "Resource": user.arn},
            {"Effect": "Allow", "Action": "iam:GetAccountPasswordPolicy", "Resource": "*"},
        ],
    }
    return Source(stored_policy(document, "identity"), "account password policy", kind="inline", of=user.arn)
