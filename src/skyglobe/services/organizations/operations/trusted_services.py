"""Services that work in the whole organization, and accounts that administer them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import TrustedService, is_trusted, trusted_services
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.finding import get_account, get_organization
from skyglobe.services.organizations.paging import page
from skyglobe.services.organizations.records import Delegation, accounts, delegations
from skyglobe.services.organizations.refusals import invalid_input, violates
from skyglobe.services.organizations.shapes import administrator_shape, seconds


@organizations.operation
def enable_aws_service_access(call: Call, service_principal: str) -> None:
    """Trust a service with the whole organization. Nothing happens when it is trusted already."""
    found = get_organization(call)
    _check_service(service_principal)
    if found.organization.feature_set != "ALL":
        raise violates(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "You can perform this operation only with all features enabled."
        )
    id_ = found.organization.id
    if not is_trusted(call, id_, service_principal):
        trusted = TrustedService(organization_id=id_, service_principal=service_principal, enabled_at=call.now)
        trusted_services.insert(call, trusted)


@organizations.operation
def disable_aws_service_access(call: Call, service_principal: str) -> None:
    """Trust a service no more. Its administrators must have been deregistered."""
    there, organization = get_organization(call)
    _check_service(service_principal)
    if next(delegations.scan_by(there, "service", service_principal, limit=1), None) is not None:
        raise violates(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            "You must deregister the delegated administrators of this service first.",
        )
    trusted_services.drop(call, organization.id, service_principal)


def _check_service(service_principal: str) -> None:
    if not service_principal.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        raise invalid_input("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")


@organizations.operation
def list_aws_service_access_for_organization(
    call: Call, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the services that are trusted."""
    listed = trusted_services.scan(call, get_organization(call).organization.id)
    rows, more = page(call, "trusted", listed, lambda row: row.service_principal, next_token, max_results)
    shown = [{"ServicePrincipal": row.service_principal, "DateEnabled": seconds(row.enabled_at)} for row in rows]
    return {"EnabledServicePrincipals": shown, **more}


@organizations.operation
def register_delegated_administrator(call: Call, account_id: str, service_principal: str) -> None:
    """Let a member account administer a trusted service, and read the organization."""
    found = get_organization(call)
    there = found.there
    account = get_account(there, account_id)
    _check_service(service_principal)
    if account_id == found.organization.owner:
        raise violates(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register the management account of the organization as a delegated administrator.",
        )
    if account.status != "ACTIVE":
        raise violates(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR",
            "You cannot register a suspended account as a delegated administrator.",
        )
    if not is_trusted(call, found.organization.id, service_principal):
        raise violates(
            "SERVICE_ACCESS_NOT_ENABLED", "You must enable service access for the service before you delegate it."
        )
    if delegations.find(there, account_id, service_principal) is not None:
        raise organizations.errors.AccountAlreadyRegisteredException(
            "The provided account is already a delegated administrator for your organization."
        )
    delegation = Delegation(account_id=account_id, service_principal=service_principal, enabled_at=call.now)
    delegations.insert(there, delegation)


@organizations.operation
def deregister_delegated_administrator(call: Call, account_id: str, service_principal: str) -> None:
    """Take the administration of a service from a member account."""
    there = get_organization(call).there
    get_account(there, account_id)
    delegation = delegations.find(there, account_id, service_principal)
    if delegation is None:
        raise _not_registered()
    delegations.delete(there, delegation)


@organizations.operation
def list_delegated_administrators(
    call: Call,
    service_principal: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
) -> dict[str, Any]:
    """List the member accounts that administer a certain service, or any."""
    there = get_organization(call).there
    since = _delegated_since(there, service_principal)
    listing = f"administrators:{service_principal}"
    rows, more = page(call, listing, sorted(since), lambda account: account, next_token, max_results)
    administrators = [(accounts.find(there, row), since[row]) for row in rows]
    shown = [administrator_shape(account, at) for account, at in administrators if account is not None]
    return {"DelegatedAdministrators": shown, **more}


def _delegated_since(there: Scope, service_principal: str | None) -> dict[str, int]:
    """Return the accounts that administer a service, and since when they first did."""
    since: dict[str, int] = {}
    for each in delegations.scan(there):
        if service_principal in (None, each.service_principal):
            since[each.account_id] = min(each.enabled_at, since.get(each.account_id, each.enabled_at))
    return since


@organizations.operation
def list_delegated_services_for_account(
    call: Call, account_id: str, next_token: str | None = None, max_results: int | None = None
) -> dict[str, Any]:
    """List the services a member account administers."""
    there = get_organization(call).there
    get_account(there, account_id)
    listed = list(delegations.scan(there, account_id))
    if not listed:
        raise _not_registered()
    rows, more = page(
        call, f"delegated:{account_id}", listed, lambda row: row.service_principal, next_token, max_results
    )
    shown = [
        {"ServicePrincipal": row.service_principal, "DelegationEnabledDate": seconds(row.enabled_at)} for row in rows
    ]
    return {"DelegatedServices": shown, **more}


def _not_registered() -> Exception:
    return organizations.errors.AccountNotRegisteredException(
        "The provided account is not a registered delegated administrator for your organization."
    )
