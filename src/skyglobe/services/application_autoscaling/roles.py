"""The service-linked roles: made when a target is registered, assumed whenever capacity is changed."""

from __future__ import annotations

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope, partition_of
from skyglobe.services.application_autoscaling.dimensions import Dimension
from skyglobe.services.application_autoscaling.refusals import invalid

SESSION_NAME = "AutoScaling-UpdateCapacity"


def role_arn(scope: Scope, dimension: Dimension) -> str:
    """Return the ARN of the service-linked role that acts on a dimension's resources."""
    return _role_arn(scope.partition, scope.account, dimension)


def _role_arn(partition: str, account: str, dimension: Dimension) -> str:
    path = f"aws-service-role/{dimension.principal}.amazonaws.com"
    return f"arn:{partition}:iam::{account}:role/{path}/{dimension.role}"


def own_hand(scope: Scope, dimension: Dimension) -> ServiceCaller:
    """Return a caller that acts as Application Auto Scaling itself."""
    return ServiceCaller(scope.kernel, dimension.principal, scope.account, scope.region)


def ensure_role(call: Call, dimension: Dimension) -> None:
    """Make the service-linked role unless it is there. Raises AccessDeniedException where the caller may not."""
    services = call.kernel.services
    if services.find("iam") is None or services.find("sts") is None:
        return
    caller = own_hand(call, dimension)
    try:
        caller.call_within(call, "iam", "GetRole", {"RoleName": dimension.role})
    except ServiceError as error:
        if error.code != "NoSuchEntity":
            raise
        principal = f"{dimension.principal}.amazonaws.com"
        context = {"iam:awsservicename": principal}
        refusal = call.refusal(Need("iam:CreateServiceLinkedRole", role_arn(call, dimension), call.account, context))
        if refusal is not None:
            raise refusal from None
        caller.call_within(call, "iam", "CreateServiceLinkedRole", {"AWSServiceName": principal})


async def acting_on(kernel: Kernel, account: str, region: str, dimension: Dimension) -> ServiceCaller:
    """Return a caller in a session of the service-linked role. Raises STS's ``ServiceError`` where it is gone.

    In a cloud that is told to offer no IAM there are no roles: there it acts as the service itself.
    """
    own = ServiceCaller(kernel, dimension.principal, account, region)
    if kernel.services.find("iam") is None or kernel.services.find("sts") is None:
        return own
    return await own.assuming(_role_arn(partition_of(region), account, dimension), SESSION_NAME)


def check_permissions(call: Call, arn: str, actions: tuple[str, ...]) -> None:
    """Check that the caller itself may do what is going to be done in its name. Raises ValidationException."""
    missing = [action for action in actions if call.refusal(Need(action, arn, call.account)) is not None]
    if missing:
        raise invalid(f"User is missing the following permissions: {', '.join(missing)}")
