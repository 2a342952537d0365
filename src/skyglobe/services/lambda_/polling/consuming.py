"""The consumer that mappings are set to work by: at their start, and whenever their source has something new."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from msgspec.structs import replace

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.outbox import Delivery
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.watching import watch
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found
from skyglobe.services.lambda_.invoking import Target, admitted, aim, check_loop, run
from skyglobe.services.lambda_.mapping_states import CONSUMER, poll_at
from skyglobe.services.lambda_.records import Mapping, functions, mappings
from skyglobe.services.lambda_.refusals import no_such_function
from skyglobe.services.lambda_.roles import session_of
from skyglobe.services.lambda_.rules.sources import watched_arn
from skyglobe.services.lambda_.running.interface import Outcome

THROTTLED_FOR = 1_000  # milliseconds until a source that is read too fast is read again
REFUSED_FOR = 60_000  # milliseconds until a source or a function that cannot be used is tried again
_THROTTLED = frozenset(("ProvisionedThroughputExceededException", "RequestThrottled", "LimitExceededException"))
_log = logging.getLogger(__name__)


class Job(NamedTuple):
    """A mapping at work: what it invokes, and as whom it reads."""

    delivery: Delivery
    mapping: Mapping
    target: Target
    principal: Principal

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        """Call an operation of the source's service as the function's role. Raises its ``ServiceError``."""
        delivery = self.delivery
        return await delivery.kernel.invoke(
            self.principal, delivery.account, delivery.region, service, operation, params
        )

    async def invoke(self, payload: bytes, trace: str = "") -> Outcome:
        """Invoke the function; an alias draws anew. Raises TooManyRequestsException and what ``run`` raises."""
        delivery, mapping = self.delivery, self.mapping
        target: Target = await delivery.transact(lambda scope: _aim(scope, mapping))
        check_loop(target, trace)
        kernel = delivery.kernel
        with admitted(kernel, target):
            return await run(kernel, target, payload, kernel.ids.uuid(), trace=trace)

    async def is_on(self) -> bool:
        """Whether the mapping is to go on as it is."""
        kept = await self.delivery.transact(lambda scope: mappings.find(scope, self.mapping.id))
        return kept is not None and _essence(kept) == _essence(self.mapping)

    async def note(self, result: str) -> None:
        """Keep what came of the last batch."""

        def work(scope: Scope) -> None:
            kept = mappings.find(scope, self.mapping.id)
            if kept is not None and kept.result != result:
                mappings.replace(scope, kept, replace(kept, result=result))

        await self.delivery.transact(work)

    @property
    def owner(self) -> ServiceCaller:
        """Lambda itself, where the role need not be asked."""
        return ServiceCaller(self.delivery.kernel, "lambda", self.delivery.account, self.delivery.region)


def _essence(mapping: Mapping) -> Mapping:
    """Return what of a mapping matters to its work."""
    return replace(mapping, result="", tags={})


def _aim(scope: Scope, mapping: Mapping) -> Target:
    function = functions.find(scope, mapping.function)
    if function is None:
        raise no_such_function(mapping.function)
    return aim(Found(scope, function, mapping.qualifier))


def _attend(scope: Scope, mapping_id: str) -> Mapping | None:
    """Return a mapping that is enabled, and have it told of what is new from now on."""
    mapping = mappings.find(scope, mapping_id)
    if mapping is None or mapping.state not in ("Enabled", "Updating"):
        return None
    watch(scope, watched_arn(mapping.source_arn), "lambda", CONSUMER, mapping_id)
    return mapping


@lambda_.consumer(CONSUMER)
async def poll(delivery: Delivery, payload: dict[str, Any]) -> None:
    """Read what a mapping's source has, and invoke its function with it until there is no more."""
    delivery.stand_aside()
    mapping: Mapping | None = await delivery.transact(lambda scope: _attend(scope, payload["key"]))
    if mapping is None:
        return
    try:
        target = await delivery.transact(lambda scope: _aim(scope, mapping))
        role, name = target.version.role, target.function.id
        session = await session_of(delivery.kernel, delivery.account, delivery.region, role, name)
        job = Job(delivery, mapping, target, session.principal)
        if mapping.source_kind == "sqs":
            from skyglobe.services.lambda_.polling.queues import QueuePoller

            await QueuePoller(job).run()
        else:
            from skyglobe.services.lambda_.polling.streams import StreamPoller

            await StreamPoller(job).run()
    except ServiceError as error:
        await _later(delivery, mapping, error)


async def _later(delivery: Delivery, mapping: Mapping, error: ServiceError) -> None:
    """Try again in a while what its source, its role or its function did not let a mapping do."""
    pause = THROTTLED_FOR if error.code in _THROTTLED or error.status == 429 else REFUSED_FOR
    if pause == REFUSED_FOR:
        _log.warning("mapping %s of %s cannot work: %s", mapping.id, mapping.function, error.message)

    def work(scope: Scope) -> None:
        kept = mappings.find(scope, mapping.id)
        if kept is not None:
            mappings.replace(scope, kept, replace(kept, result=f"PROBLEM: {error.message}"[:500]))
            poll_at(scope, mapping.id, scope.now + pause)

    await delivery.transact(work)
