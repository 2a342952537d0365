"""AddPermission and RemovePermission: statements of the queue's policy, by label."""

from __future__ import annotations

import re

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.sqs import sqs
from skyglobe.services.sqs.access import get_own_queue
from skyglobe.services.sqs.records import queues
from skyglobe.services.sqs.refusals import invalid_value, missing
from skyglobe.services.sqs.rules.policies import MAX_ACTIONS, with_permission, without_permission

_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")  # API reference of AddPermission
_ACCOUNT = re.compile(r"\d{12}")
# Actions that only the owner of a queue can have; developer guide, "Grant cross-account permissions".
OWNER_ONLY = frozenset(
    (
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    )
)


@sqs.operation
def add_permission(
    call: Call,
    queue_url: str = "",
    label: str = "",
    aws_account_ids: list[str] | None = None,
    actions: list[str] | None = None,
) -> None:
    """Allow other accounts some actions on a queue."""
    scope, queue = get_own_queue(call, queue_url)
    _check_label(label)
    if not aws_account_ids:
        raise missing("AWSAccountIds")
    if not actions:
        raise missing("Actions")
    if not all(map(_ACCOUNT.fullmatch, aws_account_ids)):
        raise invalid_value(f"[{', '.join(aws_account_ids)}]", "PrincipalId", "Unable to verify.")
    _check_actions(actions)
    policy = with_permission(queue.policy, queue.arn, label, aws_account_ids, actions)
    queues.replace(scope, queue, replace(queue, policy=policy, changed_at=call.now))


@sqs.operation
def remove_permission(call: Call, queue_url: str = "", label: str = "") -> None:
    """Take back what AddPermission allowed under ``Label``."""
    scope, queue = get_own_queue(call, queue_url)
    _check_label(label)
    policy = without_permission(queue.policy, label)
    queues.replace(scope, queue, replace(queue, policy=policy, changed_at=call.now))


def _check_label(label: str) -> None:
    if not label:
        raise missing("Label")
    if not _LABEL.fullmatch(label):
        reason = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length."
        raise invalid_value(label, "Label", reason)


def _check_actions(actions: list[str]) -> None:
    if len(actions) > MAX_ACTIONS:
        raise sqs.errors.OverLimit(f"{len(actions)} Actions were found, maximum allowed is {MAX_ACTIONS}.")
    for action in actions:
        if action != "*" and action not in sqs.model.operation_names:
            reason = "Please refer to the appropriate WSDL for a list of valid actions."
            raise invalid_value(action, "ActionName", reason)
        if action in OWNER_ONLY:
            raise invalid_value(action, "ActionName", "Only the queue owner is allowed to invoke this action.")
