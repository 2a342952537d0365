"""What an organization costs each call: ``python -m benchmarks.organizations``.

The time to find out which control policies rule a call of an account upon its own resource, before they are decided
upon: where there is no organization, for an account outside of it, for its management account, and for a member with
both types of control policies in force. The best of many rounds is shown.
"""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from skyglobe.gateway.organizations import controls_of
from skyglobe.kernel.access import Need
from skyglobe.kernel.principals import root_of
from skyglobe.kernel.scope import Scope
from skyglobe.testing import TestCloud

ROUNDS, CALLS = 20, 5_000
MANAGEMENT, STRANGER = "111111111111", "222222222222"


def look(scope: Scope) -> float:
    """Return the microseconds one look takes."""
    call: Any = SimpleNamespace(
        principal=root_of(scope.account),
        account=scope.account,
        region=scope.region,
        kernel=scope.kernel,
        writes=scope.writes,
        within=scope.within,
    )
    need = Need("sqs:SendMessage", "*", scope.account)
    begun = time.perf_counter()
    for _ in range(CALLS):
        controls_of(call, need)
    return (time.perf_counter() - begun) / CALLS * 1e6


def tell(cloud: TestCloud, what: str, account: str) -> None:
    best = min(cloud.run(cloud.kernel.transact(look, account, "us-east-1")) for _ in range(ROUNDS))
    print(f"{what:24} {best:5.1f} µs")


def organize(cloud: TestCloud) -> str:
    """Make an organization with both types of control policies in force; return a member."""
    client = cloud.session(account=MANAGEMENT).client("organizations")
    client.create_organization()
    root = client.list_roots()["Roots"][0]["Id"]
    for type_ in ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"):
        client.enable_policy_type(RootId=root, PolicyType=type_)
    asked = client.create_account(AccountName="dev", Email="dev@example.org")["CreateAccountStatus"]["Id"]
    cloud.settle()
    made = client.describe_create_account_status(CreateAccountRequestId=asked)["CreateAccountStatus"]
    account: str = made["AccountId"]
    return account


if __name__ == "__main__":
    cloud = TestCloud()
    tell(cloud, "no organization", STRANGER)
    member = organize(cloud)
    tell(cloud, "outside of it", STRANGER)
    tell(cloud, "the management account", MANAGEMENT)
    tell(cloud, "a member", member)
    cloud.close()
