"""User names and passwords for single services: CodeCommit over HTTPS, Keyspaces over CQL."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.iam import iam
from skyglobe.services.iam.finding import find_user_by_id, get_user, get_user_or_caller
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.records.user_credentials import (
    MAX_SERVICE_CREDENTIALS,
    ServiceCredential,
    service_credentials,
)
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import no_such_entity, over_quota, validation_error
from skyglobe.services.iam.rules.passwords import SALT_BYTES, hash_password
from skyglobe.services.iam.rules.statuses import is_active_status, shown_status

# Bedrock and CloudWatch Logs take bearer keys instead, in forms AWS does not document: refused here.
SERVICES = ("cassandra.amazonaws.com", "codecommit.amazonaws.com")
PASSWORD_CHARACTERS = 44  # as long as AWS's


@iam.operation
def create_service_specific_credential(
    call: Call, user_name: str, service_name: str, credential_age_days: int | None = None
) -> dict[str, Any]:
    """Make a user name and a password, which is told this once. Raises NotSupportedService, LimitExceeded."""
    user = get_user(call, user_name)
    _check_service(service_name)
    if credential_age_days is not None:
        raise validation_error(f"Expiration is not supported for credentials of {service_name}.")
    present = [one for one in service_credentials.scan(call, user.unique_id) if one.service == service_name]
    if len(present) >= MAX_SERVICE_CREDENTIALS:
        raise over_quota("ServiceSpecificCredentialsPerUser", MAX_SERVICE_CREDENTIALS)
    password = call.kernel.ids.secret(PASSWORD_CHARACTERS)
    salt = call.kernel.ids.token(SALT_BYTES)
    credential = ServiceCredential(
        user_id=user.unique_id,
        id=call.kernel.ids.principal("ACCA"),
        service=service_name,
        user_name=_free_name(user, present),
        salt=salt,
        hashed=hash_password(password, salt),
        created_at=call.now,
    )
    service_credentials.insert(call, credential)
    return {"ServiceSpecificCredential": {**_shape(user, credential), "ServicePassword": password}}


def _free_name(user: User, present: list[ServiceCredential]) -> str:
    """Return the name AWS makes of the user and the account; a second one has ``+1`` behind the user."""
    name = f"{user.id}-at-{user.owner}"
    if all(credential.user_name != name for credential in present):
        return name
    return f"{user.id}+1-at-{user.owner}"


@iam.operation
def list_service_specific_credentials(
    call: Call,
    user_name: str | None = None,
    service_name: str | None = None,
    all_users: bool = False,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List the credentials of a user or of all, for one service or for all. Passwords are not shown."""
    if service_name is not None:
        _check_service(service_name)
    if all_users and user_name is not None:
        raise validation_error("UserName cannot be given together with AllUsers.")
    owner = () if all_users else (get_user_or_caller(call, user_name).unique_id,)
    rows = (one for one in service_credentials.scan(call, *owner) if service_name in (None, one.service))
    listing = f"service-credentials:{owner}:{service_name}"
    shown, more = page(call, listing, rows, lambda one: f"{one.user_id} {one.id}", marker, max_items)
    found = [(find_user_by_id(call, credential.user_id), credential) for credential in shown]
    listed = [_shape(user, credential) for user, credential in found if user is not None]
    return {"ServiceSpecificCredentials": listed, **more}


@iam.operation
def update_service_specific_credential(
    call: Call, service_specific_credential_id: str, status: str, user_name: str | None = None
) -> None:
    """Make credentials active or inactive."""
    _, credential = _get_credential(call, user_name, service_specific_credential_id)
    service_credentials.replace(call, credential, replace(credential, is_active=is_active_status(status)))


@iam.operation
def reset_service_specific_credential(
    call: Call, service_specific_credential_id: str, user_name: str | None = None
) -> dict[str, Any]:
    """Give credentials another password, told this once. The one before is good no more."""
    user, credential = _get_credential(call, user_name, service_specific_credential_id)
    password = call.kernel.ids.secret(PASSWORD_CHARACTERS)
    changed = replace(credential, hashed=hash_password(password, credential.salt))
    service_credentials.replace(call, credential, changed)
    return {"ServiceSpecificCredential": {**_shape(user, changed), "ServicePassword": password}}


@iam.operation
def delete_service_specific_credential(
    call: Call, service_specific_credential_id: str, user_name: str | None = None
) -> None:
    """Take credentials from a user."""
    _, credential = _get_credential(call, user_name, service_specific_credential_id)
    service_credentials.delete(call, credential)


def _check_service(name: str) -> None:
    if name not in SERVICES:
        raise iam.errors.ServiceNotSupportedException(
            f"No such service {name} is supported for Service Specific Credentials"
        )


def _get_credential(call: Call, user_name: str | None, credential_id: str) -> tuple[User, ServiceCredential]:
    user = get_user_or_caller(call, user_name)
    credential = service_credentials.find(call, user.unique_id, credential_id)
    if credential is None:
        raise no_such_entity(f"No such credential {credential_id} exists")
    return user, credential


def _shape(user: User, credential: ServiceCredential) -> dict[str, Any]:
    return {
        "UserName": user.id,
        "ServiceName": credential.service,
        "ServiceUserName": credential.user_name,
        "ServiceSpecificCredentialId": credential.id,
        "Status": shown_status(credential.is_active),
        "CreateDate": credential.created_at // 1000,
    }
