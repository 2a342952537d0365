"""How much of AWS's interfaces is built, counted against the models."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from skyglobe.admin.dispatch import Refusal
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import route
from skyglobe.kernel.service import Operation, Service, Services
from skyglobe.models.coverage import ServiceCoverage, coverage, totals


class OperationFacts(msgspec.Struct, frozen=True):
    """One operation that is built."""

    name: str
    members: int
    members_total: int
    ignored: tuple[str, ...]
    """Members of the input that are accepted and come to nothing."""


class ServiceFacts(msgspec.Struct, frozen=True):
    """One service."""

    service: str
    full_name: str
    operations: int
    operations_total: int
    members: int
    """Members of the operations' inputs that are honoured."""
    members_total: int
    built: list[OperationFacts]
    missing: list[str]


class Coverage(msgspec.Struct, frozen=True):
    """What is built, and the sums over it."""

    services: list[ServiceFacts]
    operations: int
    operations_total: int
    members: int
    members_total: int


class ChosenService(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which service to count."""

    service: str


@route("GET", "/_skyglobe/coverage")
async def get_coverage(admin: Admin) -> Coverage:
    """Count operations and members of every service that is built."""
    return await asyncio.to_thread(count_coverage, _services(admin))


@route("GET", "/_skyglobe/coverage/{service}")
async def get_service_coverage(admin: Admin, given: ChosenService) -> Coverage:
    """Count operations and members of one service."""
    try:
        return await asyncio.to_thread(count_coverage, _services(admin), [given.service])
    except KeyError:
        raise Refusal(404, f"AWS has no service {given.service}.") from None


def _services(admin: Admin) -> Services:
    """Return finders of their own, so that looking does not count as using."""
    return Services(only=admin.kernel.config.services)


def count_coverage(services: Services, names: Iterable[str] | None = None) -> Coverage:
    """Return the facts of the services ``names`` (all that are built by default). Raises KeyError for unknown ones."""
    chosen = services.names() if names is None else list(names)
    counted = coverage({name: honoured(services.find(name)) for name in chosen})
    sums = totals(counted.values())
    return Coverage(
        [_facts(service) for service in counted.values()],
        sums.operations,
        sums.operations_total,
        sums.members,
        sums.members_total,
    )


def honoured(service: Service | None) -> dict[str, list[str]]:
    """Return the members of each built operation's input that something comes of."""
    if service is None:
        return {}
    return {name: honoured_members(operation) for name, operation in service.operations.items()}


def honoured_members(operation: Operation) -> list[str]:
    """Return the members of an operation's input that something comes of, in the model's order."""
    shape = operation.model.input
    return [name for name in shape.members if name not in operation.unused] if shape is not None else []


def _facts(service: ServiceCoverage) -> ServiceFacts:
    return ServiceFacts(
        service=service.service,
        full_name=service.full_name,
        operations=len(service.operations),
        operations_total=service.operations_total,
        members=service.members,
        members_total=service.members_total,
        built=[
            OperationFacts(operation.name, operation.members, operation.members_total, operation.ignored)
            for operation in service.operations
        ],
        missing=list(service.missing),
    )
