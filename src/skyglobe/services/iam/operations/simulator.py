"""The policy simulator: what would be allowed, and which context keys that depends on."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.standing import find_membership
from skyglobe.policy import PolicySet, Source, parse_policy
from skyglobe.services.iam import iam
from skyglobe.services.iam.access import find_principal, policies_of, policies_on_group
from skyglobe.services.iam.paging import page
from skyglobe.services.iam.refusals import invalid_input, no_such_entity
from skyglobe.services.iam.rules.context_keys import keys_of_policies
from skyglobe.services.iam.rules.documents import DocumentKind, check_simulated_document
from skyglobe.services.iam.simulation import Context, Simulation, read_context, source_for_simulation

Held = tuple[tuple[Source, ...], Source | None]


@iam.operation(unused=("ResourceHandlingOption",))
def simulate_custom_policy(
    call: Call,
    policy_input_list: list[str],
    action_names: list[str],
    permissions_boundary_policy_input_list: list[str] | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[dict[str, Any]] | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Say what policies that need not be stored anywhere would allow. Raises InvalidInput for malformed ones."""
    held: Held = (_given(policy_input_list, "PolicyInputList"), None)
    caller = _caller(call, caller_arn) if caller_arn else Principal(call.account, "", "", "user")
    if resource_policy is not None and caller_arn is None:
        raise invalid_input("CallerArn is required when a resource policy is simulated.")
    policies = _policy_set(held, permissions_boundary_policy_input_list, resource_policy)
    owner = _owner(caller, resource_policy, resource_owner)
    simulation = Simulation(caller, policies, _context(call, caller, context_entries), owner)
    return _simulate(call, simulation, action_names, resource_arns, marker, max_items)


@iam.operation(unused=("ResourceHandlingOption",))
def simulate_principal_policy(
    call: Call,
    policy_source_arn: str,
    action_names: list[str],
    policy_input_list: list[str] | None = None,
    permissions_boundary_policy_input_list: list[str] | None = None,
    resource_arns: list[str] | None = None,
    resource_policy: str | None = None,
    resource_owner: str | None = None,
    caller_arn: str | None = None,
    context_entries: list[dict[str, Any]] | None = None,
    max_items: int | None = None,
    marker: str | None = None,
) -> dict[str, Any]:
    """Say what a user, group or role would be allowed, by its policies and further ones, within its organization."""
    principal, (identity, boundary) = _held_by(call, policy_source_arn)
    if resource_policy is not None and caller_arn is None and principal.type != "user":
        raise invalid_input("CallerArn is required when a resource policy is simulated and the source is no user.")
    caller = _caller(call, caller_arn) if caller_arn else principal
    held = ((*identity, *_given(policy_input_list or [], "PolicyInputList")), boundary)
    policies = _policy_set(held, permissions_boundary_policy_input_list, resource_policy)
    policies = policies._replace(scps=_organization_levels(call, caller))
    owner = _owner(caller, resource_policy, resource_owner)
    simulation = Simulation(caller, policies, _context(call, caller, context_entries), owner)
    return _simulate(call, simulation, action_names, resource_arns, marker, max_items)


def _simulate(
    call: Call,
    simulation: Simulation,
    actions: list[str],
    resources: list[str] | None,
    marker: str | None,
    max_items: int | None,
) -> dict[str, Any]:
    pairs = [(action, resource) for action in actions for resource in resources or ["*"]]
    rows = [(f"{number:08}", *pair) for number, pair in enumerate(pairs)]
    listing = "simulation:" + hashlib.sha256(json.dumps(pairs).encode()).hexdigest()
    found, more = page(call, listing, rows, lambda row: row[0], marker, max_items)
    return {"EvaluationResults": [simulation.result(action, resource) for _, action, resource in found], **more}


def _given(documents: list[str], member: str, kind: DocumentKind = "identity") -> tuple[Source, ...]:
    """Return policies that came with the request, named by their place there. Raises InvalidInput."""
    for document in documents:
        check_simulated_document(document, kind)
    return tuple(
        Source(parse_policy(document, kind), f"{member}.{number}", kind="none")
        for number, document in enumerate(documents, 1)
    )


