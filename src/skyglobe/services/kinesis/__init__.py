"""Amazon Kinesis Data Streams: sharded records that can be read again, pulled by iterators or pushed to consumers.

Everything of the API is real but shard-level metrics (there is no CloudWatch yet), which are recorded only.
``docs/services/kinesis.md`` has the details.
"""

from skyglobe.kernel.service import Service

kinesis = Service(
    "kinesis",
    parts=(
        "operations.streams",
        "operations.shards",
        "operations.records",
        "operations.retention",
        "operations.modes",
        "operations.consumers",
        "operations.subscriptions",
        "operations.tags",
        "operations.policies",
        "operations.encryption",
        "operations.monitoring",
        "operations.account",
        "engine",
        "needs",
    ),
)
