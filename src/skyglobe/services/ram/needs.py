"""What each call to Resource Access Manager needs to be allowed."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.ram import ram

_NAMED = ("resourceShareArn", "resourceShareInvitationArn", "permissionArn")


@ram.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action, on the share or invitation it names."""
    # GetResourceShares takes a permission's ARN as a filter and works on no resource; service authorization reference.
    named = _NAMED if operation != "GetResourceShares" else ()
    resource = next((params[name] for name in named if name in params), "*")
    context: dict[str, str | list[str]] = {}
    if "allowExternalPrincipals" in params:
        context["ram:requestedallowsexternalprincipals"] = str(params["allowExternalPrincipals"]).lower()
    if principals := params.get("principals"):
        context["ram:principal"] = principals
    return [Need(f"ram:{operation}", resource, call.account, context)]
