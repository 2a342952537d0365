"""What log groups may be called, and how they are named in ARNs."""

from __future__ import annotations

import re

_GROUP_ARN = re.compile(r"arn:[a-z-]+:logs:[a-z0-9-]+:([0-9]{12}):log-group:([.\-_/#A-Za-z0-9]{1,512})(?::\*)?")
_GROUP_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
RESERVED = "aws/"


def group_of_arn(arn: str) -> tuple[str, str] | None:
    """Return account and name of a log group by its ARN, with or without ``:*``; None when it is no such ARN."""
    found = _GROUP_ARN.fullmatch(arn)
    return (found[1], found[2]) if found is not None else None


def is_group_name(text: str) -> bool:
    return _GROUP_NAME.fullmatch(text) is not None
