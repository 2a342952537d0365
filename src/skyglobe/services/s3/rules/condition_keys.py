"""The condition keys of S3, in lower case; service authorization reference of Amazon S3, "Condition keys"."""

from __future__ import annotations

FAMILIES = frozenset(("s3:existingobjecttag", "s3:requestobjecttag", "s3:buckettag", "s3:accesspointtag"))
"""Keys that go on with a slash and the key of a tag."""

LISTING_KEYS = frozenset(("s3:prefix", "s3:delimiter", "s3:max-keys"))
"""Keys that only listings have."""

_NAMES = """
    AccessGrantScope AccessGrantsInstanceArn AccessGrantsLocationScope AccessPointNetworkOrigin DataAccessPointAccount
    DataAccessPointArn ExistingJobOperation ExistingJobPriority InventoryAccessibleOptionalFields JobSuspendedCause
    ObjectCreationOperation RequestJobOperation RequestJobPriority RequestObjectTagKeys ResourceAccount TlsVersion
    annotation-prefix authType deliverySourceArn destinationRegion if-match if-none-match isReplicationPauseRequest
    locationconstraint logType max-annotation-results object-lock-event-hold object-lock-event-hold-duration-days
    object-lock-legal-hold object-lock-mode object-lock-remaining-retention-days object-lock-retain-until-date
    resourceArnBeingAuthorized signatureAge signatureversion versionid x-amz-acl x-amz-bucket-namespace
    x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp
    x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive x-amz-object-annotation-directive
    x-amz-object-if-match x-amz-object-ownership x-amz-server-side-encryption
    x-amz-server-side-encryption-aws-kms-key-id x-amz-server-side-encryption-customer-algorithm x-amz-storage-class
    x-amz-website-redirect-location
"""
KEYS = LISTING_KEYS | frozenset(f"s3:{name.lower()}" for name in _NAMES.split())
