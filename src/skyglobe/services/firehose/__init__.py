"""Amazon Data Firehose: records taken in, buffered, and delivered to S3 or an HTTP endpoint.

Taking records in, buffering by size and by the clock, partitioning, compressing, retrying and the use of the roles are
real. Destinations and processors that need services which are not built are refused. ``docs/services/firehose.md`` has
the details.
"""

from skyglobe.kernel.service import Service

firehose = Service(
    "firehose",
    parts=(
        "operations.streams",
        "operations.records",
        "operations.destinations",
        "operations.encryption",
        "operations.tags",
        "delivering",
        "sourcing",
        "engine",
        "needs",
    ),
)
