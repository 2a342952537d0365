"""Creating, describing, updating and deleting clusters."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.pagination import InvalidToken, page_of
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax import dax
from skyglobe.services.dax.changing import CREATES_FOR, DELETES_FOR, change, change_later, new_nodes
from skyglobe.services.dax.finding import (
    DEFAULT_PARAMETER_GROUP,
    DEFAULT_SUBNET_GROUP,
    cluster_arn,
    get_available,
    get_cluster,
    get_parameter_group,
    get_subnet_group,
)
from skyglobe.services.dax.records import Cluster, clusters
from skyglobe.services.dax.refusals import bad_combination, invalid, not_built, wrong_state
from skyglobe.services.dax.rules.names import (
    is_cluster_name,
    is_role,
    is_security_group,
    is_window,
)
from skyglobe.services.dax.rules.nodes import MEMORY_BYTES
from skyglobe.services.dax.shapes import cluster_shape, zone_at

MAX_NODES = 11  # of a cluster; developer guide, "DAX cluster components"
MAX_ACCOUNT_NODES = 50  # of an account in a region; developer guide, "Quotas", DynamoDB Accelerator
DEFAULT_WINDOW = "sun:05:00-sun:09:00"
"""AWS chooses one of eight hours by the region; API reference of CreateCluster."""
DEFAULT_LISTED = 100
_NAME = (
    "Cluster names have 1 to 20 alphanumeric characters or hyphens, begin with a letter, and do not end with a hyphen "
    "or have two in a row."
)


@dax.operation
def create_cluster(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Create a cluster of one to eleven nodes of a type; it is available when its ports are open.

    Raises ClusterAlreadyExistsFault, NodeQuotaForClusterExceededFault, NodeQuotaForCustomerExceededFault,
    SubnetGroupNotFoundFault, ParameterGroupNotFoundFault, InvalidParameterValueException, and
    InvalidParameterCombinationException when the zones are not one for each node.
    """
    name = request["ClusterName"].lower()
    if not is_cluster_name(name):
        raise invalid(_NAME)
    if clusters.find(call, name) is not None:
        raise dax.errors.ClusterAlreadyExistsFault(f"Cluster {name} already exists.")
    if request["NodeType"] not in MEMORY_BYTES:
        raise invalid(f"Invalid node type {request['NodeType']}.")
    zones = zones_for(call, request["ReplicationFactor"], request.get("AvailabilityZones"), 0)
    if request.get("NetworkType", "ipv4") != "ipv4":
        raise not_built("Clusters are reached over IPv4 alone: networks are not built.")
    tags = {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", ())}
    check_tags(tags, invalid, dax.errors.TagQuotaPerResourceExceeded)
    cluster = Cluster(
        arn=cluster_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=tags,
        number=call.kernel.next_order(),
        status="creating",
        node_type=request["NodeType"],
        role=_checked_role(call, request["IamRoleArn"]),
        nodes=(),
        memory=call.kernel.next_order(),
        nodes_made=0,
        parameter_group=get_parameter_group(call, request.get("ParameterGroupName", DEFAULT_PARAMETER_GROUP.name)).name,
        subnet_group=get_subnet_group(call, request.get("SubnetGroupName", DEFAULT_SUBNET_GROUP.name)).name,
        description=request.get("Description", ""),
        security_groups=_checked_groups(request.get("SecurityGroupIds", ())),
        window=_checked_window(request.get("PreferredMaintenanceWindow", DEFAULT_WINDOW)),
        topic=request.get("NotificationTopicArn", ""),
        topic_status="active" if request.get("NotificationTopicArn") else "",
        is_encrypted=bool(request.get("SSESpecification", {}).get("Enabled")),
        is_tls=request.get("ClusterEndpointEncryptionType", "NONE") == "TLS",
    )
    cluster = new_nodes(call, cluster, zones)
    clusters.insert(call, cluster)
    shape = cluster_shape(call, cluster)
    change_later(call, cluster, CREATES_FOR)
    return {"Cluster": shape}


def zones_for(call: Call, count: int, zones: list[str] | None, there: int) -> list[str]:
    """Return the zones of the nodes after the ``there``-th of a cluster that is to have ``count``.

    Raises what CreateCluster and IncreaseReplicationFactor do.
    """
    if count < 1:
        raise invalid("ReplicationFactor must be at least 1.")
    if count > MAX_NODES:
        raise dax.errors.NodeQuotaForClusterExceededFault(f"A cluster can have at most {MAX_NODES} nodes.")
    more = count - there
    if sum(len(cluster.nodes) for cluster in clusters.scan(call)) + more > MAX_ACCOUNT_NODES:
        text = f"An account can have at most {MAX_ACCOUNT_NODES} nodes in a region."
        raise dax.errors.NodeQuotaForCustomerExceededFault(text)
    if zones is None:
        return [zone_at(call, place) for place in range(there, count)]
    if len(zones) != more:
        raise bad_combination("The number of AvailabilityZones must be the number of new nodes.")
    for zone in zones:
        if not (zone[:-1] == call.region and zone[-1:] in tuple("abcdef")):
            raise invalid(f"{zone} is not a valid availability zone.")
    return zones


def _checked_role(call: Call, arn: str) -> str:
    """Return a role's ARN. Raises InvalidParameterValueException for a role that DAX may not assume."""
    if not is_role(arn):
        raise invalid(f"{arn} is not a valid ARN of a role.")
    services = call.kernel.services
    if services.find("iam") is not None and services.find("sts") is not None:
        caller = ServiceCaller(call.kernel, "dax", call.account, call.region)
        params = {"RoleArn": arn, "RoleSessionName": "dax", "ExternalId": call.account}
        try:
            caller.call_within(call, "sts", "AssumeRole", params)
        except ServiceError as error:
            raise invalid(f"DAX is unable to assume the role {arn}.") from error
    return arn


def _checked_groups(ids: list[str]) -> tuple[str, ...]:
    for one in ids:
        if not is_security_group(one):
            raise invalid(f"{one} is not a valid security group.")
    return tuple(ids)


def _checked_window(text: str) -> str:
    if not is_window(text):
        raise invalid("A maintenance window is of the form ddd:hh24:mi-ddd:hh24:mi, and an hour long at least.")
    return text.lower()


@dax.operation
def describe_clusters(
    call: Call, cluster_names: list[str] | None = None, max_results: int = DEFAULT_LISTED, next_token: str | None = None
) -> dict[str, Any]:
    """Describe the clusters of the names, or all of them by name, page by page. Raises ClusterNotFoundFault."""
    found = [get_cluster(call, name) for name in cluster_names] if cluster_names else list(clusters.scan(call))
    found.sort(key=lambda cluster: cluster.id)
    rows, token = listed(call, "dax.clusters", found, lambda cluster: cluster.id, next_token, max_results)
    return {"Clusters": [cluster_shape(call, cluster) for cluster in rows], "NextToken": token}


def listed(call: Scope, name: str, rows: Any, key: Any, token: str | None, limit: int) -> tuple[list[Any], str | None]:
    """As ``page_of``. Raises InvalidParameterValueException."""
    if not 1 <= limit <= DEFAULT_LISTED:
        raise invalid(f"MaxResults must be between 1 and {DEFAULT_LISTED}.")
    try:
        return page_of(call, name, rows, key, token, limit)
    except InvalidToken:
        raise invalid("NextToken is invalid.") from None


@dax.operation
def update_cluster(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Change a cluster. Parameters of another group are in force on each node from its next start on."""
    cluster = get_available(call, request["ClusterName"])
    changed = cluster
    if "Description" in request:
        changed = replace(changed, description=request["Description"])
    if "PreferredMaintenanceWindow" in request:
        changed = replace(changed, window=_checked_window(request["PreferredMaintenanceWindow"]))
    if "NotificationTopicArn" in request:
        changed = replace(changed, topic=request["NotificationTopicArn"], topic_status="active")
    if "NotificationTopicStatus" in request:
        status = request["NotificationTopicStatus"].lower()
        if status not in ("active", "inactive"):
            raise invalid("NotificationTopicStatus must be active or inactive.")
        changed = replace(changed, topic_status=status)
    if "ParameterGroupName" in request:
        changed = replace(changed, parameter_group=get_parameter_group(call, request["ParameterGroupName"]).name)
    if "SecurityGroupIds" in request:
        changed = replace(changed, security_groups=_checked_groups(request["SecurityGroupIds"]))
    clusters.replace(call, cluster, changed)
    return {"Cluster": cluster_shape(call, changed)}


@dax.operation
def delete_cluster(call: Call, cluster_name: str) -> dict[str, Any]:
    """Delete a cluster, with all that it remembers. Raises InvalidClusterStateFault for one that is being changed."""
    cluster = get_cluster(call, cluster_name)
    if cluster.status in ("creating", "deleting"):
        raise wrong_state(cluster.id, cluster.status)
    cluster = change(call, cluster, status="deleting")
    shape = cluster_shape(call, cluster)
    change_later(call, cluster, DELETES_FOR)
    return {"Cluster": shape}
