"""FIFO throughput quotas, in force in quota mode. Standard queues have none."""

from __future__ import annotations

from collections.abc import Iterable

from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import Found

MAX_CALLS = 300  # a second, for each of sending, receiving and deleting; SQS quotas, "FIFO queues"


def take_turn(found: Found, action: str, groups: Iterable[str | None] = ()) -> None:
    """Count one call. ``groups`` are the message groups it concerns, as far as they are known before.

    A batch is one call. In high-throughput mode each group has the whole quota to itself. Raises RequestThrottled.
    """
    queue = found.queue
    quotas = found.scope.kernel.quotas
    if not queue.is_fifo or not quotas.enforced:
        return
    names: set[str] = {group or "" for group in groups} if queue.is_high_throughput else {""}
    for name in sorted(names):
        if not quotas.take_in_second("sqs", queue.arn, action, name, limit=MAX_CALLS):
            raise sqs.errors.RequestThrottled("Rate exceeded.")
