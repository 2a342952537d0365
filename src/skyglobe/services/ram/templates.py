"""The policy templates of permissions: what a customer may write, and the policies that shares make of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from skyglobe.models.authorization import find_reference
from skyglobe.policy import MalformedPolicy, parse_policy
from skyglobe.services.ram.rules import find_kind, find_source_key

_ELEMENTS = frozenset({"Effect", "Action", "Condition"})
_WHOLE = "arn:aws:iam::{}:root"
# User guide, "Considerations for using customer managed permissions"
_FORBIDDEN = frozenset(
    {
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"),
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgpaths", "aws:sourceorgid"),
    }
)
_SYSTEM_TAGS = ("aws:principaltag/aws:", "aws:resourcetag/aws:", "aws:requesttag/aws:")
_ORGANIZATION, _PATHS = "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"


class Malformed(ValueError):
    """A template that cannot be read."""


class Invalid(ValueError):
    """A template that says what permissions may not say."""


def check_template(text: str, resource_type: str) -> None:
    """Raise Malformed or Invalid for what is no template of a permission for resources of one type.

    It has Effect, Action and Condition of one statement; actions are those of the type's service, and operators do not
    negate. User guide, "Creating and using customer managed permissions", and its considerations.
    """
    try:
        template = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("The policy template is not valid JSON.") from error
    if (
        not isinstance(template, dict)
        or not template.keys() <= _ELEMENTS
        or not {"Effect", "Action"} <= template.keys()
    ):
        raise Malformed("The policy template must have the elements Effect and Action, and may have Condition.")
    try:
        parse_policy(json.dumps(_document([{**template, "Principal": "*", "Resource": "*"}])), "resource")
    except MalformedPolicy as error:
        raise Malformed(f"The policy template is not valid: {error}") from error
    if template["Effect"] != "Allow":
        raise Invalid("The Effect of a policy template must be Allow.")
    _check_actions(template["Action"], resource_type)
    for operator, keys in template.get("Condition", {}).items():
        _check_condition(operator, keys)


def _check_actions(given: str | list[str], resource_type: str) -> None:
    prefix = resource_type.partition(":")[0]
    reference = find_reference(prefix)
    for action in [given] if isinstance(given, str) else given:
        vendor, _, name = action.partition(":")
        is_known = vendor.lower() == prefix and reference is not None and reference.find_action(name) is not None
        if not is_known:
            raise Invalid(f"The action {action} is not supported for the resource type {resource_type}.")


def _check_condition(operator: str, keys: dict[str, Any]) -> None:
    if "not" in operator.lower():
        raise Invalid(f"The operator {operator} is not supported in policy templates.")
    for key in keys:
        if key.lower() in _FORBIDDEN or key.lower().startswith(_SYSTEM_TAGS):
            raise Invalid(f"The condition key {key} is not supported in policy templates.")


class Shared(NamedTuple):
    """The policy a permission makes with a share's principals, on its resources of one type."""

    document: str
    outside: str
    """What of it speaks of others than an organization; empty when nothing does."""
    organization_id: str


def policy_of(template: str, principals: Iterable[str], sources: Iterable[str]) -> Shared:
    """Return what a permission's template lets a share's principals do. Both documents are empty for nobody."""
    part = json.loads(template)
    named: dict[str, list[str]] = {"AWS": [], "Service": []}
    nodes: list[str] = []
    for principal in sorted(principals):
        kind = find_kind(principal)
        if kind == "account":
            named["AWS"].append(_WHOLE.format(principal))
        elif kind == "identity":
            named["AWS"].append(principal)
        elif kind == "service":
            named["Service"].append(principal)
        else:
            nodes.append(principal)
    statements = []
    if named["AWS"]:
        statements.append({**part, "Principal": {"AWS": named["AWS"]}})
    if named["Service"]:
        statements.append({**_limited(part, _from(sources)), "Principal": {"Service": named["Service"]}})
    outside = _written(statements)
    statements += [{**_limited(part, _within(node)), "Principal": "*"} for node in nodes]
    organization = nodes[0].split("/")[1] if nodes else ""
    return Shared(_written(statements), outside, organization)


def with_resource(document: str, arn: str) -> str:
    """Return a share's policy as it is shown for one resource."""
    shown = json.loads(document)
    for statement in shown["Statement"]:
        statement["Resource"] = arn
    return json.dumps(shown, separators=(",", ":"))


def _within(node: str) -> dict[str, dict[str, Any]]:
    """Return the condition that the caller is in an organization or unit."""
    organization, *unit = node.rpartition(":")[2].split("/")[1:]
    if not unit:
        return {"StringEquals": {_ORGANIZATION: organization}}
    return {"ForAnyValue:StringLike": {_PATHS: f"{organization}/*/{unit[0]}/*"}}


def _from(sources: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the conditions that a service acts for one of the sources; none where there are none."""
    by_key: dict[str, list[str]] = {}
    for source in sorted(sources):
        key = find_source_key(source)
        if key is not None:
            by_key.setdefault(key, []).append(source)
    conditions: dict[str, dict[str, Any]] = {}
    for key, values in by_key.items():
        operator = {"aws:SourceArn": "ArnLike", "aws:SourceOrgPaths": "ForAnyValue:StringLike"}.get(key, "StringEquals")
        conditions.setdefault(operator, {})[key] = values
    return conditions


def _limited(part: dict[str, Any], conditions: dict[str, dict[str, Any]]) -> dict[str, Any]:
    merged = {operator: dict(keys) for operator, keys in part.get("Condition", {}).items()}
    for operator, keys in conditions.items():
        merged.setdefault(operator, {}).update(keys)
    return {**part, "Condition": merged} if merged else part


def _written(statements: list[dict[str, Any]]) -> str:
    if not statements:
        return ""
    numbered = [{"Sid": f"RamStatement{n}", **one, "Resource": "*"} for n, one in enumerate(statements, 1)]
    return json.dumps(_document(numbered), separators=(",", ":"))


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}
