"""DynamoDB Accelerator: clusters of nodes that speak DAX's own protocol and cache what they read from DynamoDB.

Clusters, groups, events and nodes are real, and so are the caches, their times and the roles DAX calls DynamoDB in.
Subnets and security groups are taken by the form of their ids. ``docs/services/dax.md`` has the details.
"""

from skyglobe.kernel.service import Service

dax = Service(
    "dax",
    parts=(
        "operations.clusters",
        "operations.nodes",
        "operations.subnet_groups",
        "operations.parameter_groups",
        "operations.events",
        "operations.tags",
        "serving",
        "engine",
        "needs",
    ),
)
