"""Application Auto Scaling: capacity of DynamoDB tables and indexes, and of Lambda functions, that follows its use.

Scalable targets, target tracking over real CloudWatch alarms, scheduled actions by the clock, scaling activities.
Capacity is changed through the API of its service, in sessions of the service-linked role.
"""

from skyglobe.kernel.service import Service

application_autoscaling = Service(
    "application-autoscaling",
    parts=(
        "operations.targets",
        "operations.policies",
        "operations.schedules",
        "operations.activities",
        "operations.tags",
        "engine",
        "needs",
    ),
)
