"""The root users that AssumeRoot speaks of."""

from __future__ import annotations

import re

from skyglobe.kernel.scope import Scope
from skyglobe.services.sts.refusals import validation_error

_TARGET = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):root|([0-9]{12})")


def account_of_target(target: str) -> str:
    """Return the account of a ``TargetPrincipal``: its number, or its root's ARN. Raises ValidationError."""
    found = _TARGET.fullmatch(target)
    if found is None:
        raise validation_error(f"{target} is invalid")
    return found[1] or found[2]


def root_arn(scope: Scope, account: str) -> str:
    return f"arn:{scope.partition}:iam::{account}:root"
