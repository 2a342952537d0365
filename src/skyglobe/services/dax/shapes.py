"""Clusters and groups as the API describes them."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.scope import Scope
from skyglobe.services.dax.changing import PORT, TLS_PORT, find_place, listener_name
from skyglobe.services.dax.finding import get_parameter_group, values_of
from skyglobe.services.dax.records import Cluster, Node, ParameterGroup, SubnetGroup


def cluster_shape(scope: Scope, cluster: Cluster) -> dict[str, Any]:
    """Return a cluster."""
    wanted = _wanted(scope, cluster)
    nodes = [_node_shape(scope, cluster, node, wanted) for node in cluster.nodes]
    stale = [node["NodeId"] for node in nodes if node["ParameterGroupStatus"] != "in-sync"]
    shape: dict[str, Any] = {
        "ClusterName": cluster.id,
        "Description": cluster.description,
        "ClusterArn": cluster.arn,
        "TotalNodes": len(nodes),
        "ActiveNodes": sum(node.status == "available" for node in cluster.nodes),
        "NodeType": cluster.node_type,
        "Status": cluster.status,
        "ClusterDiscoveryEndpoint": _endpoint(scope, cluster, ""),
        "NodeIdsToRemove": [node.id for node in cluster.nodes if node.status == "deleting"],
        "Nodes": nodes,
        "PreferredMaintenanceWindow": cluster.window,
        "SubnetGroup": cluster.subnet_group,
        "SecurityGroups": [{"SecurityGroupIdentifier": one, "Status": "active"} for one in cluster.security_groups],
        "IamRoleArn": cluster.role,
        "ParameterGroup": {
            "ParameterGroupName": cluster.parameter_group,
            "ParameterApplyStatus": "pending-reboot" if stale else "in-sync",
            "NodeIdsToReboot": stale,
        },
        "SSEDescription": {"Status": "ENABLED" if cluster.is_encrypted else "DISABLED"},
        "ClusterEndpointEncryptionType": "TLS" if cluster.is_tls else "NONE",
        "NetworkType": "ipv4",
    }
    if cluster.topic:
        shape["NotificationConfiguration"] = {"TopicArn": cluster.topic, "TopicStatus": cluster.topic_status}
    return shape


def _wanted(scope: Scope, cluster: Cluster) -> dict[str, str]:
    """Return the parameters that nodes have once they restart."""
    return values_of(get_parameter_group(scope, cluster.parameter_group))


def _node_shape(scope: Scope, cluster: Cluster, node: Node, wanted: dict[str, str]) -> dict[str, Any]:
    return {
        "NodeId": node.id,
        "Endpoint": _endpoint(scope, cluster, node.id),
        "NodeCreateTime": node.created_at / 1000,
        "AvailabilityZone": node.zone,
        "NodeStatus": node.status,
        "ParameterGroupStatus": "in-sync" if node.parameters == wanted else "pending-reboot",
    }


def _endpoint(scope: Scope, cluster: Cluster, node: str) -> dict[str, Any] | None:
    place = find_place(scope, listener_name(cluster, node), is_tls=cluster.is_tls)
    if place is None:
        return None
    address, port = place
    scheme, usual = ("daxs", TLS_PORT) if cluster.is_tls else ("dax", PORT)
    shape: dict[str, Any] = {"Address": address, "Port": port}
    if not node:
        shape["URL"] = f"{scheme}://{address}" if port == usual else f"{scheme}://{address}:{port}"
    return shape


def subnet_group_shape(scope: Scope, group: SubnetGroup) -> dict[str, Any]:
    """Return a subnet group. Networks are not built: which its subnets belong to is not known."""
    return {
        "SubnetGroupName": group.name,
        "Description": group.description,
        "Subnets": [
            {"SubnetIdentifier": subnet, "SubnetAvailabilityZone": zone_at(scope, place)}
            for place, subnet in enumerate(group.subnets)
        ],
        "SupportedNetworkTypes": ["ipv4"],
    }


def zone_at(scope: Scope, place: int) -> str:
    """Return the zone of what is the ``place``-th of its kind: each of a region's first three in turn."""
    return scope.region + "abc"[place % 3]


def parameter_group_shape(group: ParameterGroup) -> dict[str, Any]:
    """Return a parameter group."""
    return {"ParameterGroupName": group.name, "Description": group.description}
