"""AWS Organizations: many accounts under one management account, and the policies that rule them.

Accounts are made and belong somewhere; service and resource control policies are enforced by the gateway on every
call; the other types are kept and merged into each account's effective policy. ``docs/services/organizations.md``
says what is real.
"""

from typing import Any

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.service import Service
from skyglobe.models import OperationModel

_REASONS = {
    "required": ("INPUT_REQUIRED", "You must include a value for all required parameters: {}."),
    "enum": ("INVALID_ENUM", "You specified an invalid value for {}."),
    "pattern": ("INVALID_PATTERN", "You provided a value that does not match the required pattern: {}."),
    "too short": ("MIN_LENGTH_EXCEEDED", "You provided a value shorter than the minimum length: {}."),
    "too long": ("MAX_LENGTH_EXCEEDED", "You provided a value longer than the maximum length: {}."),
    "too small": ("MIN_VALUE_EXCEEDED", "You provided a value lower than the minimum: {}."),
    "too large": ("MAX_VALUE_EXCEEDED", "You provided a value higher than the maximum: {}."),
}


def _invalid(_: OperationModel, violations: list[Any]) -> ServiceError:
    """Return ``InvalidInputException`` with the reason of the first broken constraint."""
    first = violations[0]
    reason, text = _REASONS.get(_kind(first), ("INVALID_LIST_MEMBER", "You specified an invalid value: {}."))
    return organizations.errors.InvalidInputException(text.format(first.path), fields={"Reason": reason})


def _kind(violation: Any) -> str:
    kind: str = violation.kind
    if kind not in ("length", "range"):
        return kind
    is_over = "less than" in violation.constraint
    return {"length": ("too short", "too long"), "range": ("too small", "too large")}[kind][is_over]


organizations = Service(
    "organizations",
    parts=(
        "operations.organization",
        "operations.units",
        "operations.accounts",
        "operations.membership",
        "operations.handshakes",
        "operations.policies",
        "operations.attachments",
        "operations.policy_types",
        "operations.effective_policies",
        "operations.trusted_services",
        "operations.resource_policy",
        "operations.tags",
        "operations.transfers",
        "access",
        "engine",
        "needs",
    ),
    invalid=_invalid,
)
