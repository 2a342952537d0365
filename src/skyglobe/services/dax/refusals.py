"""DAX's errors in DAX's words."""

from __future__ import annotations

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dax import dax


def invalid(message: str) -> ServiceError:
    """Return ``InvalidParameterValueException`` (400)."""
    return dax.errors.InvalidParameterValueException(message)


def bad_combination(message: str) -> ServiceError:
    """Return ``InvalidParameterCombinationException`` (400)."""
    return dax.errors.InvalidParameterCombinationException(message)


def no_such_cluster(name: str) -> ServiceError:
    return dax.errors.ClusterNotFoundFault(f"Cluster {name} not found.")


def wrong_state(name: str, status: str) -> ServiceError:
    return dax.errors.InvalidClusterStateFault(f"Cluster {name} is not available; it is {status}.")


def no_such_subnet_group(name: str) -> ServiceError:
    return dax.errors.SubnetGroupNotFoundFault(f"Subnet group {name} not found.")


def no_such_parameter_group(name: str) -> ServiceError:
    return dax.errors.ParameterGroupNotFoundFault(f"Parameter group {name} not found.")


def not_built(message: str) -> ServiceError:
    """Return ``NotImplemented`` (501) for what needs something that is not there."""
    return dax.error("NotImplemented", message, status=501)
