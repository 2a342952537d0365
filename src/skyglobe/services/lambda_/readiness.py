"""Which environments are to be kept ready, and the letters that see to it."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.outbox import post
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.records import Alias, ProvisionedConcurrency, provisioned


class Running:
    """What goes on in a cloud now: a companion of it, because what runs ends with it."""

    def __init__(self) -> None:
        self.by_function: Counter[str] = Counter()
        """How many invocations go on, by the function's ARN."""
        self.by_target: Counter[str] = Counter()
        """How many of versions and aliases that have provisioned concurrency, by the ARN they were invoked with."""
        self.unreserved = 0
        """How many of them are of functions without a reservation."""
        self.prepared: set[tuple[str, str, str, str]] = set()
        """Account, region, function and qualifier of what was prepared since the cloud was started."""

    async def stop(self) -> None:
        """Nothing of its own has to end."""


def running(kernel: Kernel) -> Running:
    """Return what goes on in a cloud."""
    return kernel.companions.of("lambda.running", Running)


def provision(scope: Scope, function: str, qualifier: str) -> None:
    """Have the environments of a version or an alias be as many as they should."""
    running(scope.kernel).prepared.add((scope.account, scope.region, function, qualifier))
    payload = {"function": function, "qualifier": qualifier}
    post(scope, "lambda", "provision", payload, lane=f"provision:{function}:{qualifier}")


def unprovision(scope: Scope, function: str, version: int) -> None:
    """Keep no environments of a version ready any more."""
    post(scope, "lambda", "unprovision", {"function": function, "version": version})


def find_provisioned(scope: Scope, function: str, qualifier: str) -> ProvisionedConcurrency | None:
    """Return what is kept ready for a version or an alias; it is made ready again in a cloud that was started anew."""
    kept = provisioned.find(scope, function, qualifier)
    if kept is not None and kept.status == "READY":
        key = (scope.account, scope.region, function, qualifier)
        if key not in running(scope.kernel).prepared:
            provision(scope, function, qualifier)
    return kept


def follow_alias(scope: Scope, old: Alias, new: Alias) -> None:
    """Have what is kept ready for an alias be of the version it stands for now."""
    kept = provisioned.find(scope, new.function, new.name)
    if kept is not None and old.version != new.version:
        provisioned.replace(scope, kept, replace(kept, status="IN_PROGRESS", allocated=0))
        provision(scope, new.function, new.name)
        unprovision(scope, new.function, old.version)
