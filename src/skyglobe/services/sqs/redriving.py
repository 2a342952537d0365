"""What must agree between a queue and its dead-letter queue."""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.sqs.records import Queue, queues
from skyglobe.services.sqs.refusals import invalid_value
from skyglobe.services.sqs.rules.policies import allows_redrive


def check_dead_letter_queue(scope: Scope, queue: Queue) -> None:
    """Raise InvalidParameterValue unless the dead-letter queue of ``queue`` exists, agrees with it and allows it."""
    if queue.redrive is None:
        return
    text, arn = queue.redrive_policy, queue.redrive.target_arn
    place = parse_arn(arn)
    if (place.account, place.region) != (scope.account, scope.region):
        reason = "Dead letter queue must be in the same account and region as the source."
        raise invalid_value(text, "RedrivePolicy", reason)
    target = queues.find(scope, place.resource)
    if target is None or arn == queue.arn:
        raise invalid_value(text, "RedrivePolicy", "Dead letter target does not exist.")
    if target.is_fifo != queue.is_fifo:
        raise invalid_value(text, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
    if not allows_redrive(target.redrive_allow_policy, queue.arn):
        reason = "The dead-letter queue's redrive allow policy does not permit this source queue."
        raise invalid_value(text, "RedrivePolicy", reason)
