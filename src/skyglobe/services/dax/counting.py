"""What clusters count for CloudWatch (``AWS/DAX``): of each cluster, and of each of its nodes.

DAX developer guide, "Viewing DAX metrics and dimensions". Consistent reads pass the caches by: neither hits nor misses.
"""

from __future__ import annotations

from skyglobe.kernel.arns import parse_arn
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.dax.records import Cluster, Node

NAMESPACE = "AWS/DAX"
CACHES = {"GetItem": "Item", "BatchGetItem": "Item", "Query": "Query", "Scan": "Scan"}
"""The cache that each operation looks into."""
COUNTED = frozenset(
    (*CACHES, "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems")
)
"""Operations on items: what else clients ask is about tables and lists of attributes."""


def count(kernel: Kernel, cluster: Cluster, node: Node, name: str, times: int = 1) -> None:
    """Count something that happened ``times`` times now."""
    if not times:
        return
    of_cluster = ("ClusterId", cluster.id)
    now, region = kernel.clock.now(), parse_arn(cluster.arn).region
    for dimensions in ((of_cluster,), (of_cluster, ("NodeId", node.id))):
        kernel.metrics.add(cluster.owner, region, now, NAMESPACE, name, dimensions, times=times)


def count_request(kernel: Kernel, cluster: Cluster, node: Node, operation: str) -> None:
    """Count a call that a client may make."""
    if operation in COUNTED:
        count(kernel, cluster, node, "TotalRequestCount")
        count(kernel, cluster, node, f"{operation}RequestCount")


def count_failure(kernel: Kernel, cluster: Cluster, node: Node, status: int) -> None:
    """Count a call that was answered with an error: the client's, or one of the cluster or the tables behind it."""
    count(kernel, cluster, node, "FailedRequestCount")
    count(kernel, cluster, node, "ErrorRequestCount" if status < 500 else "FaultRequestCount")


def count_looks(kernel: Kernel, cluster: Cluster, node: Node, operation: str, hits: int, misses: int) -> None:
    """Count how often a cache was asked and had the answer, or had not."""
    count(kernel, cluster, node, f"{CACHES[operation]}CacheHits", hits)
    count(kernel, cluster, node, f"{CACHES[operation]}CacheMisses", misses)
