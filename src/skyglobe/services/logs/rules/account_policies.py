"""Account policies' documents: subscriptions for all groups of an account. API reference of PutAccountPolicy."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

MAX_CRITERIA_BYTES = 25_600  # API reference of PutAccountPolicy: 25 KB
_CRITERIA = re.compile(r"\s*LogGroupName\s+NOT\s+IN\s*(\[.*\])\s*", re.DOTALL)
_NAMES = ("DestinationArn", "RoleArn", "FilterPattern", "Distribution")


class BadAccountPolicy(ValueError):
    """The document or criteria are not valid; says why."""


class Subscribing(NamedTuple):
    """What a subscription filter policy asks for."""

    destination: str
    role: str
    pattern: str
    distribution: str


def parse_subscription(text: str) -> Subscribing:
    """Return what a subscription filter policy's document asks for. Raises BadAccountPolicy."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAccountPolicy("The policy document is not valid JSON.") from error
    if not isinstance(document, dict):
        raise BadAccountPolicy("The policy document must be a JSON object.")
    _check_members(document)
    distribution = document.get("Distribution", "ByLogStream")
    if distribution not in ("Random", "ByLogStream"):
        raise BadAccountPolicy("Distribution must be Random or ByLogStream.")
    if not document.get("DestinationArn"):
        raise BadAccountPolicy("The policy document must have a DestinationArn.")
    return Subscribing(
        document["DestinationArn"], document.get("RoleArn", ""), document.get("FilterPattern", ""), distribution
    )


def _check_members(document: dict[str, Any]) -> None:
    for name, value in document.items():
        if name not in _NAMES:
            raise BadAccountPolicy(f"{name} is not allowed in a subscription filter policy.")
        if not isinstance(value, str):
            raise BadAccountPolicy(f"{name} must be a string.")


def parse_excluded(criteria: str) -> list[str]:
    """Return the groups that ``LogGroupName NOT IN ["a", "b"]`` leaves out. Raises BadAccountPolicy."""
    if not criteria:
        return []
    if len(criteria.encode("utf-8", "surrogatepass")) > MAX_CRITERIA_BYTES:
        raise BadAccountPolicy(f"The selection criteria must not be larger than {MAX_CRITERIA_BYTES} bytes.")
    found = _CRITERIA.fullmatch(criteria)
    try:
        names = json.loads(found[1]) if found is not None else None
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadAccountPolicy('The only supported selection criteria is LogGroupName NOT IN ["..."].')
    return names