def _policy_set(held: Held, boundaries: list[str] | None, resource_policy: str | None) -> PolicySet:
    identity, boundary = held
    if boundaries:
        if len(boundaries) > 1:
            raise invalid_input("Only one permissions boundary policy can be simulated.")
        (boundary,) = _given(boundaries, "PermissionsBoundaryPolicyInputList", "boundary")
    resource = None
    if resource_policy is not None:
        check_simulated_document(resource_policy, "resource")
        resource = Source(parse_policy(resource_policy, "resource"), "ResourcePolicy", kind="resource")
    return PolicySet(identity=identity, boundary=boundary, resource=resource)


def _organization_levels(call: Call, caller: Principal) -> tuple[tuple[Source, ...], ...]:
    """Return the service control policies on a caller, level by level."""
    standing = find_membership(call, caller.account)
    organizations = call.kernel.services.find("organizations")
    if standing is None or organizations is None or organizations.find_controls is None:
        return ()
    levels: tuple[tuple[Source, ...], ...] = organizations.find_controls(call, standing, "").scps
    return levels


def _held_by(call: Call, arn: str) -> tuple[Principal, Held]:
    """Return a user, group or role as a caller, and its policies. Raises NoSuchEntity and InvalidInput."""
    try:
        place = parse_arn(arn)
    except ValueError:
        raise invalid_input(f"Invalid ARN: {arn}") from None
    kind, _, name = place.resource.partition("/")
    if place.service != "iam" or kind not in ("user", "group", "role"):
        raise invalid_input(f"Invalid ARN: {arn}")
    there = call.within(place.account)
    if kind == "group":
        group, sources = policies_on_group(there, arn)
        found = Principal(place.account, arn, group.unique_id, "user") if group is not None else None
        identity, boundary = sources, None
    else:
        found = find_principal(there, arn)
        identity, boundary = policies_of(there, found) if found is not None else ((), None)
    if found is None or place.account != call.account:
        raise no_such_entity(f"The {kind} with name {name.rpartition('/')[2]} cannot be found.")
    shown = tuple(source_for_simulation(source) for source in identity)
    return found, (shown, source_for_simulation(boundary) if boundary is not None else None)


def _caller(call: Call, arn: str) -> Principal:
    """Return the user a simulation is made for; one that is not there is known by its ARN alone."""
    try:
        place = parse_arn(arn)
    except ValueError:
        raise invalid_input(f"Invalid ARN: {arn}") from None
    if place.service != "iam" or not place.resource.startswith("user/"):
        raise invalid_input("CallerArn must be the ARN of an IAM user.")
    return find_principal(call, arn) or Principal(place.account, arn, "", "user")


def _owner(caller: Principal, resource_policy: str | None, owner: str | None) -> str | None:
    """Return the account that owns the resources, where the simulation is to tell accounts apart."""
    if owner is not None:
        return owner.rpartition(":iam::")[2].partition(":")[0]
    return caller.account if resource_policy is not None else None


def _context(call: Call, caller: Principal, entries: list[dict[str, Any]] | None) -> Context:
    """Return what the simulation knows: of the caller what is known of it anyway, and what was given."""
    known: Context = {}
    if caller.arn:
        known = {"aws:principalarn": caller.arn, "aws:principalaccount": caller.account}
        if caller.user_id:
            known["aws:userid"] = caller.user_id
        if caller.type == "user":
            known |= {"aws:username": caller.arn.rpartition("/")[2], "aws:principaltype": "User"}
        else:
            known["aws:principaltype"] = "AssumedRole"
    return known | read_context(entries or [])


@iam.operation
def get_context_keys_for_custom_policy(call: Call, policy_input_list: list[str]) -> dict[str, Any]:
    """Return the context keys that policies ask for."""
    sources = _given(policy_input_list, "PolicyInputList")
    return {"ContextKeyNames": keys_of_policies(source.policy for source in sources)}


@iam.operation
def get_context_keys_for_principal_policy(
    call: Call, policy_source_arn: str, policy_input_list: list[str] | None = None
) -> dict[str, Any]:
    """Return the context keys that the policies of a user, group or role ask for, and further ones."""
    _, (identity, boundary) = _held_by(call, policy_source_arn)
    sources = [*identity, *_given(policy_input_list or [], "PolicyInputList")]
    policies = [source.policy for source in [*sources, boundary] if source is not None]
    return {"ContextKeyNames": keys_of_policies(policies)}
