"""The policy of an event bus: statements that PutPermission writes, and what they may look like."""

from __future__ import annotations

import json
from typing import Any

MAX_POLICY_BYTES = 10_240  # API reference of PutPermission


def statement(
    statement_id: str, principal: str, action: str, bus_arn: str, condition: dict[str, str] | None
) -> dict[str, Any]:
    """Return the statement that lets an account, or everybody of an organization, put events."""
    partition = bus_arn.split(":")[1]
    who = "*" if principal == "*" else {"AWS": f"arn:{partition}:iam::{principal}:root"}
    made: dict[str, Any] = {
        "Sid": statement_id,
        "Effect": "Allow",
        "Principal": who,
        "Action": action,
        "Resource": bus_arn,
    }
    if condition is not None:
        made["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return made


def statements_of(policy: str) -> list[dict[str, Any]]:
    """Return the statements of a stored policy."""
    if not policy:
        return []
    found = json.loads(policy)["Statement"]
    return found if isinstance(found, list) else [found]


def write_policy(statements: list[dict[str, Any]]) -> str:
    """Return the policy of these statements; none at all for none."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":")) if statements else ""
