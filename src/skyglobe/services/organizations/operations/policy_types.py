"""Which types of policies are in force."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import clear_type, open_up_all
from skyglobe.services.organizations.finding import Found, get_organization
from skyglobe.services.organizations.records import Root, note_change, roots
from skyglobe.services.organizations.rules.policy_types import FULL_ACCESS
from skyglobe.services.organizations.shapes import root_shape


@organizations.operation
def enable_policy_type(call: Call, root_id: str, policy_type: str) -> dict[str, Any]:
    """Put a type in force. Control policies start with AWS's full access on everything."""
    found = get_organization(call)
    root = _get_root(found, root_id)
    if found.organization.feature_set != "ALL":
        raise organizations.errors.PolicyTypeNotAvailableForOrganizationException(
            "You can't use the specified policy type with the feature set currently enabled for this organization."
        )
    if policy_type in root.policy_types:
        raise organizations.errors.PolicyTypeAlreadyEnabledException("The specified policy type is already enabled.")
    changed = _with_types(found, root, (*root.policy_types, policy_type))
    if policy_type in FULL_ACCESS:
        open_up_all(found.there, policy_type)
    return {"Root": root_shape(changed)}


@organizations.operation
def disable_policy_type(call: Call, root_id: str, policy_type: str) -> dict[str, Any]:
    """Put a type out of force. Its policies are taken off everything, and stay off."""
    found = get_organization(call)
    root = _get_root(found, root_id)
    if policy_type not in root.policy_types:
        raise organizations.errors.PolicyTypeNotEnabledException("The specified policy type isn't currently enabled.")
    changed = _with_types(found, root, tuple(each for each in root.policy_types if each != policy_type))
    clear_type(found.there, policy_type)
    return {"Root": root_shape(changed)}


def _get_root(found: Found, root_id: str) -> Root:
    root = roots.find(found.there, root_id)
    if root is None:
        raise organizations.errors.RootNotFoundException("You specified a root that doesn't exist.")
    return root


def _with_types(found: Found, root: Root, types: tuple[str, ...]) -> Root:
    changed = replace(root, policy_types=types)
    roots.replace(found.there, root, changed)
    note_change(found.there, "types", types)
    return changed
