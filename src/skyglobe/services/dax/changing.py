"""Nodes come, restart and go: what a cluster is being changed for, and the ports that are to be open for it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from skyglobe.engines.addresses import HAS_MANY, SHARED, ensure_address, find_address, release_address
from skyglobe.kernel.openings import leave_closed, open_at_start
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer, set_timer
from skyglobe.services.dax.finding import find_same, get_parameter_group, values_of
from skyglobe.services.dax.happening import note
from skyglobe.services.dax.records import (
    Cluster,
    Listener,
    Node,
    attribute_lists,
    clusters,
    list_counts,
    listeners,
)
from skyglobe.services.dax.rules.nodes import letters_from

# Milliseconds at the realistic pace. AWS promises none; these are what its users see.
CREATES_FOR = 300_000
REBOOTS_FOR = 60_000
DELETES_FOR = 180_000
PORT, TLS_PORT = 8111, 9111  # developer guide, "DAX encryption in transit"
_SHARED_PORTS = 20_000
"""Where ports begin on machines that have one loopback address for all."""


def place_of(scope: Scope, name: str, *, is_tls: bool) -> tuple[str, int]:
    """Return the address and port of a listener, which is given an address if it has none."""
    address = ensure_address(scope, name)
    if HAS_MANY:
        return address, TLS_PORT if is_tls else PORT
    *_, high, low = map(int, address.split("."))
    return SHARED, _SHARED_PORTS + high * 256 % 32_768 + low


def find_place(scope: Scope, name: str, *, is_tls: bool) -> tuple[str, int] | None:
    """As ``place_of``; None when it has none."""
    return place_of(scope, name, is_tls=is_tls) if find_address(scope, name) is not None else None


def listener_name(cluster: Cluster, node: str = "") -> str:
    """Return the name of the address of a node, or of the cluster's own endpoint."""
    return f"{cluster.arn}/{node}"


def new_nodes(scope: Scope, cluster: Cluster, zones: Iterable[str]) -> Cluster:
    """Return the cluster with one more node in each of ``zones``."""
    parameters = values_of(get_parameter_group(scope, cluster.parameter_group))
    nodes, made = list(cluster.nodes), cluster.nodes_made
    for zone in zones:
        node = Node(
            id=f"{cluster.id}-{letters_from(made)}",
            zone=zone,
            created_at=scope.now,
            status="creating",
            parameters=parameters,
            number=scope.kernel.next_order(),
        )
        nodes.append(node)
        made += 1
    return replace(cluster, nodes=tuple(nodes), nodes_made=made)


def change_later(scope: Scope, cluster: Cluster, takes_for: int) -> None:
    """Have ``proceed`` called for a cluster that is being changed: at once at the instant pace."""
    if scope.kernel.config.pace == "instant":
        proceed(scope, cluster)
    else:
        set_timer(scope, "dax", "proceed", str(cluster.number), scope.now + takes_for, {"name": cluster.id})


def proceed(scope: Scope, cluster: Cluster) -> None:
    """Carry out what a cluster is being changed for, as far as the store goes; ``serving`` opens the ports."""
    if cluster.status == "deleting":
        _delete(scope, cluster)
        return
    going = [node for node in cluster.nodes if node.status == "deleting"]
    for node in going:
        close(scope, cluster, node.id)
        note(scope, cluster.id, "CLUSTER", f"Removed node {node.id} from cluster {cluster.id}.")
    cluster = change(scope, cluster, nodes=tuple(node for node in cluster.nodes if node not in going))
    _want(scope, cluster, "", cluster.number)
    for node in cluster.nodes:
        if node.status in ("creating", "rebooting"):
            _want(scope, cluster, node.id, node.number)
    open_at_start(scope, "dax")
    tend(scope, cluster)


def tend(scope: Scope, cluster: Cluster) -> None:
    """Have what is open made to be what is to be open."""
    post(scope, "dax", "tend", {"name": cluster.id, "number": cluster.number}, lane=f"tend:{cluster.id}")


def arrive(scope: Scope, name: str, number: int) -> None:
    """Note that the ports of a cluster are open: its nodes are available."""
    cluster = find_same(scope, name, number)
    if cluster is None or cluster.status not in ("creating", "modifying"):
        return
    nodes = []
    for node in cluster.nodes:
        if node.status in ("creating", "rebooting") and listeners.find(scope, listener_name(cluster, node.id)):
            did = "Added" if node.status == "creating" else "Rebooted"
            note(scope, cluster.id, "CLUSTER", f"{did} node {node.id}.")
            node = replace(node, status="available")
        nodes.append(node)
    status = "available" if all(node.status == "available" for node in nodes) else cluster.status
    if status != cluster.status and cluster.status == "creating":
        note(scope, cluster.id, "CLUSTER", "Cluster created.")
    change(scope, cluster, nodes=tuple(nodes), status=status)


def change(scope: Scope, cluster: Cluster, **fields: object) -> Cluster:
    """Keep a cluster with other fields; return it."""
    changed = replace(cluster, **fields)
    clusters.replace(scope, cluster, changed)
    return changed


def close(scope: Scope, cluster: Cluster, node: str) -> None:
    """Have the port of a node closed for good."""
    name = listener_name(cluster, node)
    listeners.drop(scope, name)
    release_address(scope, name)


def _want(scope: Scope, cluster: Cluster, node: str, number: int) -> None:
    wanted = Listener(
        name=listener_name(cluster, node),
        account=cluster.owner,
        region=scope.region,
        cluster=cluster.id,
        node=node,
        number=number,
        is_tls=cluster.is_tls,
    )
    ensure_address(scope, wanted.name)
    listeners.put(scope, wanted)


def _delete(scope: Scope, cluster: Cluster) -> None:
    for node in ("", *(node.id for node in cluster.nodes)):
        close(scope, cluster, node)
    attribute_lists.clear(scope, cluster.number)
    list_counts.drop(scope, str(cluster.number))
    cancel_timer(scope, "dax", "proceed", str(cluster.number))
    clusters.delete(scope, cluster)
    note(scope, cluster.id, "CLUSTER", "Cluster deleted.")
    if next(listeners.scan(scope, limit=1), None) is None:
        leave_closed(scope, "dax")
    tend(scope, cluster)
