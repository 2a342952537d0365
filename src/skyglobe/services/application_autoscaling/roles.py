"""The service-linked roles: made when a target is registered, assumed whenever capacity is changed."""

from __future__ import annotations

from skyglobe.kernel.access import Need
from skyglobe.kernel.call import Call
from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.linked_roles import LinkedRole
from skyglobe.kernel.scope import Scope
from skyglobe.services.application_autoscaling.dimensions import Dimension
from skyglobe.services.application_autoscaling.refusals import invalid

SESSION_NAME = "AutoScaling-UpdateCapacity"


def role_arn(scope: Scope, dimension: Dimension) -> str:
    """Return the ARN of the service-linked role that acts on a dimension's resources."""
    return _role(dimension).arn(scope.partition, scope.account)


def _role(dimension: Dimension) -> LinkedRole:
    return LinkedRole(dimension.principal, dimension.role)


def own_hand(scope: Scope, dimension: Dimension) -> ServiceCaller:
    """Return a caller that acts as Application Auto Scaling itself."""
    return ServiceCaller(scope.kernel, dimension.principal, scope.account, scope.region)


def ensure_role(call: Call, dimension: Dimension) -> None:
    """Make the service-linked role unless it is there. Raises AccessDeniedException where the caller may not."""
    refusal = _role(dimension).ensure(call)
    if refusal is not None:
        raise refusal


async def acting_on(kernel: Kernel, account: str, region: str, dimension: Dimension) -> ServiceCaller:
    """Return a caller in a session of the service-linked role. Raises STS's ``ServiceError`` where it is gone."""
    return await _role(dimension).acting(kernel, account, region, SESSION_NAME)


def check_permissions(call: Call, arn: str, actions: tuple[str, ...]) -> None:
    """Check that the caller itself may do what is going to be done in its name. Raises ValidationException."""
    missing = [action for action in actions if call.refusal(Need(action, arn, call.account)) is not None]
    if missing:
        raise invalid(f"User is missing the following permissions: {', '.join(missing)}")
