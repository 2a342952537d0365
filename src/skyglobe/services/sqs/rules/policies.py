"""The JSON documents a queue carries: its access policy and its two redrive policies."""

from __future__ import annotations

import json
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.services.sqs.records import Redrive
from skyglobe.services.sqs.refusals import invalid_attribute, invalid_parameter, invalid_value

MAX_RECEIVES = 1_000  # AWS's own error message says so
MAX_ACTIONS = 7  # of a statement; API reference of AddPermission
MAX_SOURCES = 10  # of a redrive allow policy; API reference of CreateQueue
PERMISSIONS = ("allowAll", "denyAll", "byQueue")
_VERSIONS = ("2008-10-17", "2012-10-17")


def parse_redrive_policy(text: str) -> Redrive | None:
    """Return what a ``RedrivePolicy`` attribute says; None for the empty one, which removes the policy.

    Raises InvalidParameterValue.
    """
    if not text:
        return None
    policy = _parse_map(text)
    if policy is None:
        raise invalid_value(text, "RedrivePolicy", "Redrive policy is not a valid JSON map.")
    for name in policy:
        if name not in ("deadLetterTargetArn", "maxReceiveCount"):
            raise invalid_value(text, "RedrivePolicy", f"Redrive policy contains unknown attribute: {name}.")
    for name in ("maxReceiveCount", "deadLetterTargetArn"):
        if not policy.get(name) and policy.get(name) != 0:
            raise invalid_value(text, "RedrivePolicy", f"Redrive policy does not contain mandatory attribute: {name}.")
    target = policy["deadLetterTargetArn"]
    if not isinstance(target, str) or not is_queue_arn(target):
        raise invalid_value(text, "RedrivePolicy", "Invalid value for deadLetterTargetArn.")
    count = policy["maxReceiveCount"]
    receives = _whole(count)
    if receives is None or not 1 <= receives <= MAX_RECEIVES:
        valid = f"valid values are from 1 to {MAX_RECEIVES} both inclusive."
        raise invalid_value(text, "RedrivePolicy", f"Invalid value for maxReceiveCount: {count}, {valid}")
    return Redrive(target, receives)


def check_redrive_allow_policy(text: str) -> None:
    """Raise InvalidParameterValue for a ``RedriveAllowPolicy`` attribute that is none."""
    if not text:
        return
    unsupported = invalid_parameter(
        "Invalid value for the parameter RedriveAllowPolicy. "
        "Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format."
    )
    policy = _parse_map(text)
    if policy is None or not set(policy) <= {"redrivePermission", "sourceQueueArns"}:
        raise unsupported
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in PERMISSIONS:
        raise unsupported
    if (permission == "byQueue") != (sources is not None):
        raise unsupported
    if sources is not None:
        if not isinstance(sources, list) or not sources or not all(map(is_queue_arn, sources)):
            raise unsupported
        if len(sources) > MAX_SOURCES:
            raise invalid_parameter(
                "Invalid value for the parameter RedriveAllowPolicy. "
                f"Reason: You can specify up to {MAX_SOURCES} source queue ARNs."
            )


def allows_redrive(redrive_allow_policy: str, source_arn: str) -> bool:
    """Whether a queue with this ``RedriveAllowPolicy`` may be the dead-letter queue of ``source_arn``."""
    policy = _parse_map(redrive_allow_policy) or {}
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in policy["sourceQueueArns"])


def is_queue_arn(text: Any) -> bool:
    """Whether ``text`` is the ARN of a queue."""
    if not isinstance(text, str):
        return False
    try:
        arn = parse_arn(text)
    except ValueError:
        return False
    return arn.service == "sqs" and bool(arn.region and arn.account)


def check_policy(text: str) -> None:
    """Raise InvalidAttributeValue for a ``Policy`` attribute that is no access policy of a queue."""
    if not text:
        return
    policy = _parse_map(text)
    if policy is None or policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        raise invalid_attribute("Policy")
    statements = policy.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(map(_is_statement, statements)):
        raise invalid_attribute("Policy")


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
        return False
    if ("Principal" in statement) == ("NotPrincipal" in statement):
        return False
    if ("Action" in statement) == ("NotAction" in statement) or {"Resource", "NotResource"} <= set(statement):
        return False
    actions = _texts(statement.get("Action", statement.get("NotAction")))
    return bool(actions) and all(action == "*" or action.lower().startswith("sqs:") for action in actions)


def with_permission(policy: str, arn: str, label: str, principals: list[str], actions: list[str]) -> str:
    """Return ``policy`` with the statement that AddPermission adds. Raises InvalidParameterValue for a known label."""
    document = _parse_map(policy) or {"Version": "2008-10-17", "Id": f"{arn}/SQSDefaultPolicy", "Statement": []}
    statements = _statements(document)
    if any(statement.get("Sid") == label for statement in statements):
        raise invalid_value(label, "Label", "Already exists.")
    added = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_all([f"arn:aws:iam::{account}:root" for account in principals])},
        "Action": _one_or_all([f"SQS:{action}" for action in actions]),
        "Resource": arn,
    }
    return json.dumps({**document, "Statement": [*statements, added]}, separators=(",", ":"))


def without_permission(policy: str, label: str) -> str:
    """Return ``policy`` without the statement of this label; nothing when no other is left.

    Raises InvalidParameterValue when there is none.
    """
    document = _parse_map(policy) or {}
    statements = _statements(document)
    kept = [statement for statement in statements if statement.get("Sid") != label]
    if len(kept) == len(statements):
        raise invalid_value(label, "Label", "can't find label on existing policy.")
    return json.dumps({**document, "Statement": kept}, separators=(",", ":")) if kept else ""


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    statements = document.get("Statement", [])
    return [statements] if isinstance(statements, dict) else list(statements)


def _one_or_all(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return values if all(isinstance(text, str) for text in values) else []


def _parse_map(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _whole(value: Any) -> int | None:
    """Return a count that clients write as a number or as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else None
