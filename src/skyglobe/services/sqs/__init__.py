"""Amazon Simple Queue Service: standard and FIFO queues, dead letters, redrive, over both of its protocols.

Everything of the API is real. Queue policies are kept and edited here and enforced by the policy engine; messages of
queues with a KMS key are encrypted under it. ``docs/services/sqs.md`` has the details.
"""

from skyglobe.kernel.service import Service

# SQS words the absence of a member itself, and takes the queue's URL from the path of legacy calls.
sqs = Service(
    "sqs",
    parts=(
        "operations.queues",
        "operations.attributes",
        "operations.messages",
        "operations.batches",
        "operations.permissions",
        "operations.tags",
        "operations.moves",
        "counting",
        "engine",
        "needs",
    ),
    validates=False,
)
