"""What each call to IAM needs to be allowed, after the service authorization reference of IAM."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.services.iam import iam
from skyglobe.services.iam.access import trust_policy_of
from skyglobe.services.iam.finding import find_caller, iam_arn
from skyglobe.services.iam.records.attachments import Kind, find_boundary
from skyglobe.services.iam.records.delegation_requests import delegation_requests
from skyglobe.services.iam.records.groups import groups
from skyglobe.services.iam.records.providers import server_certificates
from skyglobe.services.iam.records.roles import SERVICE_LINKED_PATH, instance_profiles, roles
from skyglobe.services.iam.records.users import users
from skyglobe.services.iam.rules.service_linked import LINKED_ROLES, linked_name

_TABLES: dict[str, Any] = {
    "group": groups,
    "instance-profile": instance_profiles,
    "role": roles,
    "user": users,
    "server-certificate": server_certificates,
}
_NAMED = {
    # The members that name a call's resource. The first counts: a group is changed when a user is added to it.
    "GroupName": "group",
    "InstanceProfileName": "instance-profile",
    "RoleName": "role",
    "UserName": "user",
    "ServerCertificateName": "server-certificate",
}
_OF_DEVICES_USER = frozenset({"DeactivateMFADevice", "GetMFADevice"})
"""They name a device and mean its user; service authorization reference."""
_WITH_ARN = ("PolicyArn", "OpenIDConnectProviderArn", "SAMLProviderArn", "SerialNumber", "PolicySourceArn", "Arn")
_OF_CALLER = frozenset(
    {
        # What these do without a UserName they do to the caller.
        *("ChangePassword", "CreateAccessKey", "CreateLoginProfile", "DeactivateMFADevice", "DeleteAccessKey"),
        *("DeleteLoginProfile", "DeleteServiceSpecificCredential", "DeleteSigningCertificate", "GetLoginProfile"),
        *("GetUser", "ListAccessKeys", "ListMFADevices", "ListSSHPublicKeys", "ListServiceSpecificCredentials"),
        *("ListSigningCertificates", "ResetServiceSpecificCredential", "UpdateAccessKey"),
        *("UpdateServiceSpecificCredential", "UpdateSigningCertificate", "UploadSigningCertificate"),
    }
)
_OF_OWNERS = frozenset({"GetDelegationRequest", "GetHumanReadableSummary", "UpdateDelegationRequest"})
_OF_DELEGATIONS = _OF_OWNERS | {
    *("CreateDelegationRequest", "AssociateDelegationRequest", "AcceptDelegationRequest"),
    *("RejectDelegationRequest", "SendDelegationToken"),
}
_BOUNDED_KINDS: dict[str, Kind] = {"UserName": "user", "RoleName": "role"}
_BY_BOUNDARY = ("Attach", "Detach", "PutUserPolicy", "PutRolePolicy", "DeleteUserPolicy", "DeleteRolePolicy")


iam.resource_policies(trust_policy_of, kind="trust", actions="sts:")


@iam.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action and, where a role is handed on, ``iam:PassRole`` for it.

    Raises InvalidClientTokenId for sessions that may not call IAM at all.
    """
    if _is_shut_out(call.principal):
        raise iam.error("InvalidClientTokenId", "The security token included in the request is invalid", status=403)
    if operation in _OF_DELEGATIONS:
        return _of_delegation(call, operation, params)
    resource = _resource(call, operation, params)
    needs = [Need(f"iam:{operation}", resource, _owner(call, resource), _context(call, operation, params))]
    if operation == "AddRoleToInstanceProfile":
        role = _arn_of(call, "role", params.get("RoleName", ""), "/")
        needs.append(Need("iam:PassRole", role, call.account, {"iam:passedtoservice": "ec2.amazonaws.com"}))
    return needs


