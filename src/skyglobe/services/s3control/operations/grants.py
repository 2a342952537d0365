"""Access grants, and the credentials they are good for."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.s3control import finding, refusals, s3control
from skyglobe.services.s3control.grants import (
    Grant,
    get_grant,
    get_instance,
    get_location,
    grant_count,
    grantee_of,
    grants,
    invalid,
    locations,
)
from skyglobe.services.s3control.rules.grants import allows, covers, grant_scope, session_policy
from skyglobe.services.s3control.tagging import tags_in

MAX_GRANTS = 100_000  # of an instance; S3 user guide, "S3 Access Grants limitations"
DEFAULT_FOR = 3_600  # seconds; GetDataAccess, DurationSeconds

_SERVICE = "access-grants.s3"


@s3control.operation(unused=("ApplicationArn",))
def create_access_grant(
    call: Call,
    account_id: str,
    access_grants_location_id: str,
    grantee: dict[str, Any],
    permission: str,
    access_grants_location_configuration: dict[str, Any] | None = None,
    s3_prefix_type: str | None = None,
    tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Grant a user or role a permission on a location, or a part of it.

    Raises InvalidAccessGrant, AccessGrantAlreadyExists, NotImplemented for users and groups of a directory.
    """
    there, location = get_location(call, account_id, access_grants_location_id)
    if grantee.get("GranteeType") != "IAM":
        text = "IAM Identity Center is not built: grants are for users and roles."
        raise s3control.error("NotImplemented", text, status=501)
    subprefix = (access_grants_location_configuration or {}).get("S3SubPrefix", "")
    scope = grant_scope(location.scope, subprefix, is_object=s3_prefix_type == "Object")
    who = grantee.get("GranteeIdentifier", "")
    if scope is None or ":iam::" not in who:
        raise invalid("InvalidAccessGrant", "The specified access grant is not valid")
    if any(each.permission == permission for each in grants.scan_by(there, "grantee", who, scope)):
        raise s3control.error("AccessGrantAlreadyExists", "The specified access grant already exists", status=409)
    if grant_count.get(there, "") >= MAX_GRANTS:
        raise s3control.error("AccessGrantsQuotaExceeded", "The access grants quota has been exceeded", status=409)
    id_ = call.kernel.ids.uuid()
    made = Grant(
        arn=f"arn:{call.partition}:s3:{call.region}:{account_id}:access-grants/default/grant/{id_}",
        id=id_,
        owner=account_id,
        created_at=call.now,
        tags=tags_in(tags or []),
        location=location.id,
        subprefix=subprefix,
        grantee=who,
        permission=permission,
        scope=scope,
    )
    grants.insert(there, made)
    grant_count.add(there, "", 1)
    return _told(made)


def _told(found: Grant) -> dict[str, Any]:
    configuration = {"S3SubPrefix": found.subprefix} if found.subprefix else {}
    return {
        "CreatedAt": found.created_at / 1000,
        "AccessGrantId": found.id,
        "AccessGrantArn": found.arn,
        "Grantee": _grantee(found),
        "AccessGrantsLocationId": found.location,
        "AccessGrantsLocationConfiguration": configuration,
        "Permission": found.permission,
        "GrantScope": found.scope,
    }


def _grantee(found: Grant) -> dict[str, str]:
    return {"GranteeType": "IAM", "GranteeIdentifier": found.grantee}


@s3control.operation
def get_access_grant(call: Call, account_id: str, access_grant_id: str) -> dict[str, Any]:
    """Describe a grant."""
    return _told(get_grant(call, account_id, access_grant_id)[1])


@s3control.operation
def delete_access_grant(call: Call, account_id: str, access_grant_id: str) -> None:
    """Take a grant back. Credentials that were given for it last to their end, as at AWS."""
    scope, found = get_grant(call, account_id, access_grant_id)
    grants.delete(scope, found)
    grant_count.add(scope, "", -1)


