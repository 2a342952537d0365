"""Records as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.clock import Instant
from skyglobe.services.ram.granting import Known
from skyglobe.services.ram.records import Association, Attachment, Invitation, Replacement, ResourceShare
from skyglobe.services.ram.rules import SOURCE_TYPES, find_source_key


def share_shape(share: ResourceShare) -> dict[str, Any]:
    """Return a ``ResourceShare``."""
    return {
        "resourceShareArn": share.arn,
        "name": share.name,
        "owningAccountId": share.owner,
        "allowExternalPrincipals": share.allows_external,
        "status": share.status,
        "tags": [{"key": key, "value": value} for key, value in share.tags.items()],
        "creationTime": share.created_at / 1000,
        "lastUpdatedTime": share.changed_at / 1000,
        "featureSet": "STANDARD",
    }


def association_shape(association: Association, share_name: str) -> dict[str, Any]:
    """Return a ``ResourceShareAssociation``."""
    return {
        "resourceShareArn": association.share_arn,
        "resourceShareName": share_name,
        "associatedEntity": association.entity,
        "associationType": association.type,
        "status": association.status,
        "creationTime": association.created_at / 1000,
        "lastUpdatedTime": association.changed_at / 1000,
        "external": association.is_external,
    }


def invitation_shape(invitation: Invitation) -> dict[str, Any]:
    """Return a ``ResourceShareInvitation``."""
    return {
        "resourceShareInvitationArn": invitation.arn,
        "resourceShareName": invitation.share_name,
        "resourceShareArn": invitation.share_arn,
        "senderAccountId": invitation.sender,
        "receiverAccountId": invitation.receiver,
        "invitationTimestamp": invitation.sent_at / 1000,
        "status": invitation.status,
    }


def principal_shape(association: Association) -> dict[str, Any]:
    """Return a ``Principal``."""
    return {
        "id": association.entity,
        "resourceShareArn": association.share_arn,
        "creationTime": association.created_at / 1000,
        "lastUpdatedTime": association.changed_at / 1000,
        "external": association.is_external,
    }


def resource_shape(association: Association) -> dict[str, Any]:
    """Return a ``Resource``."""
    return {
        "arn": association.entity,
        "type": association.resource_type,
        "resourceShareArn": association.share_arn,
        "status": "AVAILABLE",
        "creationTime": association.created_at / 1000,
        "lastUpdatedTime": association.changed_at / 1000,
        "resourceRegionScope": "REGIONAL",
    }


def permission_summary(
    known: Known, version: int, created_at: Instant | None = None, status: str = "ATTACHABLE"
) -> dict[str, Any]:
    """Return a ``ResourceSharePermissionSummary`` of one version of a permission."""
    return {
        "arn": known.arn,
        "version": str(version),
        "defaultVersion": version == known.default,
        "name": known.name,
        "resourceType": known.resource_type,
        "status": status,
        "creationTime": (known.created_at if created_at is None else created_at) / 1000,
        "lastUpdatedTime": known.changed_at / 1000,
        "isResourceTypeDefault": known.is_type_default,
        "permissionType": known.type,
        "featureSet": "STANDARD",
        "tags": [{"key": key, "value": value} for key, value in (known.tags or {}).items()],
    }


def permission_shape(known: Known, version: int, template: str, created_at: Instant) -> dict[str, Any]:
    """Return a ``ResourceSharePermissionDetail``."""
    return {**permission_summary(known, version, created_at), "permission": template}


def attachment_shape(attachment: Attachment, is_default: bool) -> dict[str, Any]:
    """Return an ``AssociatedPermission``."""
    return {
        "arn": attachment.permission_arn,
        "permissionVersion": str(attachment.version),
        "defaultVersion": is_default,
        "resourceType": attachment.resource_type,
        "status": "ASSOCIATED",
        "featureSet": "STANDARD",
        "lastUpdatedTime": attachment.changed_at / 1000,
        "resourceShareArn": attachment.share_arn,
    }


def work_shape(work: Replacement) -> dict[str, Any]:
    """Return a ``ReplacePermissionAssociationsWork``."""
    versions = {"fromPermissionVersion": str(work.from_version)} if work.from_version else {}
    return {
        "id": work.id,
        "fromPermissionArn": work.from_arn,
        **versions,
        "toPermissionArn": work.to_arn,
        "toPermissionVersion": str(work.to_version),
        "status": work.status,
        "creationTime": work.created_at / 1000,
        "lastUpdatedTime": work.changed_at / 1000,
    }


def source_shape(association: Association) -> dict[str, Any]:
    """Return an ``AssociatedSource``."""
    return {
        "resourceShareArn": association.share_arn,
        "sourceId": association.entity,
        "sourceType": SOURCE_TYPES[find_source_key(association.entity) or ""],
        "status": association.status,
        "creationTime": association.created_at / 1000,
        "lastUpdatedTime": association.changed_at / 1000,
    }
