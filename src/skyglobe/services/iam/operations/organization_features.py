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
    """List what is enabled in the organization that the caller's account manages."""
    organization_id = await _managed_organization(call)
    return await call.transact(lambda renewed: _shown(renewed, organization_id))


@iam.operation
async def enable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """Let ``sts:AssumeRoot`` work on members."""
    return await _switch(call, "RootSessions", is_on=True)


@iam.operation
async def disable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    """Let ``sts:AssumeRoot`` work no more."""
    return await _switch(call, "RootSessions", is_on=False)


async def _switch(call: Call, feature: str, *, is_on: bool) -> dict[str, Any]:
    organization_id = await _managed_organization(call)

    def work(renewed: Call) -> dict[str, Any]:
        enabled = {*_enabled(renewed, organization_id)} - {feature} | ({feature} if is_on else set())
        organization_features.put(renewed, OrganizationFeatures(organization_id, tuple(sorted(enabled))))
        return _shown(renewed, organization_id)

    return await call.transact(work)


def _shown(scope: Scope, organization_id: str) -> dict[str, Any]:
    return {"OrganizationId": organization_id, "EnabledFeatures": list(_enabled(scope, organization_id))}


def _enabled(scope: Scope, organization_id: str) -> tuple[str, ...]:
    found = organization_features.find(scope, organization_id)
    return found.enabled if found is not None else ()


async def _managed_organization(call: Call) -> str:
    """Return the id of the organization that the caller's account manages, and that trusts IAM.

    Raises OrganizationNotFound, CallerIsNotManagementAccount and ServiceAccessNotEnabled.
    """
    organizations = ServiceCaller(call.kernel, "iam", call.account, call.region).organizations
    try:
        organization = (await organizations.describe_organization())["Organization"]
    except AttributeError:
        raise _no_organization() from None  # without Organizations no account is in an organization
    except ServiceError as error:
        if error.status >= 500:
            raise
        raise _no_organization() from error
    if organization["MasterAccountId"] != call.account:
        raise iam.errors.CallerIsNotManagementAccountException(
            "The request was rejected because the account making the request is not the management account."
        )
    services: dict[str, Any] = await organizations.list_aws_service_access_for_organization()
    trusted = services.get("EnabledServicePrincipals", ())
    if not any(one.get("ServicePrincipal") == _PRINCIPAL for one in trusted):
        raise iam.errors.ServiceAccessNotEnabledException(
            "The request was rejected because trusted access is not enabled for IAM in Organizations."
        )
    return str(organization["Id"])


def _no_organization() -> ServiceError:
    return iam.errors.OrganizationNotFoundException(
        "The request was rejected because no organization is associated with your account."
    )
