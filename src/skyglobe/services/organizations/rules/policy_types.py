"""The types of policies: how long they may be, how many may hang on one target, and what they must look like."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.organizations.rules.inheritance import InvalidOperators, check_operators

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


class PolicyType(NamedTuple):
    """One type."""

    max_characters: int
    max_attached: int
    """On one root, unit or account."""
    top: tuple[str, ...] = ()
    """Members a document of an inherited type may begin with; none where we know of none."""


POLICY_TYPES: dict[str, PolicyType] = {
    # Organizations user guide, "Quotas and service limits", and the syntax page of each type.
    SCP: PolicyType(5_120, 5),
    RCP: PolicyType(5_120, 5),
    "TAG_POLICY": PolicyType(10_000, 10, ("tags",)),
    "BACKUP_POLICY": PolicyType(10_000, 10, ("plans",)),
    "AISERVICES_OPT_OUT_POLICY": PolicyType(2_500, 5, ("services",)),
    "CHATBOT_POLICY": PolicyType(10_000, 5, ("chatbot",)),
    "DECLARATIVE_POLICY_EC2": PolicyType(10_000, 10, ("ec2_attributes",)),
    "SECURITYHUB_POLICY": PolicyType(10_000, 10, ("securityhub",)),
    "INSPECTOR_POLICY": PolicyType(10_000, 10),
    "UPGRADE_ROLLOUT_POLICY": PolicyType(10_000, 10),
    "BEDROCK_POLICY": PolicyType(10_000, 10, ("bedrock",)),
    "S3_POLICY": PolicyType(10_000, 10, ("s3_attributes",)),
    "NETWORK_SECURITY_DIRECTOR_POLICY": PolicyType(10_000, 10),
}

RCP_SERVICES = frozenset(
    # Organizations user guide, "Resource control policies", "List of AWS services that support RCPs"
    {"s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "cognito-identity", "logs", "dynamodb", "ecr", "aoss"}
)
_RCP_ACTION = re.compile(r"([a-z0-9-]+):.+", re.IGNORECASE)

FULL_ACCESS: dict[str, tuple[str, str, str]] = {
    # What AWS attaches by itself: id, description and document.
    SCP: (
        "p-FullAWSAccess",
        "Allows access to every operation",
        json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}, indent=2
        ),
    ),
    RCP: (
        "p-RCPFullAWSAccess",
        "Allows all access for every resource.",
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
            },
            indent=2,
        ),
    ),
}


def is_sound(type_: str, content: str) -> bool:
    """Return whether a document is one of its type."""
    try:
        document = json.loads(content, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict):
        return False
    if type_ in (SCP, RCP):
        return _is_control_policy(type_, content, document)
    try:
        check_operators(document)
    except InvalidOperators:
        return False
    top = POLICY_TYPES[type_].top
    return bool(document) and (not top or set(document) <= set(top))


def _refuse(constant: str) -> None:
    """Raises ValueError: NaN and the infinities are no JSON."""
    raise ValueError(constant)


def _is_control_policy(type_: str, content: str, document: dict[str, Any]) -> bool:
    try:
        policy = parse_policy(content, "scp" if type_ == SCP else "rcp")
    except MalformedPolicy:
        return False
    if type_ == SCP:
        return True
    written = document["Statement"]
    statements = written if isinstance(written, list) else [written]
    return all(each.effect == "Deny" for each in policy.statements) and all(map(_is_rcp_statement, statements))


def _is_rcp_statement(statement: dict[str, Any]) -> bool:
    """Whether a statement names actions of services that resource control policies rule, and nothing else.

    Organizations user guide, "RCP syntax": there is no NotAction, and no action that spans services.
    """
    actions = statement.get("Action", [])
    actions = actions if isinstance(actions, list) else [actions]
    named = [_RCP_ACTION.fullmatch(action) for action in actions]
    return bool(named) and all(match is not None and match[1].lower() in RCP_SERVICES for match in named)
