"""What an organization has to say on a call: its control policies, and whether the caller's account is closed.

Where no organization was ever made this is one look into the store.
"""

from __future__ import annotations

from skyglobe.gateway.auth_errors import refusal
from skyglobe.gateway.plans import Plan
from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.standing import find_membership, find_standing
from skyglobe.policy import Source

Levels = tuple[tuple[Source, ...], ...]


def refuse_closed(call: Call, plan: Plan) -> None:
    """Refuse callers of an account that was closed: their keys are as unknown ones. Services go on."""
    principal = call.principal
    standing = find_standing(call, principal.account) if principal.type != "service" else None
    if standing is None or not standing.is_closed:
        return
    if plan.signed.is_s3:
        # S3 API reference, "Error responses"
        text = "There is a problem with your AWS account that prevents the operation from completing successfully."
        raise ServiceError(text, code="AccountProblem", status=403)
    raise refusal(plan.signed, "unknown key")


def controls_of(call: Call, need: Need) -> tuple[Levels, Levels]:
    """Return the service control policies on the caller and the resource control policies on the resource, by level.

    The management account's callers and resources are free of them; so are services of the former.
    """
    principal = call.principal
    mine = find_membership(call, principal.account)
    theirs = mine if need.account == principal.account else find_membership(call, need.account)
    if (mine is None or mine.is_management) and (theirs is None or theirs.is_management):
        return (), ()
    organizations = call.kernel.services.find("organizations")
    if organizations is None or organizations.find_controls is None:
        return (), ()  # a cloud of few services, whose store comes from one that had them
    on_caller = organizations.find_controls(call, mine, need.action) if mine is not None else None
    on_resource = on_caller
    if theirs is not mine:
        on_resource = organizations.find_controls(call, theirs, need.action) if theirs is not None else None
    scps: Levels = ()
    if on_caller is not None and principal.type not in ("service", "anonymous"):
        scps = on_caller.scps
    return scps, on_resource.rcps if on_resource is not None else ()
