"""Everything derived from the models that one operation over one protocol needs, compiled once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skyglobe.gateway.signed_service import SignedService
from skyglobe.kernel.access import Need
from skyglobe.kernel.service import Operation, Service, Services
from skyglobe.kernel.wire import Request
from skyglobe.models import OperationModel, ServiceModel, Shape, load
from skyglobe.models.validation import Violation, compile_validator
from skyglobe.protocols.parsing import compile_parser
from skyglobe.protocols.serializing import Serializer, compile_serializer

_MAX_TARGETS = 20_000  # more than botocore's models have operations


class Plan:
    """One operation over one protocol."""

    __slots__ = (
        "demanded",
        "derived_needs",
        "is_anonymous_allowed",
        "model",
        "name",
        "operation",
        "parse",
        "protocol",
        "serialize",
        "service",
        "service_model",
        "signed",
        "streams_input",
        "validate",
    )

    def __init__(self, service: Service | None, model: OperationModel, protocol: str) -> None:
        self.service = service
        """None when the service is not built."""
        self.model = model
        self.service_model: ServiceModel = model.service
        self.name = model.name
        self.protocol = protocol
        self.operation: Operation | None = service.operations.get(model.name) if service is not None else None
        """None when the operation is not built."""
        self.signed = SignedService.of(model.service, protocol)
        self.is_anonymous_allowed = model.auth_type == "none" or (
            service is not None and model.name in service.anonymous
        )
        payload = model.input.members[model.input.payload] if model.input and model.input.payload else None
        self.streams_input = payload is not None and payload.is_streaming
        self.parse: Callable[[Request, dict[str, str]], dict[str, Any]] = _unparsed
        self.validate: Callable[[Any], list[Violation]] | None = None
        self.derived_needs: Callable[[Any, dict[str, Any]], list[Need]] | None = None
        """What a call needs to be allowed, where the service does not tell; made with the first call."""
        self.serialize: Serializer = _unserialized
        if self.operation is not None and service is not None:
            self.parse = compile_parser(model, protocol)
            self.serialize = compile_serializer(model, protocol)
            if service.validates and model.input is not None:
                self.validate = compile_validator(model.input)
        self.demanded = () if self.validate is not None else _demanded(model)
        """Parameters outside the body without which even a service that validates its own input is not called."""


def _demanded(model: OperationModel) -> tuple[tuple[str, Shape], ...]:
    shape = model.input
    required = [(name, shape.members[name]) for name in shape.required] if shape is not None else []
    return tuple((name, member) for name, member in required if member.location in ("header", "querystring"))


class Plans:
    """The plans made so far. There are at most as many as operations times protocols."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._plans: dict[tuple[str, str, str], Plan] = {}
        self._targets: dict[str, Plan] = {}

    def get(self, service: str, operation: str, protocol: str) -> Plan:
        """Return the plan for an operation the service's model has."""
        key = (service, operation, protocol)
        found = self._plans.get(key)
        if found is None:
            found = Plan(self._services.find(service), load(service).operation(operation), protocol)
            self._plans[key] = found
        return found

    def by_target(self, target: str) -> Plan | None:
        """Return the plan of an ``X-Amz-Target``, or of a query call's action, seen before."""
        return self._targets.get(target)

    def remember_target(self, target: str, plan: Plan) -> Plan:
        if len(self._targets) < _MAX_TARGETS:
            self._targets[target] = plan
        return plan


def _unparsed(*_: Any) -> dict[str, Any]:
    raise AssertionError("an operation that is not built is not parsed")


def _unserialized(*_: Any) -> Any:
    raise AssertionError("an operation that is not built is not serialized")
