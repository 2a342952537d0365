"""What the management account may delegate by a resource policy."""

from __future__ import annotations

from typing import Any

DELEGABLE = frozenset(
    # Organizations user guide, "Delegated administrator for AWS Organizations", supported actions
    {
        *("createpolicy", "updatepolicy", "deletepolicy", "attachpolicy", "detachpolicy"),
        *("enablepolicytype", "disablepolicytype", "tagresource", "untagresource"),
    }
)


def find_undelegable(document: dict[str, Any]) -> str | None:
    """Return an action of a policy that cannot be delegated, or None. Reading can always be."""
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if "NotAction" in statement:
            return "NotAction"
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            service, _, name = action.lower().partition(":")
            if service != "organizations" or not (name.startswith(("describe", "list")) or name in DELEGABLE):
                return str(action)
    return None
