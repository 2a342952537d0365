"""Policies written from the actions that were used.

IAM user guide, "IAM Access Analyzer policy generation": actions on the resources that the reference names for them,
with placeholders, and a template of the services whose actions are not known.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable

from skyglobe.models.authorization import find_reference

_PARTITION = re.compile(r"\$\{Partition\}")


def policy_of_actions(actions: Iterable[str], *, with_placeholders: bool) -> str:
    """Return the policy that allows ``actions`` (``sqs:SendMessage``), on everything or on placeholders."""
    by_resources: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for action in sorted(actions):
        by_resources[resources_of(action) if with_placeholders else ("*",)].append(action)
    return _document(by_resources)


def policy_of_services(services: Iterable[str]) -> str:
    """Return the template that allows all of ``services``, for somebody to narrow."""
    return _document({("*",): [f"{service}:*" for service in sorted(services)]})


def resources_of(action: str) -> tuple[str, ...]:
    """Return the ARNs of an action's resources with placeholders; ``*`` where it names none."""
    prefix, _, name = action.partition(":")
    reference = find_reference(prefix)
    known = reference.find_action(name) if reference is not None else None
    if reference is None or known is None or not known.resources:
        return ("*",)
    found = {reference.resources[one.name].arn for one in known.resources if one.name in reference.resources}
    return tuple(sorted(_PARTITION.sub("aws", arn) for arn in found)) or ("*",)


def _document(by_resources: dict[tuple[str, ...], list[str]]) -> str:
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": resources[0] if len(resources) == 1 else list(resources)}
        for resources, actions in sorted(by_resources.items())
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
