"""Central management of root users: which of an organization's features are enabled in IAM."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam import iam
from skyglobe.services.iam.records.organization_features import OrganizationFeatures, organization_features

_PRINCIPAL = "iam.amazonaws.com"


@iam.operation
async def list_organizations_features(call: Call) -> dict[str, Any]:
    """List what is enabled in the organization that the caller's account manages, or administers IAM of.

    Raises AccountNotManagementOrDelegatedAdministrator for other members.
    """
    organization = await _organization(call)
    if organization["MasterAccountId"] != call.account and not await _administers(call):
        raise iam.errors.AccountNotManagementOrDelegatedAdministratorException(
            "The request was rejected because the account making the request is not the management account or "
            "delegated administrator account for centralized root access."
        )
    await _check_trust(call)
    return await call.transact(lambda renewed: _shown(renewed, organization))


@iam.operation
async def enable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """Let ``sts:AssumeRoot`` do all its tasks on members."""
    return await _switch(call, "RootSessions", is_on=True)


@iam.operation
async def disable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """Let ``sts:AssumeRoot`` unlock no more policies."""
    return await _switch(call, "RootSessions", is_on=False)


@iam.operation
async def enable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    """Let ``sts:AssumeRoot`` see to the credentials of members' root users."""
    return await _switch(call, "RootCredentialsManagement", is_on=True)


@iam.operation
async def disable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    """Manage the credentials of members' root users no more."""
    return await _switch(call, "RootCredentialsManagement", is_on=False)


async def _switch(call: Call, feature: str, *, is_on: bool) -> dict[str, Any]:
    organization = await _organization(call)
    if organization["MasterAccountId"] != call.account:
        raise iam.errors.CallerIsNotManagementAccountException(
            "The request was rejected because the account making the request is not the management account."
        )
    await _check_trust(call)

    def work(renewed: Call) -> dict[str, Any]:
        enabled = {*_enabled(renewed, organization)} - {feature} | ({feature} if is_on else set())
        organization_features.put(renewed, OrganizationFeatures(organization["Id"], tuple(sorted(enabled))))
        return _shown(renewed, organization)

    return await call.transact(work)


def _shown(scope: Scope, organization: dict[str, Any]) -> dict[str, Any]:
    return {"OrganizationId": organization["Id"], "EnabledFeatures": list(_enabled(scope, organization))}


def _enabled(scope: Scope, organization: dict[str, Any]) -> tuple[str, ...]:
    found = organization_features.find(scope.within(organization["MasterAccountId"]), organization["Id"])
    return found.enabled if found is not None else ()


async def _organization(call: Call) -> dict[str, Any]:
    """Return the organization of the caller's account. Raises OrganizationNotFound."""
    try:
        found: dict[str, Any] = (await _organizations(call).describe_organization())["Organization"]
    except AttributeError:
        raise _no_organization() from None  # without Organizations no account is in an organization
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise _no_organization() from error
    return found


async def _check_trust(call: Call) -> None:
    """Raises ServiceAccessNotEnabled."""
    services: dict[str, Any] = await _organizations(call).list_aws_service_access_for_organization()
    trusted = services.get("EnabledServicePrincipals", ())
    if not any(one.get("ServicePrincipal") == _PRINCIPAL for one in trusted):
        raise iam.errors.ServiceAccessNotEnabledException(
            "The request was rejected because trusted access is not enabled for IAM in Organizations."
        )


async def _administers(call: Call) -> bool:
    """Whether the caller's account was delegated the administration of IAM; Organizations tells administrators only."""
    listed: dict[str, Any]
    try:
        listed = await _organizations(call).list_delegated_administrators(ServicePrincipal=_PRINCIPAL)
    except ServiceError as error:
        if error.status >= 500:
            raise
        return False
    return any(one["Id"] == call.account for one in listed["DelegatedAdministrators"])


def _organizations(call: Call) -> Any:
    return ServiceCaller(call.kernel, "iam", call.account, call.region).organizations


def _no_organization() -> ServiceError:
    return iam.errors.OrganizationNotFoundException(
        "The request was rejected because no organization is associated with your account."
    )
