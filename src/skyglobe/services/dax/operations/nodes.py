"""More nodes, fewer nodes, and nodes that start anew."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.dax import dax
from skyglobe.services.dax.changing import (
    CREATES_FOR,
    DELETES_FOR,
    REBOOTS_FOR,
    change,
    change_later,
    listener_name,
    new_nodes,
    tend,
)
from skyglobe.services.dax.finding import get_available, get_parameter_group, values_of
from skyglobe.services.dax.happening import note
from skyglobe.services.dax.operations.clusters import zones_for
from skyglobe.services.dax.records import Cluster, listeners
from skyglobe.services.dax.refusals import bad_combination, invalid
from skyglobe.services.dax.shapes import cluster_shape


@dax.operation
def increase_replication_factor(
    call: Call, cluster_name: str, new_replication_factor: int, availability_zones: list[str] | None = None
) -> dict[str, Any]:
    """Add nodes to a cluster. Raises NodeQuotaForClusterExceededFault above eleven."""
    cluster = get_available(call, cluster_name)
    if new_replication_factor <= len(cluster.nodes):
        raise invalid("NewReplicationFactor must be greater than the number of nodes the cluster has.")
    zones = zones_for(call, new_replication_factor, availability_zones, len(cluster.nodes))
    grown = new_nodes(call, cluster, zones)
    cluster = change(call, cluster, nodes=grown.nodes, nodes_made=grown.nodes_made, status="modifying")
    shape = cluster_shape(call, cluster)
    change_later(call, cluster, CREATES_FOR)
    return {"Cluster": shape}


@dax.operation
def decrease_replication_factor(
    call: Call,
    cluster_name: str,
    new_replication_factor: int,
    availability_zones: list[str] | None = None,
    node_ids_to_remove: list[str] | None = None,
) -> dict[str, Any]:
    """Remove nodes from a cluster: those that are named, those of some zones, or else the last of its replicas.

    One node is left at least. Raises NodeNotFoundFault, and InvalidParameterCombinationException when what is named
    is not as many nodes as are to go.
    """
    cluster = get_available(call, cluster_name)
    fewer = len(cluster.nodes) - new_replication_factor
    if new_replication_factor < 1 or fewer < 1:
        raise invalid("NewReplicationFactor must be at least 1, and less than the number of nodes the cluster has.")
    going = _going(cluster, fewer, availability_zones, node_ids_to_remove)
    nodes = tuple(replace(node, status="deleting") if node.id in going else node for node in cluster.nodes)
    cluster = change(call, cluster, nodes=nodes, status="modifying")
    shape = cluster_shape(call, cluster)
    change_later(call, cluster, DELETES_FOR)
    return {"Cluster": shape}


def _going(cluster: Cluster, fewer: int, zones: list[str] | None, ids: list[str] | None) -> set[str]:
    if ids:
        known = {node.id for node in cluster.nodes}
        for one in ids:
            if one not in known:
                raise dax.errors.NodeNotFoundFault(f"Node {one} not found in cluster {cluster.id}.")
        going = set(ids)
    elif zones:
        left = list(zones)
        going = set()
        for node in reversed(cluster.nodes):
            if node.zone in left:
                left.remove(node.zone)
                going.add(node.id)
    else:
        going = {node.id for node in cluster.nodes[-fewer:]}
    if len(going) != fewer:
        raise bad_combination("The nodes to remove must be as many as the replication factor is decreased by.")
    return going


@dax.operation
def reboot_node(call: Call, cluster_name: str, node_id: str) -> dict[str, Any]:
    """Start a node anew: it forgets what it remembered, and goes by its group's parameters as they are now.

    While it is away another is the primary. Raises NodeNotFoundFault.
    """
    cluster = get_available(call, cluster_name)
    if all(node.id != node_id for node in cluster.nodes):
        raise dax.errors.NodeNotFoundFault(f"Node {node_id} not found in cluster {cluster.id}.")
    number = call.kernel.next_order()
    parameters = values_of(get_parameter_group(call, cluster.parameter_group))
    nodes = tuple(
        replace(node, status="rebooting", number=number, parameters=parameters) if node.id == node_id else node
        for node in cluster.nodes
    )
    is_alone = len(cluster.nodes) == 1
    cluster = change(call, cluster, nodes=nodes, status="modifying", memory=number if is_alone else cluster.memory)
    listeners.drop(call, listener_name(cluster, node_id))
    note(call, cluster.id, "CLUSTER", f"Rebooting node {node_id}.")
    shape = cluster_shape(call, cluster)
    tend(call, cluster)
    change_later(call, cluster, REBOOTS_FOR)
    return {"Cluster": shape}
