"""Records as the API shows them."""

from __future__ import annotations

from typing import Any

from skyglobe.services.ram.records import Association, Invitation, ResourceShare


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
