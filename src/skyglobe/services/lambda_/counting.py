"""What functions count for CloudWatch. Developer guide, "Types of metrics for Lambda functions".

Each metric is counted for the function, for what was invoked of it (its name, or an alias or version), and for all
functions of the account in the region.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from skyglobe.kernel.metric_points import Dimensions
from skyglobe.kernel.metrics import count
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.records import Function
from skyglobe.services.lambda_.running.interface import Outcome

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.services.lambda_.invoking import Target

NAMESPACE = "AWS/Lambda"


def _all(target: Target) -> tuple[Dimensions, Dimensions, Dimensions]:
    name = target.function.id
    resource = target.arn.partition(":function:")[2]
    own = ("FunctionName", name)
    return (), (own,), (own, ("Resource", resource))


def count_admitted(kernel: Kernel, target: Target, at_once: int, unreserved: int) -> None:
    """Count how many invocations go on, of the function and of all without a reservation."""
    _add(kernel, target, "ConcurrentExecutions", float(at_once), (("FunctionName", target.function.id),))
    _add(kernel, target, "UnreservedConcurrentExecutions", float(unreserved), ())


def count_provisioned(kernel: Kernel, target: Target, at_once: int) -> None:
    """Count how much of the provisioned concurrency of a version or an alias is in use, or that it did not do."""
    used = min(at_once, target.provisioned)
    spilled = at_once > target.provisioned
    name = "ProvisionedConcurrencySpilloverInvocations" if spilled else "ProvisionedConcurrencyInvocations"
    for dimensions in _all(target)[1:]:
        _add(kernel, target, name, 1.0, dimensions)
        _add(kernel, target, "ProvisionedConcurrentExecutions", float(used), dimensions)
    # A share of what one version or alias has; of the whole function it would say nothing.
    _add(kernel, target, "ProvisionedConcurrencyUtilization", used / target.provisioned, _all(target)[2])


def count_throttled(kernel: Kernel, target: Target) -> None:
    """Count an invocation for which there was no room."""
    for dimensions in _all(target):
        _add(kernel, target, "Throttles", 1.0, dimensions)


def count_run(kernel: Kernel, target: Target, outcome: Outcome) -> None:
    """Count an invocation, whether it failed and how long it took; of streaming ones, that is not known yet."""
    values = [("Invocations", 1.0), ("Throttles", 0.0)]
    if outcome.chunks is None:
        values += [("Errors", float(outcome.function_error is not None)), ("Duration", outcome.duration_ms)]
    for dimensions in _all(target):
        for name, value in values:
            _add(kernel, target, name, value, dimensions)


def count_age(kernel: Kernel, target: Target, milliseconds: float) -> None:
    """Count how old the last record of a batch from a stream was when the function had it."""
    for dimensions in _all(target):
        _add(kernel, target, "IteratorAge", milliseconds, dimensions)


def count_event(scope: Scope, function: Function, name: str, value: float = 1.0) -> None:
    """Count what happens to asynchronous invocations: received, dropped, how old."""
    count(scope, NAMESPACE, name, (("FunctionName", function.id),), value)


def _add(kernel: Kernel, target: Target, name: str, value: float, dimensions: Dimensions) -> None:
    kernel.metrics.add(target.account, target.region, kernel.clock.now(), NAMESPACE, name, dimensions, value)
