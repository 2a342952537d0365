"""How much an account retrieves: its data retrieval policy, and provisioned capacity."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.glacier import capacity, glacier, refusals
from skyglobe.services.glacier.finding import enter
from skyglobe.services.glacier.records import Capacity, Retrieving, capacities, retrieving
from skyglobe.services.glacier.rules.retrievals import STRATEGIES
from skyglobe.services.glacier.rules.times import a_month_after, text_of

MAX_UNITS = 2
"""Of provisioned capacity, an account and region. AWS says that there is a limit, not which."""
_ID_CHARACTERS = 27


@glacier.operation
def set_data_retrieval_policy(call: Call, account_id: str, policy: dict[str, Any] | None = None) -> None:
    """Say how much standard retrievals of an account may fetch in a region: anything, what is free, or a rate."""
    scope = enter(call, account_id)
    rules = (policy or {}).get("Rules") or []
    if len(rules) != 1:
        raise refusals.missing("Policy must have exactly one rule.")
    strategy, rate = rules[0].get("Strategy"), rules[0].get("BytesPerHour")
    if strategy not in STRATEGIES:
        raise refusals.invalid(f"Invalid strategy: {strategy}")
    if (strategy == "BytesPerHour") != (rate is not None) or (rate is not None and rate <= 0):
        raise refusals.invalid(
            "BytesPerHour must be a positive number with the strategy BytesPerHour, and absent else."
        )
    retrieving.put(scope, Retrieving(name="", strategy=strategy, bytes_per_hour=rate or 0))


@glacier.operation
def get_data_retrieval_policy(call: Call, account_id: str) -> dict[str, Any]:
    """Return an account's policy in a region: no limit unless it set one."""
    found = capacity.policy_of(enter(call, account_id))
    rule: dict[str, Any] = {"Strategy": found.strategy}
    if found.strategy == "BytesPerHour":
        rule["BytesPerHour"] = found.bytes_per_hour
    return {"Policy": {"Rules": [rule]}}


@glacier.operation
def purchase_provisioned_capacity(call: Call, account_id: str) -> dict[str, Any]:
    """Buy a unit for a month, with which expedited retrievals always find capacity. Raises LimitExceededException."""
    scope = enter(call, account_id)
    held = 0
    for unit in list(capacities.scan(scope)):
        if unit.expires_at <= scope.now:
            capacities.delete(scope, unit)
        else:
            held += 1
    if held >= MAX_UNITS:
        raise refusals.limit_exceeded(f"The limit of {MAX_UNITS} provisioned capacity units was reached.")
    unit = Capacity(
        id=call.kernel.ids.secret(_ID_CHARACTERS).replace("/", "_").replace("+", "-"),
        started_at=scope.now,
        expires_at=a_month_after(scope.now),
    )
    capacities.insert(scope, unit)
    return {"capacityId": unit.id}


@glacier.operation
def list_provisioned_capacity(call: Call, account_id: str) -> dict[str, Any]:
    """Return the units that have not run out."""
    scope = enter(call, account_id)
    told = [
        {"CapacityId": unit.id, "StartDate": text_of(unit.started_at), "ExpirationDate": text_of(unit.expires_at)}
        for unit in capacities.scan(scope)
        if unit.expires_at > scope.now
    ]
    return {"ProvisionedCapacityList": told}
