"""Amazon S3: buckets, objects, multipart uploads, listings, tags, checksums, conditions, and who may do what.

Objects are kept byte for byte: small ones in the store, large ones in files, copies sharing their source's bytes.
Policies, public access blocks, ownership, access control lists and cross-origin rules decide. Versions, locks,
lifecycle rules, archives and tiers go by the cloud's clock. Queues, topics, functions and event buses are told of
events, browsers read buckets as websites. Rules replicate what is written into other buckets, in the sessions of
roles. All bytes at rest are encrypted.
"""

from skyglobe.kernel.service import Service

s3 = Service(
    "s3",
    parts=(
        "operations.buckets",
        "operations.bucket_listing",
        "operations.replication",
        "replicating",
        "operations.versioning",
        "operations.version_listing",
        "operations.locks",
        "operations.lifecycle",
        "operations.restoring",
        "archive_queries",
        "operations.tiering",
        "operations.putting",
        "operations.getting",
        "operations.attributes",
        "operations.torrents",
        "operations.selecting",
        "operations.deleting",
        "operations.copying",
        "operations.listing",
        "operations.uploads",
        "operations.parts",
        "operations.completing",
        "operations.upload_listing",
        "operations.tagging",
        "operations.notifications",
        "events",
        "operations.logging",
        "access_logs",
        "operations.acceleration",
        "operations.inventories",
        "inventories",
        "operations.analytics",
        "analyzing",
        "sizing",
        "operations.metrics",
        "measuring",
        "operations.websites",
        "websites",
        "operations.acls",
        "operations.attribute_control",
        "operations.cors",
        "operations.encryption",
        "operations.ownership",
        "operations.policies",
        "operations.public_blocks",
        "operations.transformations",
        "operations.directories",
        "operations.renaming",
        "needs",
    ),
    validates=False,
)
