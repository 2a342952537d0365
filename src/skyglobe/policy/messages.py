"""AWS's words for a denial, layer by layer.

IAM user guide, "Troubleshoot access denied error messages".
"""

from __future__ import annotations

from typing import Literal

Layer = Literal["rcp", "scp", "endpoint", "resource", "trust", "identity", "boundary", "session"]

_EXPLICIT: dict[Layer, str] = {
    "rcp": "a resource control policy",
    "scp": "a service control policy",
    "endpoint": "a VPC endpoint policy",
    "resource": "a resource-based policy",
    "trust": "the role trust policy",
    "identity": "an identity-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
}
_IMPLICIT: dict[Layer, str] = {
    "rcp": "resource control policy",
    "scp": "service control policy",
    "endpoint": "VPC endpoint policy",
    "resource": "resource-based policy",
    "trust": "role trust policy",
    "identity": "identity-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
}


def denial(arn: str, action: str, resource: str, layer: Layer, *, is_explicit: bool) -> str:
    """Return the text of an AccessDenied error. A caller nobody knows is ``anonymous``."""
    where = f" on resource: {resource}" if resource else ""
    head = f"User: {arn or 'anonymous'} is not authorized to perform: {action}{where}"
    if is_explicit:
        return f"{head} with an explicit deny in {_EXPLICIT[layer]}"
    return f"{head} because no {_IMPLICIT[layer]} allows the {action} action"
