"""The least-privilege policy for permissions that were used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MOST_OF_A_PLACE = 8
"""Resources below one path that a statement names one by one; more become ``path/*``. Ours: AWS's policy generation
leaves placeholders instead."""
NARROWING = {"iam": ("iam:awsservicename", "iam:passedtoservice", "iam:policyarn"), "s3": ("s3:prefix",)}
"""Condition keys, by service, that say what was meant as a resource does. Others, such as a storage class, are details
of a call."""
_SPELLED = {"iam:awsservicename": "iam:AWSServiceName", "iam:passedtoservice": "iam:PassedToService"} | {
    "iam:policyarn": "iam:PolicyARN"
}


class Permission(NamedTuple):
    """A permission that was used."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]]
    """The service's condition keys, in lower case."""


def least_policy(used: Iterable[Permission]) -> dict[str, Any]:
    """Return a policy document that allows what was used, and nothing else but more of the same place.

    Statements are made for each service: one for all actions that were used on the same resources under the same
    conditions. An empty document (no statement) is what IAM refuses: nothing was used then.
    """
    resources: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    # Actions by service and condition key, to their resources, and to the values the key had.
    values: dict[tuple[str, str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for action, resource, context in used:
        service = action.partition(":")[0]
        key = next((name for name in NARROWING.get(service, ()) if name in context), "")
        place = (service, key, action)
        for value in context.get(key, ()):
            values[place][resource].add(value)
        resources[place][resource].add("")
    grouped: dict[tuple[str, tuple[str, ...], str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (service, key, action), found in resources.items():
        if not key:
            grouped[service, places_of(found), "", ()].append(action)
            continue
        for resource in found:
            given = tuple(sorted(values[service, key, action][resource]))
            grouped[service, (resource,), key, given].append(action)
    statements = [_statement(sorted(actions), *group) for group, actions in sorted(grouped.items())]
    return {"Version": "2012-10-17", "Statement": statements}


def places_of(resources: Iterable[str]) -> tuple[str, ...]:
    """Return ``resources`` sorted, those of a path that has many as one pattern."""
    named = sorted(set(resources))
    if "*" in named:
        return ("*",)
    below: dict[str, list[str]] = defaultdict(list)
    for resource in named:
        below[_place(resource)].append(resource)
    kept: set[str] = set()
    for place, found in below.items():
        kept |= {f"{place}*"} if place and len(found) > MOST_OF_A_PLACE else set(found)
    return tuple(sorted(kept))


def _place(resource: str) -> str:
    """Return what a resource's ARN begins with, down to the last slash; empty where it has none."""
    name = ":".join(resource.split(":")[5:])
    return resource[: resource.rindex("/") + 1] if "/" in name else ""


def _statement(
    actions: list[str], service: str, resources: tuple[str, ...], key: str, given: tuple[str, ...]
) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": _one_or_all(actions), "Resource": _one_or_all(resources)}
    if key:
        statement["Condition"] = {"StringEquals": {_SPELLED.get(key, key): _one_or_all(given)}}
    return statement


def _one_or_all(values: Sequence[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
