"""Services calling services: the same operations a user has, as a service principal, without the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyglobe.kernel.credentials import credentials
from skyglobe.kernel.principals import Principal, principal_of, service_principal
from skyglobe.models.names import api_name

if TYPE_CHECKING:
    from skyglobe.kernel.kernel import Kernel
    from skyglobe.kernel.scope import Scope


class ServiceCaller:
    """Calls operations as the service principal of ``name`` in one account and region.

    ``await caller.sqs.send_message(…)``. With a ``source_arn``, the resource it acts for, resources' policies must
    allow what it does, as AWS has it for everything a service does to users' resources.
    """

    def __init__(self, kernel: Kernel, name: str, account: str, region: str, source_arn: str = "") -> None:
        self._kernel = kernel
        self._account = account
        self._region = region
        self._principal: Principal = service_principal(f"{name}.amazonaws.com", account, source_arn)

    async def assuming(self, role_arn: str, session_name: str) -> ServiceCaller:
        """Return a caller that acts in a session of a role, whose trust policy must let this service assume it.

        As AWS's services do, it names the account it acts for as external id. Raises STS's ``ServiceError``.
        """
        params = {"RoleArn": role_arn, "RoleSessionName": session_name, "ExternalId": self._account}
        answer = await self.call("sts", "AssumeRole", params)
        key = answer["Credentials"]["AccessKeyId"]
        credential = await self._kernel.transact(lambda scope: credentials.find(scope, key))
        assert credential is not None, "STS keeps what it issues"
        return ServiceCaller.of(self._kernel, self._account, self._region, principal_of(credential))

    @classmethod
    def of(cls, kernel: Kernel, account: str, region: str, principal: Principal) -> ServiceCaller:
        """Return a caller that acts as ``principal``: in a session of a role that was assumed before."""
        made = cls(kernel, "", account, region)
        made._principal = principal
        return made

    def __getattr__(self, service: str) -> _Client:
        return _Client(self, service.replace("_", "-"))

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> Any:
        """Call ``operation`` with ``params``; return its result, raise its ``ServiceError``."""
        return await self._kernel.invoke(self._principal, self._account, self._region, service, operation, params)

    def call_within(self, scope: Scope, service: str, operation: str, params: dict[str, Any]) -> Any:
        """Call an operation as part of the work ``scope`` belongs to: its writes are kept or lost with the others.

        For operations that do not wait. One that is refused leaves no writes of its own behind.
        """
        return self._kernel.invoke_within(
            scope, self._principal, self._account, self._region, service, operation, params
        )


class _Client:
    def __init__(self, caller: ServiceCaller, service: str) -> None:
        self._caller = caller
        self._service = service

    def __getattr__(self, name: str) -> Any:
        found = self._caller._kernel.services.find(self._service)
        if found is None:
            raise AttributeError(f"service {self._service} is not built")
        operation = api_name(found.model, name)

        async def call(**params: Any) -> Any:
            return await self._caller.call(self._service, operation, params)

        return call
