"""One API call on its way through an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.store import Pair, WriteSet
from skyglobe.kernel.wire import Request

if TYPE_CHECKING:
    from skyglobe.kernel.access import Need
    from skyglobe.kernel.errors import ServiceError
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.principals import Principal
    from skyglobe.kernel.service import Operation

T = TypeVar("T")


class _Nothing:
    """What lies below the write-set of a call that is over."""

    def get(self, key: bytes) -> bytes | None:
        return None

    def scan(self, start: bytes, stop: bytes, *, limit: int | None = None, reverse: bool = False) -> Iterable[Pair]:
        return ()


_NOWHERE = WriteSet(_Nothing())
"""What calls that are over stand on: condition keys only read. One for all, since each request leaves one."""


class Call(Scope):
    """What an operation is handed: where it works (``Scope``), who calls, and the request as it came."""

    __slots__ = ("asked", "operation", "principal", "protocol", "request", "request_id", "via")

    def __init__(
        self,
        kernel: Kernel,
        writes: WriteSet,
        account: str,
        region: str,
        now: int,
        *,
        operation: Operation,
        principal: Principal,
        request: Request,
        request_id: str,
        protocol: str,
        via: Any = None,
    ) -> None:
        super().__init__(kernel, writes, account, region, now)
        self.operation = operation
        self.principal = principal
        self.request = request
        """The request as it came; ``request.stream`` is the body of streaming operations."""
        self.request_id = request_id
        self.protocol = protocol
        self.asked: list[tuple[Need, Any]] = []
        """The permissions the call needed so far, each with what was decided: see ``gateway.authorize``."""
        self.via = via
        """What the call came through on its way to a resource, as its service has it; None when it came straight."""

    async def transact(self, work: Callable[[Call], T]) -> T:
        """For operations that wait: run ``work`` in one transaction of its own, at its own instant.

        Returns its result once it is committed. ``work`` may be run again when it loses a race, so it must have no
        effect but its writes.
        """

        def run(writes: WriteSet) -> T:
            return work(self.renewed(writes))

        return await self.kernel.turns.perform(run)

    def renewed(self, writes: WriteSet) -> Call:
        """Return the same call over another write-set, at the clock's present instant."""
        return self._like(writes, self.kernel.clock.now(), self.principal, self.request)

    def as_principal(self, principal: Principal) -> Call:
        """Return the same call as if ``principal`` made it: one whose proof is in the request, not in its signature."""
        return self._like(self.writes, self.now, principal, self.request)

    def over(self) -> Call:
        """Return the call to be told of later: without body, and with a write-set where nothing is found."""
        request = self.request
        bare = Request(
            request.method, request.path, request.query, request.headers, client=request.client, secure=request.secure
        )
        return self._like(_NOWHERE, self.now, self.principal, bare)

    def resumed(self, writes: WriteSet) -> Call:
        """Return the same call, at its own instant, over what the store holds now."""
        return self._like(writes, self.now, self.principal, self.request)

    def _like(self, writes: WriteSet, now: int, principal: Principal, request: Request) -> Call:
        return Call(
            self.kernel,
            writes,
            self.account,
            self.region,
            now,
            operation=self.operation,
            principal=principal,
            request=request,
            request_id=self.request_id,
            protocol=self.protocol,
            via=self.via,
        )

    def refusal(self, need: Need, params: dict[str, Any] | None = None) -> ServiceError | None:
        """Return AWS's AccessDenied when the caller may not do what ``need`` says, None when it may.

        For operations whose needs show only on the way: one for each key of a batch, another for what is not there.
        ``params`` are the members that condition keys of the request are read from.
        """
        return self.kernel.weigh(self, need, params or {})

    def as_service(self, name: str, source_arn: str = "") -> Any:
        """Return a caller of other services' operations that acts as the service principal ``name``.

        ``await call.as_service("s3").sqs.send_message(QueueUrl=…)`` is the same call a user would make. With a
        ``source_arn`` the policies of the resources it is made on must allow it.
        """
        from skyglobe.kernel.callers import ServiceCaller

        return ServiceCaller(self.kernel, name, self.account, self.region, source_arn)
