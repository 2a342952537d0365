"""How much of AWS's interfaces is built, counted against the models: pure facts for the coverage page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from skyglobe.models.loading import load
from skyglobe.models.shapes import OperationModel, ServiceModel

Honoured = Mapping[str, Collection[str]]
"""For each operation that is built, the members of its input that something comes of."""


@dataclass(slots=True, frozen=True)
class OperationCoverage:
    """One operation that is built."""

    name: str
    members: int
    """Members of the input that are honoured."""
    members_total: int
    ignored: tuple[str, ...]
    """Members of the input that are accepted and come to nothing, in the model's order."""


@dataclass(slots=True, frozen=True)
class ServiceCoverage:
    """One service. Members are those of the operations' inputs, not what is nested in them."""

    service: str
    full_name: str
    operations: tuple[OperationCoverage, ...]
    """Those that are built, in the model's order."""
    missing: tuple[str, ...]
    """Names of those that are not, in the model's order."""
    members_total: int
    """Over all operations, built or not."""

    @property
    def operations_total(self) -> int:
        """Operations the service has."""
        return len(self.operations) + len(self.missing)

    @property
    def members(self) -> int:
        """Members honoured over all operations."""
        return sum(operation.members for operation in self.operations)


@dataclass(slots=True, frozen=True)
class Totals:
    """Sums over services."""

    services: int
    operations: int
    operations_total: int
    members: int
    members_total: int


def service_coverage(model: ServiceModel, honoured: Honoured) -> ServiceCoverage:
    """Return the facts of one service. Raises ValueError for an operation or member the model does not have."""
    unknown = set(honoured) - set(model.operation_names)
    if unknown:
        raise ValueError(f"{model.name} has no operations {sorted(unknown)}")
    built = [_operation(model.operation(name), honoured[name]) for name in model.operation_names if name in honoured]
    return ServiceCoverage(
        service=model.name,
        full_name=model.metadata["serviceFullName"],
        operations=tuple(built),
        missing=tuple(name for name in model.operation_names if name not in honoured),
        members_total=sum(len(_members(model.operation(name))) for name in model.operation_names),
    )


def coverage(honoured: Mapping[str, Honoured]) -> dict[str, ServiceCoverage]:
    """Return the facts of every service named, by botocore's names. Raises KeyError for a service it does not have."""
    return {name: service_coverage(load(name), honoured[name]) for name in sorted(honoured)}


def totals(services: Iterable[ServiceCoverage]) -> Totals:
    """Return the sums over ``services``."""
    found = list(services)
    return Totals(
        services=len(found),
        operations=sum(len(service.operations) for service in found),
        operations_total=sum(service.operations_total for service in found),
        members=sum(service.members for service in found),
        members_total=sum(service.members_total for service in found),
    )


def _operation(operation: OperationModel, honoured: Collection[str]) -> OperationCoverage:
    members = _members(operation)
    unknown = set(honoured) - set(members)
    if unknown:
        raise ValueError(f"{operation.service.name}.{operation.name} has no members {sorted(unknown)}")
    ignored = tuple(name for name in members if name not in honoured)
    return OperationCoverage(operation.name, len(members) - len(ignored), len(members), ignored)


def _members(operation: OperationModel) -> tuple[str, ...]:
    return tuple(operation.input.members) if operation.input else ()
