"""What every story of Organizations needs: a management account, its organization, and members made in it."""

import json

import pytest
from botocore.exceptions import ClientError

MANAGEMENT = "111111111111"


@pytest.fixture
def boss(cloud):
    """Return the session of the management account's root."""
    return cloud.session(account=MANAGEMENT)


@pytest.fixture
def org(boss):
    """Return the management account's client, with an organization made."""
    client = boss.client("organizations")
    client.create_organization()
    return client


@pytest.fixture
def root_id(org):
    return org.list_roots()["Roots"][0]["Id"]


@pytest.fixture
def new_account(cloud, org):
    """Return a function that has an account made and returns its number."""

    def make(name="dev", **more):
        asked = org.create_account(AccountName=name, Email=f"{name}@example.org", **more)["CreateAccountStatus"]
        cloud.settle()
        made = org.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
        assert made["State"] == "SUCCEEDED"
        return made["AccountId"]

    return make


@pytest.fixture
def reason():
    """Return the code and reason of a call that must be refused."""

    def refuse(call, *args, **kwargs):
        with pytest.raises(ClientError) as caught:
            call(*args, **kwargs)
        return caught.value.response["Error"]["Code"], caught.value.response.get("Reason", "")

    return refuse


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def deny(action, **more):
    return {"Effect": "Deny", "Action": action, "Resource": "*", **more}


def allow(action, **more):
    return {"Effect": "Allow", "Action": action, "Resource": "*", **more}
