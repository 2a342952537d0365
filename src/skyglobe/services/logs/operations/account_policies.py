"""Account policies: data protection and subscriptions for all log groups at once."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.services.logs import logs
from skyglobe.services.logs.filtering import check_pattern
from skyglobe.services.logs.protecting import ACCOUNT_KIND, check_protection
from skyglobe.services.logs.records import AccountPolicy, SubscriptionFilter, account_policies
from skyglobe.services.logs.refusals import invalid, not_built, not_found, over_limit
from skyglobe.services.logs.rules.account_policies import BadAccountPolicy, parse_excluded, parse_subscription
from skyglobe.services.logs.rules.names import RESERVED
from skyglobe.services.logs.subscribing import check_destination, find_target, try_destination
from skyglobe.services.logs.tapping import SUBSCRIPTION_KIND

Answer = dict[str, Any]


@logs.operation
def put_account_policy(
    call: Call,
    policy_name: str,
    policy_document: str,
    policy_type: str,
    scope: str = "ALL",
    selection_criteria: str = "",
) -> Answer | Coroutine[Any, Any, Answer]:
    """Put an account's policy of one kind, in place of the one of that name. There is one of each kind.

    ``scope`` has one value only. Raises LimitExceededException when there is one of another name.
    """
    if policy_name.lower().startswith(RESERVED):
        raise invalid("Policy names starting with aws/ are reserved for AWS.")
    _refuse_second(call, policy_type, policy_name)
    if policy_type == ACCOUNT_KIND:
        if selection_criteria:
            raise invalid(f"selectionCriteria is not supported for {policy_type}.")
        check_protection(policy_document)
        made = AccountPolicy(kind=policy_type, name=policy_name, document=policy_document, updated_at=call.now)
        return _put(call, made)
    if policy_type == SUBSCRIPTION_KIND:
        return _subscribe(call, policy_name, policy_document, selection_criteria)
    raise not_built(f"account policies of type {policy_type}")


def _refuse_second(call: Call, kind: str, name: str) -> None:
    found = account_policies.find(call, kind)
    if found is not None and found.name != name:
        raise over_limit()


def _put(call: Call, made: AccountPolicy) -> Answer:
    _refuse_second(call, made.kind, made.name)
    account_policies.insert(call, made)
    return {"accountPolicy": _shown(call, made)}


def _subscribe(call: Call, name: str, document: str, criteria: str) -> Coroutine[Any, Any, Answer]:
    try:
        wanted, excluded = parse_subscription(document), parse_excluded(criteria)
    except BadAccountPolicy as reason:
        raise invalid(str(reason)) from reason
    check_pattern(wanted.pattern)
    check_destination(call, wanted.destination, wanted.role)
    source = f"arn:{call.partition}:logs:{call.region}:{call.account}:*"
    target = find_target(call, wanted.destination, wanted.role, source)
    made = AccountPolicy(
        kind=SUBSCRIPTION_KIND,
        name=name,
        document=document,
        updated_at=call.now,
        excluded=excluded,
        criteria=criteria,
        subscription=SubscriptionFilter(
            name=name,
            pattern=wanted.pattern,
            destination=wanted.destination,
            role=wanted.role,
            distribution=wanted.distribution,
            created_at=call.now,
        ),
    )

    async def put() -> Answer:
        await try_destination(call.kernel, target)
        return await call.transact(lambda again: _put(again, made))

    return put()


@logs.operation
def delete_account_policy(call: Call, policy_name: str, policy_type: str) -> None:
    """Delete an account's policy. Raises ResourceNotFoundException."""
    found = account_policies.find(call, policy_type)
    if found is None or found.name != policy_name:
        raise not_found("account policy")
    account_policies.drop(call, policy_type)


@logs.operation
def describe_account_policies(
    call: Call,
    policy_type: str,
    policy_name: str | None = None,
    account_identifiers: list[str] | None = None,
    next_token: str | None = None,
) -> Answer:
    """Return the account's policy of one kind, if it has one: a list of one is never continued."""
    if account_identifiers and account_identifiers != [call.account]:
        raise not_built("cross-account observability (accountIdentifiers)")
    if next_token is not None:
        raise invalid("The specified nextToken is invalid.")
    found = account_policies.find(call, policy_type)
    if found is None or policy_name not in (None, found.name):
        if policy_name is not None:
            raise not_found("account policy")
        return {"accountPolicies": []}
    return {"accountPolicies": [_shown(call, found)]}


def _shown(call: Call, one: AccountPolicy) -> Answer:
    shown = {
        "policyName": one.name,
        "policyDocument": one.document,
        "lastUpdatedTime": one.updated_at,
        "policyType": one.kind,
        "scope": "ALL",
        "accountId": call.account,
    }
    return {**shown, "selectionCriteria": one.criteria} if one.criteria else shown
