"""The steps that every call takes, over the wire or in process: validate, authorize, perform."""

from __future__ import annotations

from typing import Any

from skyglobe.gateway.authorize import authorize
from skyglobe.gateway.plans import Plan
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.principals import Principal
from skyglobe.kernel.store import WriteSet
from skyglobe.kernel.wire import Request
from skyglobe.models import Shape
from skyglobe.models.validation import violation_error


def begin_call(
    kernel: Kernel,
    writes: WriteSet,
    plan: Plan,
    principal: Principal,
    account: str,
    region: str,
    request: Request,
    request_id: str,
    now: int | None = None,
) -> Call:
    """Return the call an operation is handed. Raises NotImplemented (501) when the operation is not built."""
    if plan.operation is None:
        text = f"Skyglobe does not implement {plan.service_model.name}.{plan.name} yet."
        raise ServiceError(text, code="NotImplemented", status=501)
    return Call(
        kernel,
        writes,
        account,
        region,
        kernel.clock.now() if now is None else now,
        operation=plan.operation,
        principal=principal,
        request=request,
        request_id=request_id,
        protocol=plan.protocol,
    )


def perform(call: Call, plan: Plan, params: dict[str, Any]) -> Any:
    """Validate, authorize and perform. Returns the operation's result, or a coroutine that will."""
    _validate(call.request, plan, params)
    authorize(call, plan, params)
    if call.kernel.config.strict and (ignored := call.operation.ignored(params)):
        text = f"Skyglobe takes no account of {', '.join(ignored)} in {plan.name} and runs with --strict."
        raise ServiceError(text, code="NotImplemented", status=501)
    return call.operation.perform(call, params)


def _validate(request: Request, plan: Plan, params: dict[str, Any]) -> None:
    if plan.validate is not None and not request.is_checked and (violations := plan.validate(params)):
        if plan.service is not None and plan.service.invalid is not None:
            raise plan.service.invalid(plan.model, violations)
        raise violation_error(plan.service_model, violations)
    for name, member in plan.demanded:
        if name not in params:
            raise _not_called_so(member)


def _not_called_so(member: Shape) -> ServiceError:
    """Return what S3 says when a path is asked without the parameter that makes it an operation."""
    if member.location == "header":
        text = f"Missing required header for this request: {member.location_name}"
        return ServiceError(text, code="InvalidRequest")
    text = "The specified method is not allowed against this resource."
    return ServiceError(text, code="MethodNotAllowed", status=405)
