"""Names of clusters and groups, and of what belongs to other services."""

from __future__ import annotations

import re

_CLUSTER = re.compile(r"[a-z](?:-?[a-z0-9]){0,19}").fullmatch
MAX_CLUSTER_NAME = 20  # characters; API reference of CreateCluster
MAX_GROUP_NAME = 255  # characters; not documented for DAX, as ElastiCache has it
_GROUP = re.compile(r"[A-Za-z](?:[-.]?[A-Za-z0-9])*").fullmatch
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\x21-\x7e]+").fullmatch
_SUBNET = re.compile(r"subnet-[0-9a-f]{8}(?:[0-9a-f]{9})?").fullmatch
_SECURITY_GROUP = re.compile(r"sg-[0-9a-f]{8}(?:[0-9a-f]{9})?").fullmatch
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)-([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)").fullmatch
_WEEK = 7 * 24 * 60  # minutes


def is_cluster_name(name: str) -> bool:
    """Return whether a name in lower case may be a cluster's: letters, digits and single hyphens, a letter first."""
    return len(name) <= MAX_CLUSTER_NAME and _CLUSTER(name) is not None


def is_group_name(name: str) -> bool:
    """Return whether a name may be a parameter or subnet group's."""
    return len(name) <= MAX_GROUP_NAME and _GROUP(name) is not None


def is_role(arn: str) -> bool:
    return _ROLE(arn) is not None


def is_subnet(id_: str) -> bool:
    return _SUBNET(id_) is not None


def is_security_group(id_: str) -> bool:
    return _SECURITY_GROUP(id_) is not None


def is_window(text: str) -> bool:
    """Return whether ``text`` is a maintenance window of an hour or more: ``sun:05:00-sun:09:00``."""
    found = _WINDOW(text.lower())
    if found is None or found[1] not in _DAYS or found[4] not in _DAYS:
        return False
    first, last = (
        (_DAYS.index(found[place]) * 24 + int(found[place + 1])) * 60 + int(found[place + 2]) for place in (1, 4)
    )
    return (last - first) % _WEEK >= 60
