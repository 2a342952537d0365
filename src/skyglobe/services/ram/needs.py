"""What each call to Resource Access Manager needs to be allowed."""

from __future__ import annotations

from functools import cache
from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.models.authorization import find_reference
from skyglobe.services.ram import ram
from skyglobe.services.ram.granting import get_known
from skyglobe.services.ram.records import invitations
from skyglobe.services.ram.sharing import find_share, find_type

Context = dict[str, str | list[str]]

_NAMED = (
    *("resourceShareArn", "resourceShareInvitationArn", "permissionArn"),
    *("fromPermissionArn", "toPermissionArn", "resourceArn"),
)


@ram.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, on each share, invitation or permission it names."""
    reference = find_reference("ram")
    action = reference.find_action(operation) if reference is not None else None
    # Filters and what some lists are about are no resources; service authorization reference.
    named = [params[name] for name in _NAMED if name in params] if action is not None and action.resources else []
    context = _asked(call, params)
    for arn in named:
        context |= _of_named(call, arn)
    told = {key: value for key, value in context.items() if key in _keys(operation)}
    return [Need(f"ram:{operation}", arn, call.account, told) for arn in named or ["*"]]


@cache
def _keys(operation: str) -> frozenset[str]:
    """Return the condition keys of RAM's own that an action can be limited by, in lower case."""
    reference = find_reference("ram")
    action = reference.find_action(operation) if reference is not None else None
    if reference is None or action is None:
        return frozenset()
    keys = {*action.keys, *(key for one in action.resources for key in reference.resources[one.name].keys)}
    return frozenset(key.lower() for key in keys)


def _asked(call: Call, params: dict[str, Any]) -> Context:
    context: Context = {}
    if "allowExternalPrincipals" in params:
        context["ram:requestedallowsexternalprincipals"] = str(params["allowExternalPrincipals"]).lower()
    if principals := params.get("principals"):
        context["ram:principal"] = principals
    if arns := params.get("resourceArns"):
        context["ram:resourcearn"] = arns
        if types := sorted({type_ for type_ in (find_type(call, arn) for arn in arns) if type_}):
            context["ram:requestedresourcetype"] = types
    if "resourceType" in params:
        context["ram:permissionresourcetype"] = params["resourceType"]
    return context


def _of_named(call: Call, arn: str) -> Context:
    """Return the keys of a share, an invitation or a permission. Nothing of what is not there."""
    try:
        if ":permission/" in arn:
            return {"ram:permissionarn": arn, "ram:permissionresourcetype": get_known(call, arn).resource_type}
        if ":resource-share-invitation/" in arn:
            invitation = invitations.find(call, arn)
            if invitation is None:
                return {}
            return {"ram:shareowneraccountid": invitation.sender, "ram:resourcesharename": invitation.share_name}
        share = find_share(call, arn)
    except ServiceError:
        return {}  # the operation refuses it
    if share is None:
        return {}
    return {"ram:resourcesharename": share.name, "ram:allowsexternalprincipals": str(share.allows_external).lower()}