@s3control.operation
def list_access_grants(
    call: Call,
    account_id: str,
    next_token: str | None = None,
    max_results: int | None = None,
    grantee_type: str | None = None,
    grantee_identifier: str | None = None,
    permission: str | None = None,
    grant_scope: str | None = None,
    application_arn: str | None = None,
) -> dict[str, Any]:
    """Return a page of grants, of all or of those that are like what is named."""
    there, _ = get_instance(call, account_id)
    wanted = {"grantee": grantee_identifier, "permission": permission, "scope": grant_scope}
    rows = (
        each
        for each in grants.scan(there)
        if grantee_type in (None, "IAM")
        and application_arn is None
        and all(value is None or getattr(each, name) == value for name, value in wanted.items())
    )
    listing = f"s3control.grants:{sorted(wanted.items(), key=str)}"
    found, following = finding.page(there, listing, rows, next_token, max_results)
    return {"AccessGrantsList": [_told(each) for each in found], **following}


@s3control.operation
def list_caller_access_grants(
    call: Call,
    account_id: str,
    grant_scope: str | None = None,
    next_token: str | None = None,
    max_results: int | None = None,
    allowed_by_application: bool = False,
) -> dict[str, Any]:
    """Return a page of the caller's own grants, of all or of those in a scope."""
    there, _ = get_instance(call, account_id)
    rows = sorted(_own(call, there), key=lambda each: each.id)
    if grant_scope is not None:
        rows = [each for each in rows if covers(_open(grant_scope), each.scope)]
    if allowed_by_application:
        rows = []  # no grant is an application's
    found, following = finding.page(there, f"s3control.own:{grant_scope or ''}", rows, next_token, max_results)
    told = [{"Permission": each.permission, "GrantScope": each.scope} for each in found]
    return {"CallerAccessGrantsList": told, **following}


def _open(scope: str) -> str:
    return scope if scope.endswith("*") else f"{scope}*"


def _own(call: Call, there: Scope) -> list[Grant]:
    return list(grants.scan_by(there, "grantee", grantee_of(call.principal)))


@s3control.operation(unused=("AuditContext",))
async def get_data_access(
    call: Call,
    account_id: str,
    target: str,
    permission: str,
    duration_seconds: int = DEFAULT_FOR,
    privilege: str = "Default",
    target_type: str | None = None,
) -> dict[str, Any]:
    """Issue credentials for a target the caller has a grant for: a session of its location's role, held to the grant.

    With ``Minimal`` it is held to the target. Raises AccessDenied when no grant covers it, StsNotAuthorizedError when
    the role does not trust S3, StsValidationError for longer than the role allows.
    """
    found, role, source = await call.transact(lambda call: _find(call, account_id, target, permission, target_type))
    scope = target if privilege == "Minimal" else found.scope
    params = {
        "RoleArn": role,
        "RoleSessionName": f"access-grants-{call.kernel.ids.hex('', 16)}",
        "DurationSeconds": duration_seconds,
        "Policy": session_policy(scope, permission, call.partition),
    }
    caller = ServiceCaller(call.kernel, _SERVICE, account_id, call.region, source)
    try:
        answer = await caller.call("sts", "AssumeRole", params)
    except ServiceError as error:
        code = "StsNotAuthorizedError" if error.status == 403 else "StsValidationError"
        raise s3control.error(code, error.message) from error
    return {"Credentials": answer["Credentials"], "MatchedGrantTarget": scope, "Grantee": _grantee(found)}


def _find(call: Call, account: str, target: str, permission: str, target_type: str | None) -> tuple[Grant, str, str]:
    """Return the narrowest grant of the caller for a target, the role of its location, and the instance's ARN."""
    there, instance = get_instance(call, account)
    if target_type != "Object" and not target.endswith("*"):
        raise refusals.invalid_request("The target must end in a wildcard, unless its type is Object.")
    fitting = [each for each in _own(call, there) if allows(each.permission, permission) and covers(each.scope, target)]
    if not fitting:
        text = f"You do not have {permission} permissions to the requested S3 Prefix: {target}"
        raise s3control.error("AccessDenied", text, status=403)
    grant = max(fitting, key=lambda each: len(each.scope))
    location = locations.find(there, grant.location)
    assert location is not None, "a location with grants is not deleted"
    return grant, location.role, instance.arn
