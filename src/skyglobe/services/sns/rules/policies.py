"""Access policies of topics, and the redrive policies of subscriptions."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.policy.documents import MalformedPolicy, parse_policy
from skyglobe.services.sns.refusals import invalid

MAX_POLICY_BYTES = 30_720  # developer guide, "Amazon SNS quotas"


def check_policy(text: str) -> None:
    """Raise InvalidParameter for a ``Policy`` attribute that is no access policy of a topic."""
    try:
        document = json.loads(text)
        parse_policy(text, "resource")
    except (MalformedPolicy, ValueError, RecursionError) as error:
        raise invalid("Policy Error: null") from error
    if len(text.encode()) > MAX_POLICY_BYTES:
        raise invalid("Policy Error: Policy is too large")
    for statement in statements_of(document):
        actions = statement.get("Action", statement.get("NotAction", []))
        for action in actions if isinstance(actions, list) else [actions]:
            if action != "*" and not str(action).lower().startswith("sns:"):
                raise invalid("Policy statement action out of service scope!")


def statements_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a policy's statements, which may be written as one."""
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def with_permission(policy: str, arn: str, label: str, accounts: list[str], actions: list[str]) -> str:
    """Return ``policy`` with the statement AddPermission adds. Raises InvalidParameter for a known label."""
    document = json.loads(policy)
    statements = statements_of(document)
    if any(statement.get("Sid") == label for statement in statements):
        raise invalid("Statement already exists")
    added = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _one_or_all([f"SNS:{action}" for action in actions]),
        "Resource": arn,
    }
    return json.dumps({**document, "Statement": [*statements, added]}, separators=(",", ":"))


def without_permission(policy: str, label: str) -> str:
    """Return ``policy`` without the statement of this label; as it is when there is none."""
    document = json.loads(policy)
    kept = [statement for statement in statements_of(document) if statement.get("Sid") != label]
    return json.dumps({**document, "Statement": kept}, separators=(",", ":"))


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def dead_letter_target(text: str, is_fifo: bool, account: str, region: str) -> str:
    """Return the queue a ``RedrivePolicy`` names. Raises InvalidParameter.

    It must be in the subscription's account and region, and for a FIFO topic it must be a FIFO queue (developer
    guide, "Amazon SNS dead-letter queues").
    """
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise invalid("RedrivePolicy: failed to parse JSON.") from error
    if not isinstance(policy, dict) or set(policy) != {"deadLetterTargetArn"}:
        raise invalid("RedrivePolicy: must be a JSON object with the key deadLetterTargetArn.")
    target = policy["deadLetterTargetArn"]
    try:
        arn = parse_arn(target if isinstance(target, str) else "")
    except ValueError as error:
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn.") from error
    if arn.service != "sqs":
        raise invalid("RedrivePolicy: deadLetterTargetArn is an invalid arn.")
    if (arn.account, arn.region) != (account, region):
        raise invalid("RedrivePolicy: dead-letter queue must be in the same account and region as the subscription.")
    if is_fifo != arn.resource.endswith(".fifo"):
        kind = "FIFO" if is_fifo else "standard"
        raise invalid(f"RedrivePolicy: the dead-letter queue of a {kind} topic's subscription must be a {kind} queue.")
    return str(target)
