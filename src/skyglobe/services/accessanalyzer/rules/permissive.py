"""What lets more, or less, than its writer is likely to have meant: roles passed on, tags that services do not know.

IAM user guide, "IAM policy validation check reference": codes and wording.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from skyglobe.models.authorization import find_reference
from skyglobe.policy.globs import includes
from skyglobe.services.accessanalyzer.rules.found import Found, at_node, listed
from skyglobe.services.accessanalyzer.rules.places import Node

Path = tuple[str | int, ...]

_ABOUT_ROLES = (
    "We recommend that you specify resource ARNs or add the iam:PassedToService condition key to your statement."
)
_ABOUT_ARNS = "We recommend that you specify resource ARNs instead."

PASS_ROLE, CREATE_SLR = "iam:PassRole", "iam:CreateServiceLinkedRole"
_NARROWING = {PASS_ROLE: "iam:passedtoservice", CREATE_SLR: "iam:awsservicename"}
_KINDS = {PASS_ROLE: "SECURITY_WARNING", CREATE_SLR: "WARNING"}
_CODES = {PASS_ROLE: "PASS_ROLE", CREATE_SLR: "CREATE_SLR"}
_ENDINGS = {
    # By how the action is meant, and whether by NotResource or by ``*``.
    ("NAMED", "NotResource"): "NOT_RESOURCE",
    ("STAR", "NotResource"): "STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("NOT", "NotResource"): "NOT_ACTION_AND_NOT_RESOURCE",
    ("NAMED", "Resource"): "STAR_IN_RESOURCE",
    ("STAR", "Resource"): "STAR_IN_ACTION_AND_RESOURCE",
    ("NOT", "Resource"): "STAR_IN_RESOURCE_AND_NOT_ACTION",
}
_SENTENCES = {
    PASS_ROLE: {
        "NOT_RESOURCE": (
            "Using the iam:PassRole action with NotResource can be overly permissive because it can allow iam:PassRole "
            f"permissions on multiple resources. {_ABOUT_ARNS}"
        ),
        "STAR_IN_ACTION_AND_NOT_RESOURCE": (
            "Using an action with a wildcard (*) and NotResource can be overly permissive because it can allow "
            f"iam:PassRole permissions on multiple resources. {_ABOUT_ARNS}"
        ),
        "NOT_ACTION_AND_NOT_RESOURCE": (
            "Using NotAction with NotResource can be overly permissive because it can allow iam:PassRole permissions "
            f"on multiple resources.. {_ABOUT_ARNS}"
        ),
        "STAR_IN_RESOURCE": (
            "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive because it "
            f"allows iam:PassRole permissions on multiple resources. {_ABOUT_ROLES}"
        ),
        "STAR_IN_ACTION_AND_RESOURCE": (
            "Using wildcards (*) in the action and the resource can be overly permissive because it allows "
            f"iam:PassRole permissions on all resources. {_ABOUT_ROLES}"
        ),
        "STAR_IN_RESOURCE_AND_NOT_ACTION": (
            "Using a resource with wildcards (*) and NotAction can be overly permissive because it allows iam:PassRole "
            f"permissions on all resources. {_ABOUT_ROLES}"
        ),
    },
    CREATE_SLR: {
        "NOT_RESOURCE": (
            "Using the iam:CreateServiceLinkedRole action with NotResource can allow creation of unintended "
            f"service-linked roles for multiple resources. {_ABOUT_ARNS}"
        ),
        "STAR_IN_ACTION_AND_NOT_RESOURCE": (
            "Using an action with a wildcard(*) and NotResource can allow creation of unintended service-linked roles "
            f"because it can allow iam:CreateServiceLinkedRole permissions on multiple resources. {_ABOUT_ARNS}"
        ),
        "NOT_ACTION_AND_NOT_RESOURCE": (
            "Using NotAction with NotResource can allow creation of unintended service-linked roles because it allows "
            f"iam:CreateServiceLinkedRole permissions on multiple resources. {_ABOUT_ARNS}"
        ),
        "STAR_IN_RESOURCE": (
            "Using the iam:CreateServiceLinkedRole action with wildcards (*) in the resource can allow creation of "
            f"unintended service-linked roles. {_ABOUT_ARNS}"
        ),
        "STAR_IN_ACTION_AND_RESOURCE": (
            "Using wildcards (*) in the action and the resource can allow creation of unintended service-linked roles "
            f"because it allows iam:CreateServiceLinkedRole permissions on all resources. {_ABOUT_ARNS}"
        ),
        "STAR_IN_RESOURCE_AND_NOT_ACTION": (
            "Using a resource with wildcards (*) and NotAction can allow creation of unintended service-linked roles "
            f"because it allows iam:CreateServiceLinkedRole permissions on all resources. {_ABOUT_ARNS}"
        ),
    },
}


def overly_permissive(statement: Node, path: Path) -> Iterator[Found]:
    """Yield what a statement that allows lets besides what it names."""
    members = statement.members
    if "NotPrincipal" in members:
        words = "Using Allow with NotPrincipal can be overly permissive. We recommend that you use Principal instead."
        here = (*path, "NotPrincipal")
        yield at_node(members["NotPrincipal"], here, "SECURITY_WARNING", "ALLOW_WITH_NOT_PRINCIPAL", words)
    keys = _keys_of(statement)
    wide = _wide_resource(statement, path)
    for action, sentences in _SENTENCES.items():
        how = _way_of_naming(statement, action)
        if wide is None or not how or _NARROWING[action] in keys:
            continue
        ending = _ENDINGS[how, wide.element]
        code = f"{_CODES[action]}_WITH_{ending}"
        yield at_node(wide.node, wide.path, _KINDS[action], code, sentences[ending])


class _Wide(NamedTuple):
    """What means every resource, or nearly."""

    node: Node
    path: Path
    element: str


def _keys_of(statement: Node) -> set[str]:
    condition = statement.members.get("Condition")
    return {key.lower() for block in condition.members.values() for key in block.members} if condition else set()


def _way_of_naming(statement: Node, action: str) -> str:
    """Return how a statement means an action: ``NAMED``, ``STAR`` or ``NOT``; empty if not at all."""
    members, lower = statement.members, action.lower()
    if "Action" in members:
        patterns = [str(one.value).lower() for one, _ in listed(members["Action"], ())]
        if lower in patterns:
            return "NAMED"
        return "STAR" if any(includes(pattern, lower) for pattern in patterns) else ""
    if "NotAction" in members:
        patterns = [str(one.value).lower() for one, _ in listed(members["NotAction"], ())]
        return "" if any(includes(pattern, lower) for pattern in patterns) else "NOT"
    return ""


def _wide_resource(statement: Node, path: Path) -> _Wide | None:
    if "NotResource" in statement.members:
        return _Wide(statement.members["NotResource"], (*path, "NotResource"), "NotResource")
    if "Resource" not in statement.members:
        return None
    every = listed(statement.members["Resource"], (*path, "Resource"))
    return next((_Wide(one, here, "Resource") for one, here in every if one.value == "*"), None)


def tag_faults(statement: Node, path: Path) -> Iterator[Found]:
    """Yield conditions on tags of resources that services of the statement's actions do not know."""
    members = statement.members
    effect = members["Effect"].value if "Effect" in members else ""
    if effect not in ("Allow", "Deny") or not any(key.startswith("aws:resourcetag/") for key in _keys_of(statement)):
        return
    here = (*path, "Condition")
    node = members["Condition"]
    if "NotAction" in members:
        yield at_node(node, here, *_NOT_ACTION[effect])
        return
    if "Action" not in members:
        return
    unaware = sorted({prefix for one, _ in listed(members["Action"], path) if (prefix := _unaware(str(one.value)))})
    if not unaware:
        return
    names = ", ".join(unaware)
    if effect == "Deny":
        words = (
            "Using the effect Deny with the tag condition key aws:ResourceTag and actions for services with the "
            f"following prefixes can be overly permissive: {names}. Actions for the listed services are not denied by "
            "this statement. We recommend that you move these actions to a different statement without this condition "
            "key."
        )
        yield at_node(node, here, "SECURITY_WARNING", "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", words)
    else:
        words = (
            "Using the effect Allow with the tag condition key aws:ResourceTag and actions for services with the "
            f"following prefixes does not affect the policy: {names}. Actions for the listed service are not allowed "
            "by this statement. We recommend that you move these actions to a different statement without this "
            "condition key."
        )
        yield at_node(node, here, "SUGGESTION", "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE", words)


_NOT_ACTION = {
    "Deny": (
        "SECURITY_WARNING",
        "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        (
            "Using the effect Deny with NotAction and the tag condition key aws:ResourceTag can be overly permissive "
            "because some service actions are not denied by this statement. This is because the condition key doesn't "
            "apply to some service actions. We recommend that you use Action instead of NotAction."
        ),
    ),
    "Allow": (
        "SUGGESTION",
        "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE",
        (
            "Using the effect Allow with NotAction and the tag condition key aws:ResourceTag allows only service "
            "actions that support the condition key. The condition key doesn't apply to some service actions. We "
            "recommend that you use Action instead of NotAction."
        ),
    ),
}


def _unaware(action: str) -> str:
    """Return the prefix of an action's service if nothing of it can be limited by tags of resources."""
    prefix = action.partition(":")[0].lower()
    reference = find_reference(prefix)
    return prefix if reference is not None and not reference.has_key("aws:ResourceTag/x") else ""
