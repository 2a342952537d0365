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
    # Only where there is an organization to ask.
    from skyglobe.services.organizations.access import FREE, controls_on, is_resource_ruled

    on_caller = controls_on(call, mine) if mine is not None else FREE
    on_resource = on_caller if theirs is mine else controls_on(call, theirs) if theirs is not None else FREE
    scps = on_caller.scps if principal.type not in ("service", "anonymous") else ()
    return scps, on_resource.rcps if is_resource_ruled(need.action) else ()