def _of_delegation(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """Return the need of a call about a delegation request.

    Before it belongs to an account it is anybody's; its owner may look at it and put it before others by default.
    API reference, GetDelegationRequest and UpdateDelegationRequest.
    """
    id_ = params.get("DelegationRequestId") or params.get("EntityArn", "").rpartition("/")[2]
    request = delegation_requests.find(call, id_) if id_ else None
    owner = request.owner_account if request is not None and request.owner_account else call.account
    arn = iam_arn(call.within(owner), "delegation-request", "/", id_ or "*")
    context: dict[str, str | list[str]] = {
        key: str(params[member])
        for key, member in (
            ("iam:delegationduration", "SessionDuration"),
            ("iam:notificationchannel", "NotificationChannel"),
        )
        if member in params
    }
    if template := params.get("Permissions", {}).get("PolicyTemplateArn"):
        context["iam:templatearn"] = template
    if request is not None and request.owner:
        context["iam:delegationrequestowner"] = request.owner
    policy = None
    if request is not None and request.owner == call.principal.arn and operation in _OF_OWNERS:
        policy = _owners_policy(request.owner, f"iam:{operation}")
    return [Need(f"iam:{operation}", arn, owner, context, policy)]


def _owners_policy(owner: str, action: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": owner}, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _is_shut_out(principal: Principal) -> bool:
    """Whether a caller is a federated user, or a session of a user or root that no second factor proved.

    "Compare AWS STS credentials", IAM user guide. A root session made for one task has that task's policy.
    """
    session = principal.session
    if session is None or principal.type == "assumed-role":
        return False
    return principal.type == "federated-user" or not (session.mfa_authenticated or session.policies)


def _resource(call: Call, operation: str, params: dict[str, Any]) -> str:
    """Return the ARN of what a call is about; ``*`` where the reference names no resource."""
    making = _MAKING.get(operation)
    if making is not None:
        return making(call, params)
    for member, kind in _NAMED.items():
        if member in params:
            return _arn_of(call, kind, params[member], params.get("Path", "/"))
    for member in _WITH_ARN if operation not in _OF_DEVICES_USER else ():
        if str(params.get(member, "")).startswith("arn:"):
            return str(params[member])
    if operation in _OF_CALLER:
        caller = find_caller(call)
        return caller.arn if caller is not None else call.principal.arn
    return "*"


def _arn_of(call: Call, kind: str, name: str, path: str) -> str:
    """Return the ARN of an entity by its name: its own, or the one it would have."""
    known = _TABLES[kind].find(call, name.lower())
    return str(known.arn) if known is not None else iam_arn(call, kind, path, name)


def _service_linked(call: Call, params: dict[str, Any]) -> str:
    service = params.get("AWSServiceName", "")
    linked = LINKED_ROLES.get(service)
    name = linked_name(linked, params.get("CustomSuffix")) if linked is not None else "*"
    return iam_arn(call, "role", f"{SERVICE_LINKED_PATH}{service}/", name)


_MAKING: dict[str, Callable[[Call, dict[str, Any]], str]] = {
    "CreateOpenIDConnectProvider": lambda call, params: iam_arn(
        call, "oidc-provider", "/", params.get("Url", "").removeprefix("https://")
    ),
    "CreatePolicy": lambda call, params: iam_arn(call, "policy", params.get("Path", "/"), params.get("PolicyName", "")),
    "CreateSAMLProvider": lambda call, params: iam_arn(call, "saml-provider", "/", params.get("Name", "")),
    "CreateServiceLinkedRole": _service_linked,
    "GenerateOrganizationsAccessReport": lambda call, params: iam_arn(
        call, "access-report", "/", params.get("EntityPath", "")
    ),
    "CreateVirtualMFADevice": lambda call, params: iam_arn(
        call, "mfa", params.get("Path", "/"), params.get("VirtualMFADeviceName", "")
    ),
}


def _owner(call: Call, resource: str) -> str:
    """Return who owns a resource. AWS's own policies may be read and attached by every account as its own."""
    try:
        account = parse_arn(resource).account
    except ValueError:
        return call.account
    return account if len(account) == 12 and account.isascii() and account.isdigit() else call.account


def _context(call: Call, operation: str, params: dict[str, Any]) -> dict[str, str | list[str]]:
    """Return IAM's own condition keys of a call."""
    context: dict[str, str | list[str]] = {}
    if operation.startswith(("Attach", "Detach")) and "PolicyArn" in params:
        context["iam:policyarn"] = params["PolicyArn"]
    if "AWSServiceName" in params:
        context["iam:awsservicename"] = params["AWSServiceName"]
    if operation == "ListDelegationRequests" and "OwnerId" in params:
        context["iam:delegationrequestowner"] = params["OwnerId"]
    boundary = params.get("PermissionsBoundary") or _present_boundary(call, operation, params)
    if boundary is not None:
        context["iam:permissionsboundary"] = boundary
    for member in ("UserName", "RoleName"):
        known = _TABLES[_NAMED[member]].find(call, params[member].lower()) if member in params else None
        if known is not None:
            context |= {f"iam:resourcetag/{key.lower()}": value for key, value in known.tags.items()}
    return context


def _present_boundary(call: Call, operation: str, params: dict[str, Any]) -> str | None:
    """Return the boundary of the user or role that a call changes the permissions of."""
    if not operation.startswith(_BY_BOUNDARY) and not operation.endswith("PermissionsBoundary"):
        return None
    return next(
        (find_boundary(call, kind, params[member]) for member, kind in _BOUNDED_KINDS.items() if member in params),
        None,
    )
