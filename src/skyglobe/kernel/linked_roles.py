"""Service-linked roles: made when a service first needs one, in the caller's name, and assumed by that service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from skyglobe.kernel.access import Need
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import partition_of

if TYPE_CHECKING:
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.kernel import Kernel


class LinkedRole(NamedTuple):
    """One service-linked role. In a cloud that is told to offer no IAM there are none: services act as themselves."""

    service: str
    """What assumes it, without ``.amazonaws.com``."""
    name: str

    def arn(self, partition: str, account: str) -> str:
        """Return its ARN in an account."""
        return f"arn:{partition}:iam::{account}:role/aws-service-role/{self.service}.amazonaws.com/{self.name}"

    def ensure(self, call: Call) -> ServiceError | None:
        """Make the role in the caller's account unless it is there; return the refusal where the caller may not."""
        if call.kernel.services.find("iam") is None:
            return None
        caller = ServiceCaller(call.kernel, self.service, call.account, call.region)
        try:
            caller.call_within(call, "iam", "GetRole", {"RoleName": self.name})
        except ServiceError as error:
            if error.code != "NoSuchEntity":
                raise
            principal = f"{self.service}.amazonaws.com"
            context = {"iam:awsservicename": principal}
            arn = self.arn(call.partition, call.account)
            refusal = call.refusal(Need("iam:CreateServiceLinkedRole", arn, call.account, context))
            if refusal is not None:
                return refusal
            caller.call_within(call, "iam", "CreateServiceLinkedRole", {"AWSServiceName": principal})
        return None

    async def acting(self, kernel: Kernel, account: str, region: str, session_name: str) -> ServiceCaller:
        """Return a caller in a session of the role. Raises STS's ``ServiceError`` where the role is gone."""
        own = ServiceCaller(kernel, self.service, account, region)
        if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
            return own
        return await own.assuming(self.arn(partition_of(region), account), session_name)
