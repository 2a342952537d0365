"""Amazon S3 Control: S3's own interface for what belongs to accounts, not buckets.

Real here: public access blocks of accounts, Batch Operations, Storage Lens. It is the other half of S3, not a service
beside it: the one service that knows another's records.
"""

from skyglobe.kernel.service import Service

s3control = Service(
    "s3control",
    parts=(
        "operations.public_blocks",
        "operations.jobs",
        "operations.job_tags",
        "batches",
        "operations.lenses",
        "lenses",
        "needs",
    ),
)
