"""Finding clusters and groups by name."""

from __future__ import annotations

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax import dax
from skyglobe.services.dax.records import (
    Cluster,
    ParameterGroup,
    SubnetGroup,
    clusters,
    parameter_groups,
    subnet_groups,
)
from skyglobe.services.dax.refusals import (
    no_such_cluster,
    no_such_parameter_group,
    no_such_subnet_group,
    wrong_state,
)
from skyglobe.services.dax.rules.parameters import DEFAULTS

DEFAULT_PARAMETER_GROUP = ParameterGroup(name="default.dax1.0", description="Default parameter group for dax1.0")
"""As the CLI's reference shows it in ``describe-parameter-groups``; it is there without being made."""
DEFAULT_SUBNET_GROUP = SubnetGroup(name="default", description="Default CacheSubnetGroup", subnets=())
"""That of the default network. Networks are not built, so it names no subnets."""


def cluster_arn(scope: Scope, name: str) -> str:
    """Return the ARN of the cluster of that name where ``scope`` stands."""
    return make_arn(scope, "dax", f"cache/{name.lower()}")


def get_cluster(scope: Scope, name: str) -> Cluster:
    """Return a cluster; names are the same in upper and lower case. Raises ClusterNotFoundFault."""
    found = clusters.find(scope, name.lower())
    if found is None:
        raise no_such_cluster(name)
    return found


def get_available(scope: Scope, name: str) -> Cluster:
    """As ``get_cluster``. Raises InvalidClusterStateFault for a cluster that is being changed."""
    found = get_cluster(scope, name)
    if found.status != "available":
        raise wrong_state(found.id, found.status)
    return found


def find_same(scope: Scope, name: str, number: int) -> Cluster | None:
    """Return the cluster of that name if it is still the one of that number."""
    found = clusters.find(scope, name)
    return found if found is not None and found.number == number else None


def get_by_arn(scope: Scope, arn: str) -> Cluster:
    """Return a cluster. Raises InvalidARNFault and ClusterNotFoundFault."""
    try:
        place = parse_arn(arn)
    except ValueError:
        raise dax.errors.InvalidARNFault(f"The ARN {arn} is invalid.") from None
    kind, _, name = place.resource.partition("/")
    if (place.service, place.account, place.region, kind) != ("dax", scope.account, scope.region, "cache"):
        raise dax.errors.InvalidARNFault(f"The ARN {arn} is invalid.")
    return get_cluster(scope, name)


def get_parameter_group(scope: Scope, name: str) -> ParameterGroup:
    """Return a parameter group. Raises ParameterGroupNotFoundFault."""
    if name == DEFAULT_PARAMETER_GROUP.name:
        return DEFAULT_PARAMETER_GROUP
    found = parameter_groups.find(scope, name)
    if found is None:
        raise no_such_parameter_group(name)
    return found


def get_subnet_group(scope: Scope, name: str) -> SubnetGroup:
    """Return a subnet group. Raises SubnetGroupNotFoundFault."""
    found = subnet_groups.find(scope, name)
    if found is None:
        if name == DEFAULT_SUBNET_GROUP.name:
            return DEFAULT_SUBNET_GROUP
        raise no_such_subnet_group(name)
    return found


def values_of(group: ParameterGroup) -> dict[str, str]:
    """Return the values of all parameters in a group."""
    return {**DEFAULTS, **group.values}
