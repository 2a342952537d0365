"""The actions a bucket policy can name, by what they are done to.

Service authorization reference of Amazon S3, "Actions defined by Amazon S3" (2026): those with resource type bucket,
and those with resource type object.
"""

from __future__ import annotations

from functools import lru_cache

from skyglobe.policy.patterns import matcher_of

_BUCKET = """
    AllowVendedLogDeliveryForResource CreateBucket CreateBucketMetadataTableConfiguration DeleteBucket
    DeleteBucketMetadataTableConfiguration DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration
    GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging
    GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration
    GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment
    GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration
    GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket
    ListBucketMultipartUploads ListBucketVersions ListTagsForResource PauseReplication PutAccelerateConfiguration
    PutAnalyticsConfiguration PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
    PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock
    PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration
    PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration
    PutReplicationConfiguration TagResource UntagResource UpdateBucketMetadataAnnotationTableConfiguration
    UpdateBucketMetadataInventoryTableConfiguration UpdateBucketMetadataJournalTableConfiguration
"""
_OBJECT = """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectAnnotation DeleteObjectTagging
    DeleteObjectVersion DeleteObjectVersionAnnotation DeleteObjectVersionTagging GetObject GetObjectAcl
    GetObjectAnnotation GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent
    GetObjectVersion GetObjectVersionAcl GetObjectVersionAnnotation GetObjectVersionAnnotationForReplication
    GetObjectVersionAttributes GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent
    InitiateReplication ListMultipartUploadParts ListObjectAnnotations ListObjectVersionAnnotations
    ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectAnnotation PutObjectLegalHold PutObjectRetention
    PutObjectTagging PutObjectVersionAcl PutObjectVersionAnnotation PutObjectVersionTagging ReplicateDelete
    ReplicateObject ReplicateObjectAnnotation ReplicateTags RestoreObject UpdateObjectEncryption
"""
_ELSEWHERE = """
    AssociateAccessGrantsIdentityCenter CreateAccessGrant CreateAccessGrantsInstance CreateAccessGrantsLocation
    CreateAccessPoint CreateAccessPointForObjectLambda CreateJob CreateMultiRegionAccessPoint CreateStorageLensGroup
    DeleteAccessGrant DeleteAccessGrantsInstance DeleteAccessPoint DeleteAccessPointPolicy DeleteJobTagging
    DeleteMultiRegionAccessPoint DeleteStorageLensConfiguration DescribeJob GetAccessPoint GetAccessPointPolicy
    GetAccessPointPolicyStatus GetAccountPublicAccessBlock GetDataAccess GetJobTagging ListAccessGrants
    ListAccessPoints ListAllMyBuckets ListJobs ListMultiRegionAccessPoints ListStorageLensConfigurations
    PutAccessPointPolicy PutAccessPointPublicAccessBlock PutAccountPublicAccessBlock PutJobTagging
    PutStorageLensConfiguration UpdateJobPriority UpdateJobStatus
"""
BUCKET_ACTIONS = frozenset(f"s3:{name.lower()}" for name in _BUCKET.split())
OBJECT_ACTIONS = frozenset(f"s3:{name.lower()}" for name in _OBJECT.split())
OTHER_ACTIONS = frozenset(f"s3:{name.lower()}" for name in _ELSEWHERE.split())
"""Actions that are known, but are done neither to a bucket nor to an object."""

LISTING = frozenset(("s3:listbucket", "s3:listbucketversions"))
_BAD = ("s3:get", "s3:list", "s3:delete", "s3:put", "s3:abortmultipartupload", "s3:restoreobject")
"""How actions begin that could show or change data; S3 API reference, PublicAccessBlockConfiguration."""


@lru_cache(maxsize=1024)  # patterns in use
def actions_like(pattern: str) -> frozenset[str]:
    """Return the actions, in lower case, that an Action element's pattern means."""
    test = matcher_of((pattern.lower(),), "text", variables=False)
    return frozenset(name for name in BUCKET_ACTIONS | OBJECT_ACTIONS | OTHER_ACTIONS if test(name, {}))


def is_bad(action: str) -> bool:
    """Whether a public permission of ``action`` (in lower case) lets the public at data."""
    return action.startswith(_BAD)
