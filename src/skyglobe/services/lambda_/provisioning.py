"""Provisioned concurrency: environments kept as ready as the store says."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.execution import environments, specification_of
from skyglobe.services.lambda_.finding import Found, find_version
from skyglobe.services.lambda_.records import (
    Function,
    ProvisionedConcurrency,
    Version,
    functions,
    provisioned,
    versions,
)
from skyglobe.services.lambda_.running.interface import RuntimeMissing

Wanted = tuple[Function, Version, ProvisionedConcurrency]


@lambda_.consumer("provision")
async def provision(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Have as many environments of a version or an alias ready as are wanted, and note how many are."""
    delivery.stand_aside()
    name, qualifier = payload["function"], payload["qualifier"]
    wanted: Wanted | None = await delivery.transact(lambda scope: _wanted(scope, name, qualifier))
    if wanted is None:
        return
    function, version, kept = wanted
    status, reason, allocated = "READY", "", 0
    try:
        specification = await specification_of(
            delivery.kernel, delivery.account, delivery.region, function, version, "provisioned-concurrency"
        )
        allocated = await environments(delivery.kernel).prepare(specification, kept.requested)
        if allocated < kept.requested:
            status, reason = "FAILED", "FUNCTION_ERROR_INIT_FAILURE"
    except (RuntimeMissing, ServiceError, LookupError) as error:
        status, reason = "FAILED", str(error)

    def note(scope: Scope) -> None:
        if provisioned.find(scope, name, qualifier) == kept:
            provisioned.replace(scope, kept, replace(kept, status=status, reason=reason, allocated=allocated))

    await delivery.transact(note)


def _wanted(scope: Scope, name: str, qualifier: str) -> Wanted | None:
    function = functions.find(scope, name)
    kept = provisioned.find(scope, name, qualifier)
    if function is None or kept is None:
        return None
    version = find_version(Found(scope, function, qualifier))
    return (function, version, kept) if version is not None else None


@lambda_.consumer("unprovision")
async def unprovision(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Keep no environments of a version ready any more."""
    name, number = payload["function"], payload["version"]

    def look(scope: Scope) -> tuple[Function | None, Version | None]:
        return functions.find(scope, name), versions.find(scope, name, number)

    function, version = await delivery.transact(look)
    if function is not None and version is not None:
        specification = await specification_of(
            delivery.kernel, delivery.account, delivery.region, function, version, "provisioned-concurrency"
        )
        await environments(delivery.kernel).prepare(specification, 0)
