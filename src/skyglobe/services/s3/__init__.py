"""Amazon S3's everyday part: buckets, objects, multipart uploads, listings, tags, checksums and conditions.

Objects are kept byte for byte: small ones in the store, large ones in files, copies sharing their source's bytes.
Not built yet, and refused where a request asks for it: versioning, encryption, policies, ACLs, Object Lock, lifecycle,
notifications, replication and the other settings of buckets.
"""

from skyglobe.kernel.service import Service

s3 = Service(
    "s3",
    parts=(
        "operations.buckets",
        "operations.bucket_listing",
        "operations.bucket_settings",
        "operations.putting",
        "operations.getting",
        "operations.attributes",
        "operations.deleting",
        "operations.copying",
        "operations.listing",
        "operations.uploads",
        "operations.parts",
        "operations.completing",
        "operations.upload_listing",
        "operations.tagging",
        "operations.acls",
        "operations.cors",
        "operations.ownership",
        "operations.policies",
        "operations.public_blocks",
        "needs",
    ),
    validates=False,
)
