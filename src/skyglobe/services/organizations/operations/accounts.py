"""Accounts: asking for new ones, and showing those there are."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.outbox import post
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import get_account, get_organization
from skyglobe.services.organizations.joining import is_full
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import CreateRequest, accounts, create_requests, identities
from skyglobe.services.organizations.refusals import violates
from skyglobe.services.organizations.rules.ids import make_account_number, make_id
from skyglobe.services.organizations.shapes import account_shape, create_request_shape
from skyglobe.services.organizations.tagging import merged_tags

DEFAULT_ROLE = "OrganizationAccountAccessRole"  # API reference, CreateAccount


@organizations.operation(unused=("IamUserAccessToBilling",))
def create_account(
    call: Call,
    email: str,
    account_name: str,
    role_name: str = DEFAULT_ROLE,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Ask for a new account. It is made afterwards, with a role the management account may assume."""
    found = get_organization(call)
    if is_full(found.there, found.organization.id):
        raise violates("ACCOUNT_NUMBER_LIMIT_EXCEEDED", "You have exceeded the allowed number of AWS accounts.")
    request = CreateRequest(
        id=make_id(call.kernel.ids.random, "car-", 32),
        account_name=account_name,
        email=email,
        role_name=role_name,
        tags=merged_tags({}, tags),
        state="IN_PROGRESS",
        requested_at=call.now,
        account_id=_free_number(call),
    )
    create_requests.insert(found.there, request)
    post(found.there, "organizations", "create-account", {"request": request.id}, lane="accounts")
    return {"CreateAccountStatus": create_request_shape(request)}


def _free_number(call: Call) -> str:
    while True:
        number = make_account_number(call.kernel.ids.random)
        if identities.find(call, number) is None:
            return number


@organizations.operation
def describe_create_account_status(call: Call, create_account_request_id: str) -> dict[str, Any]:
    """Tell what became of a request for an account."""
    there = get_organization(call).there
    request = create_requests.find(there, create_account_request_id)
    if request is None:
        raise organizations.errors.CreateAccountStatusNotFoundException(
            "You specified a create account request that doesn't exist."
        )
    return {"CreateAccountStatus": create_request_shape(request)}


@organizations.operation
def list_create_account_status(
    call: Call, states: list[str] | None = None, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the requests for accounts, of certain states or all."""
    there = get_organization(call).there
    wanted = [request for request in create_requests.scan(there) if not states or request.state in states]
    listing = f"requests:{','.join(sorted(states or ()))}"
    rows, more = page(call, listing, wanted, lambda request: request.id, next_token, max_results)
    return {"CreateAccountStatuses": [create_request_shape(request) for request in rows], **more}


@organizations.operation(unused=("Email", "AccountName", "RoleName", "IamUserAccessToBilling", "Tags"))
def create_gov_cloud_account(call: Call) -> dict[str, Any]:
    """Refuse: no management account here is enabled for AWS GovCloud (US)."""
    get_organization(call)
    raise violates(
        "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED",
        "The management account isn't associated with an account in the AWS GovCloud (US-West) Region.",
    )


@organizations.operation
def describe_account(call: Call, account_id: str) -> dict[str, Any]:
    """Show an account of the organization."""
    there, organization = get_organization(call)
    return {"Account": account_shape(there, organization.id, get_account(there, account_id))}


@organizations.operation
def list_accounts(call: Call, next_token: str | None = None, max_results: int | None = None) -> dict[str, Any]:
    """List all accounts of the organization by their numbers."""
    there, organization = get_organization(call)
    rows, more = page(call, "accounts", accounts.scan(there), lambda account: account.id, next_token, max_results)
    return {"Accounts": [account_shape(there, organization.id, account) for account in rows], **more}
