"""Firehose acts in sessions of the roles it is given: what a role may not do, Firehose does not do."""

from __future__ import annotations

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.services.firehose.refusals import invalid


async def acting_as(kernel: Kernel, account: str, region: str, role_arn: str) -> ServiceCaller:
    """Return a caller in a session of a role. Raises STS's ``ServiceError`` when the role does not let Firehose in.

    In a cloud that is told to offer no IAM there are no roles: there Firehose acts for itself.
    """
    own = ServiceCaller(kernel, "firehose", account, region)
    if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
        return own
    return await own.assuming(role_arn, "firehose")


async def check_role(kernel: Kernel, account: str, region: str, role_arn: str) -> ServiceCaller:
    """As ``acting_as``. Raises InvalidArgumentException."""
    try:
        return await acting_as(kernel, account, region, role_arn)
    except ServiceError as error:
        raise invalid(f"Firehose is unable to assume role {role_arn}. Please check the role provided.") from error
