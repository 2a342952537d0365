"""What stands in the way of deleting a user or a group."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.mfa import mfa_devices
from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.records.access_keys import access_keys
from skyglobe.services.iam.records.attachments import Kind, has_attachments, has_inline_policies
from skyglobe.services.iam.records.groups import Group, memberships
from skyglobe.services.iam.records.login_profiles import login_profiles
from skyglobe.services.iam.records.user_credentials import service_credentials, signing_certificates, ssh_keys
from skyglobe.services.iam.records.users import User
from skyglobe.services.iam.refusals import delete_conflict


def check_user_is_bare(scope: Scope, user: User) -> None:
    """Raise DeleteConflict for the first thing a user still has."""
    unique_id = user.unique_id
    if _any(access_keys.scan(scope, unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must delete access keys first.")
    if login_profiles.find(scope, unique_id) is not None:
        raise delete_conflict("Cannot delete entity, must delete login profile first.")
    if _any(mfa_devices.scan_by(scope, "user", unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must delete MFA device first.")
    if _any(ssh_keys.scan(scope, unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must delete SSH public keys first.")
    if _any(signing_certificates.scan(scope, unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must delete signing certificates first.")
    if _any(service_credentials.scan(scope, unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must delete service specific credentials first.")
    if _any(memberships.scan(scope, unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    _check_policies(scope, "user", user.id)


def check_group_is_bare(scope: Scope, group: Group) -> None:
    """Raise DeleteConflict when a group has members or policies."""
    if _any(memberships.scan_by(scope, "group", group.unique_id, limit=1)):
        raise delete_conflict("Cannot delete entity, must remove users from group first.")
    _check_policies(scope, "group", group.id)


def _check_policies(scope: Scope, kind: Kind, name: str) -> None:
    if has_attachments(scope, kind, name):
        raise delete_conflict("Cannot delete entity, must detach all policies first.")
    if has_inline_policies(scope, kind, name):
        raise delete_conflict("Cannot delete entity, must delete policies first.")


def _any(records: Any) -> bool:
    return next(records, None) is not None
