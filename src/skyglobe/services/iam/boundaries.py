"""Permissions boundaries: which managed policy bounds a user or role."""

from __future__ import annotations

import re

from skyglobe.kernel.scope import Scope
from skyglobe.services.iam.aws_policies import find_aws_policy
from skyglobe.services.iam.records.attachments import Boundary, Kind, boundaries
from skyglobe.services.iam.records.policies import policies
from skyglobe.services.iam.refusals import invalid_input, no_such_entity

_POLICY = re.compile(r"arn:[a-z-]+:iam::(?:\d{12}|aws):policy/.+", re.ASCII)


def set_boundary(scope: Scope, kind: Kind, name: str, policy_arn: str) -> None:
    """Let the managed policy bound the user or role of that name.

    Raises InvalidInput for what is no policy's ARN, NoSuchEntity when there is no such policy.
    """
    if not _POLICY.fullmatch(policy_arn):
        raise invalid_input(f"ARN {policy_arn} is not valid.")
    if not _is_there(scope, policy_arn):
        raise no_such_entity(f"Scope ARN: {policy_arn} does not exist or is not attachable.")
    boundaries.put(scope, Boundary(kind=kind, holder=name.lower(), policy_arn=policy_arn))


def _is_there(scope: Scope, policy_arn: str) -> bool:
    if find_aws_policy(policy_arn) is not None:
        return True
    return next(policies.scan_by(scope, "arn", policy_arn, limit=1), None) is not None
