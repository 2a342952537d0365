"""What each call to DAX needs to be allowed, after the service authorization reference of Amazon DAX."""

from __future__ import annotations

from typing import Any

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.services.dax import dax
from skyglobe.services.dax.finding import cluster_arn

_ON_CLUSTERS = frozenset(
    (
        "CreateCluster",
        "DecreaseReplicationFactor",
        "DeleteCluster",
        "IncreaseReplicationFactor",
        "RebootNode",
        "UpdateCluster",
    )
)


@dax.needs
def find_needs(call: Call, operation: str, params: dict[str, Any]) -> list[Need]:
    """List what a call needs: its own action on its clusters, and passing the role that it hands over."""
    action = f"dax:{operation}"
    if operation in ("ListTags", "TagResource", "UntagResource"):
        arn = params["ResourceName"]
        is_cluster = arn.startswith(f"arn:{call.partition}:dax:")
        return [Need(action, arn if is_cluster else "*", call.account)]  # what is none is refused afterwards
    if operation == "DescribeClusters" and params.get("ClusterNames"):
        return [Need(action, cluster_arn(call, name), call.account) for name in params["ClusterNames"]]
    if operation not in _ON_CLUSTERS:
        return [Need(action, "*", call.account)]
    needs = [Need(action, cluster_arn(call, params["ClusterName"]), call.account)]
    if operation == "CreateCluster":
        context = {"iam:passedtoservice": "dax.amazonaws.com"}
        needs.append(Need("iam:PassRole", params["IamRoleArn"], call.account, context))
    return needs
