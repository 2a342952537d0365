"""Amazon S3 Control: S3's own interface for what belongs to accounts, not buckets.

Real here: public access blocks of accounts, access points and their tags, multi-region access points, Object Lambda
access points, access grants, Batch Operations, Storage Lens. It is the other half of S3, not a service beside it: the
one service that knows another's records.
"""

from skyglobe.kernel.service import Service

s3control = Service(
    "s3control",
    parts=(
        "operations.public_blocks",
        "operations.access_points",
        "operations.access_point_policies",
        "operations.access_point_scopes",
        "operations.tags",
        "operations.multi_region",
        "operations.multi_region_routes",
        "operations.object_lambda",
        "operations.object_lambda_policies",
        "operations.grants_instances",
        "operations.grants_locations",
        "operations.grants",
        "operations.jobs",
        "operations.job_tags",
        "batches",
        "operations.lenses",
        "operations.lens_groups",
        "lenses",
        "needs",
    ),
)
