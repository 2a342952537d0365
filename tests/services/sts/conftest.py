"""Two accounts, users with keys of their own, and roles that trust them."""

import json

import pytest

HOME = "111111111111"
AWAY = "222222222222"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


def trust(principal, action="sts:AssumeRole", **more):
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


class Account:
    """One account: its root's clients, its users and its roles."""

    def __init__(self, cloud, number):
        self.cloud = cloud
        self.number = number
        self.session = cloud.session(account=number)
        self.iam = self.session.client("iam")
        self.root = f"arn:aws:iam::{number}:root"

    def user(self, name, *statements, **more):
        """Make a user with these permissions; return a session with its key."""
        self.iam.create_user(UserName=name, **more)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return self.keys(self.iam.create_access_key(UserName=name)["AccessKey"])

    def role(self, name, trusting, *statements, **more):
        """Make a role with these permissions; return its ARN."""
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusting, **more)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
        return arn

    def keys(self, key, region="us-east-1"):
        """Return a session that signs with a key or with temporary credentials."""
        return self.cloud.session_with(key, region)

    def assume(self, session, role, name="session", **more):
        """Assume a role with a session's keys; return the session of the role."""
        answer = session.client("sts").assume_role(RoleArn=role, RoleSessionName=name, **more)
        return self.keys(answer["Credentials"])


@pytest.fixture
def home(cloud):
    return Account(cloud, HOME)


@pytest.fixture
def away(cloud):
    return Account(cloud, AWAY)
