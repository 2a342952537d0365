"""What every decision asks: the control policies that rule an account's callers, and its resources."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing
from skyglobe.policy import Kind, Source, stored_policy
from skyglobe.services.organizations import organizations
from skyglobe.services.organizations.attaching import list_attached
from skyglobe.services.organizations.finding import nodes_of
from skyglobe.services.organizations.records import digest_of, roots
from skyglobe.services.organizations.rules.policy_types import RCP, RCP_SERVICES, SCP

Levels = tuple[tuple[Source, ...], ...]


class Controls(NamedTuple):
    """Policies of each level from the root down to the account; no levels where a type is not in force."""

    scps: Levels = ()
    rcps: Levels = ()


MAX_HELD = 4_096  # accounts whose policies are kept in memory, by the digest of all they were found in

_FREE = Controls()


@organizations.controls
def controls_on(scope: Scope, standing: Standing, action: str) -> Controls:
    """Return the control policies on a member account's callers, and on ``action`` upon its resources.

    The management account is free of them. Resource control policies rule the resources of a few services only.
    """
    if standing.is_management:
        return _FREE
    there = scope.within(standing.management)
    key = (digest_of(there), standing.path, standing.account)
    cache = scope.kernel.caches.of("organizations.controls", MAX_HELD)
    held: Controls | None = cache.get(key)
    if held is None:
        held = _find_controls(there, standing)
        cache.keep(key, held)
    if held.rcps and action.partition(":")[0] not in RCP_SERVICES:
        return Controls(held.scps)
    return held


def _find_controls(there: Scope, standing: Standing) -> Controls:
    nodes = nodes_of(standing.path, standing.account)
    root = roots.find(there, nodes[0])
    types = root.policy_types if root is not None else ()
    return Controls(
        tuple(_sources(there, node, SCP) for node in nodes) if SCP in types else (),
        tuple(_sources(there, node, RCP) for node in nodes) if RCP in types else (),
    )


def _sources(there: Scope, node: str, type_: str) -> tuple[Source, ...]:
    kind: Kind = "scp" if type_ == SCP else "rcp"
    return tuple(
        Source(stored_policy(policy.content, kind), policy.name, policy.arn, "managed", node)
        for policy in list_attached(there, node, type_)
    )
