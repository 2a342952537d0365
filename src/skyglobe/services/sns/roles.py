"""SNS acts in sessions of the roles it is given: what a role may not do, SNS does not do."""

from __future__ import annotations

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.outbox import Delivery


async def acting_in_role(delivery: Delivery, account: str, region: str, role_arn: str) -> ServiceCaller:
    """Return a caller in a session of a role. A cloud that is told to offer no IAM has no roles."""
    own = ServiceCaller(delivery.kernel, "sns", account, region)
    services = delivery.kernel.services
    if services.find("iam") is None or services.find("sts") is None:
        return own
    return await own.assuming(role_arn, "sns")
