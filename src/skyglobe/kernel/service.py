"""How a service declares itself: its operations, timers and outbox consumers."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import Any, Literal, TypeVar, overload

from skyglobe.kernel.access import Need
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.kernel.standing import Standing
from skyglobe.kernel.visits import Visit
from skyglobe.kernel.wire import Request, Response
from skyglobe.models import OperationModel, ServiceModel, load
from skyglobe.models.names import api_name, snake_case

OperationFunction = Callable[..., Any]
F = TypeVar("F", bound=OperationFunction)
AnswerPreflight = Callable[[Scope, Request, str], Response]
Fetch = Callable[[str, Request], Response]
"""Reads one object as whoever asks for it; raises what its service does."""
AnswerWebsite = Callable[[Scope, Request, str, str, Fetch], Response]
FindNeeds = Callable[[Any, str, dict[str, Any]], list[Need]]
FindResourcePolicy = Callable[[Scope, str], str | None]
PolicyKind = Literal["resource", "trust"]
FindControls = Callable[[Scope, Standing, str], Any]
Page = Callable[[Scope, Request], Response]
AnswerVisit = Callable[[Visit], Awaitable[Response]]
Open = Callable[[Any], Awaitable[None]]
ReadGauges = Callable[[Scope, "dict[str, str] | None"], Any]


class Operation:
    """One implemented operation: the function, and how the model's members reach its parameters."""

    def __init__(self, service: Service, name: str, function: OperationFunction, unused: tuple[str, ...]) -> None:
        self.service = service
        self.name = name
        self.function = function
        self.unused = frozenset(unused)
        """Members that are accepted but have no effect here. Clients that send one are told."""
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self.takes_request = [parameter.name for parameter in parameters] == ["request"]
        self.parameters = frozenset(parameter.name for parameter in parameters)
        self._names: dict[str, str] = {}

    @cached_property
    def model(self) -> OperationModel:
        return self.service.model.operation(self.name)

    def perform(self, call: Any, params: dict[str, Any]) -> Any:
        """Call the function with ``params`` (API names). Returns its result: a dict, None, or a coroutine of these."""
        if self.takes_request:
            return self.function(call, params)
        names = self._names
        try:
            return self.function(call, **{names[name]: value for name, value in params.items()})
        except KeyError:
            if all(name in names for name in params):
                raise
        # What has no effect here gets no parameter's name, so that it always comes this way and is left out.
        taken = [name for name in params if name not in self.unused]
        for name in taken:
            names.setdefault(name, snake_case(name))
        return self.function(call, **{names[name]: params[name] for name in taken})

    def ignored(self, params: dict[str, Any]) -> list[str]:
        """Return the members a client sent that have no effect here."""
        return [] if self.unused.isdisjoint(params) else [name for name in params if name in self.unused]


class Service:
    """An AWS service as built here, under botocore's name.

    ``parts`` are the submodules of its package that register operations, timers and consumers; they are imported
    when the service is first used.
    """

    def __init__(
        self,
        name: str,
        *,
        parts: tuple[str, ...] = ("operations",),
        invalid: Callable[[OperationModel, list[Any]], ServiceError] | None = None,
        validates: bool = True,
        actions: Mapping[str, str] | None = None,
        anonymous: tuple[str, ...] = (),
        denied: str = "",
        outpaced: Callable[[str, dict[str, Any]], ServiceError | None] | None = None,
    ) -> None:
        self.name = name
        self.parts = parts
        self.actions = actions or {}
        """The IAM actions of operations that are called otherwise: ``{"Invoke": "InvokeFunction"}``."""
        self.invalid = invalid
        """Turns constraint violations into this service's own error, where it differs from its protocol's."""
        self.validates = validates
        """False for services (S3) that check every input themselves because AWS's does so in its own order."""
        self.anonymous = frozenset(anonymous)
        """Operations that take no signature though the model does not say so."""
        self.denied = denied
        """The code of its refusals, where it is not its protocol's: SNS's ``AuthorizationError``."""
        self.outpaced = outpaced
        """From an operation that lost every race for the store, and its parameters, to this service's own error."""
        self.operations: dict[str, Operation] = {}
        self.unwritten: dict[str, Operation] = {}
        """Signatures of operations still to be written. Clients are answered 501, and coverage does not count them."""
        self.timers: dict[str, Callable[..., None]] = {}
        self.consumers: dict[str, Callable[..., Any]] = {}
        self.page: Page | None = None
        """Answers plain requests for what lies beside its API, as certificates do; ``gateway.pages`` has the paths."""
        self.find_needs: FindNeeds | None = None
        """What a call needs to be allowed; None where the service authorization reference tells it."""
        self.find_resource_policy: FindResourcePolicy | None = None
        """The policy document of a resource, by ARN; None when the service has no resource policies."""
        self.arn_start = f"arn:aws:{name}:"
        """What the ARNs of its resources start with in the partition nearly all calls are made in."""
        self.policy_kind: PolicyKind = "resource"
        self.policy_actions = ""
        """What actions that ask for the policies start with; those of a role speak of ``sts:`` alone."""
        self.is_policy_required = False
        """Whether only the resource's policy opens the door, to the account's own users and root as well: KMS keys."""
        self.find_controls: FindControls | None = None
        """The control policies on a member account and an action; only the service that keeps organizations has any."""
        self.answer_preflight: AnswerPreflight | None = None
        """Answers browsers' OPTIONS requests, which models do not know; None where the service has none."""
        self.answer_website: AnswerWebsite | None = None
        """Answers browsers at website endpoints, which models do not know either; None where the service has none."""
        self.answer_visit: AnswerVisit | None = None
        """Answers whoever comes to host names of its resources; ``gateway.visits`` has the names."""
        self.open: Open | None = None
        """Opens what the store says is to be open when the cloud starts; see ``kernel.openings``."""
        self.read_gauges: ReadGauges | None = None
        """Reads what can be measured at any time, such as how long queues are; see ``kernel.metrics``."""
        self.errors = Errors(self)
        """The model's error shapes as exception classes: ``raise sqs.errors.QueueDoesNotExist("…")``."""

    @cached_property
    def model(self) -> ServiceModel:
        return load(self.name)

    @overload
    def operation(self, function: F) -> F: ...

    @overload
    def operation(self, *, unused: tuple[str, ...]) -> Callable[[F], F]: ...

    def operation(self, function: F | None = None, *, unused: tuple[str, ...] = ()) -> F | Callable[[F], F]:
        """Register a function as the API operation its name says (``send_message``: ``SendMessage``)."""

        def register(function: F) -> F:
            name = api_name(self.model, function.__name__)
            self.operations[name] = Operation(self, name, function, unused)
            return function

        return register(function) if function is not None else register

    def planned(self, function: F) -> F:
        """Note a signature whose operation is still to be written; make it ``operation`` when it is."""
        name = api_name(self.model, function.__name__)
        self.unwritten[name] = Operation(self, name, function, ())
        return function

    def timer(self, kind: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register ``function(scope, key, payload)`` to run when a timer of this kind is due."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            self.timers[kind] = function
            return function

        return register

    def consumer(self, kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register ``function(scope, payload)``, plain or async, to deliver what is put in the outbox as this kind."""

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            self.consumers[kind] = function
            return function

        return register

    def pages(self, function: Page) -> Page:
        """Register ``function(scope, request)``, which answers requests for the service's pages."""
        self.page = function
        return function

    def needs(self, function: FindNeeds) -> FindNeeds:
        """Register ``function(call, operation, params)``, which lists what a call needs to be allowed."""
        self.find_needs = function
        return function

    def resource_policies(
        self,
        function: FindResourcePolicy,
        *,
        kind: PolicyKind = "resource",
        actions: str = "",
        is_required: bool = False,
    ) -> FindResourcePolicy:
        """Register ``function(scope, arn)``, which returns a resource's policy document or None.

        It is asked about resources whose ARN names this service, whichever service is called for them, when the
        action starts with ``actions``. With ``is_required`` nobody gets at a resource with a policy but by it.
        """
        self.find_resource_policy = function
        self.policy_kind = kind
        self.policy_actions = actions
        self.is_policy_required = is_required
        return function

    def controls(self, function: FindControls) -> FindControls:
        """Register ``function(scope, standing, action)``, which returns an organization's policies on an account."""
        self.find_controls = function
        return function

    def preflights(self, function: AnswerPreflight) -> AnswerPreflight:
        """Register ``function(scope, request, resource)``, which answers a browser's OPTIONS or raises."""
        self.answer_preflight = function
        return function

    def websites(self, function: AnswerWebsite) -> AnswerWebsite:
        """Register ``function(scope, request, resource, request id, fetch)``, which answers whatever is asked."""
        self.answer_website = function
        return function

    def visits(self, function: AnswerVisit) -> AnswerVisit:
        """Register ``async function(visit)``, which answers requests to host names of this service's resources."""
        self.answer_visit = function
        return function

    def opening(self, function: Open) -> Open:
        """Register ``async function(kernel)``, which opens what the store says is open; see ``openings``."""
        self.open = function
        return function

    def gauges(self, function: ReadGauges) -> ReadGauges:
        """Register ``function(scope, dimensions)``, which yields ``kernel.metrics.Reading``s of the service's gauges.

        ``dimensions`` narrow them to just these, None asks for all of the account and region. They are asked when
        somebody reads or watches ``AWS/NAME``, whose NAME in lower case is the service's.
        """
        self.read_gauges = function
        return function

    def alarm_actions(self, kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register ``function(scope, notice)``, plain or async, as what alarms do with ARNs of a kind of this service.

        It is an outbox consumer of the kind ``alarm:KIND``: ``@service.alarm_actions("scalingPolicy")`` is called when
        an alarm comes into (and, at each evaluation, stays in) a state that names a scaling policy's ARN. ``notice``
        holds ``ActionArn``, ``AlarmName``, ``AlarmArn``, ``NewStateValue``, ``OldStateValue``, ``NewStateReason``,
        ``StateChangeTime`` (milliseconds), ``Threshold`` (None for bands), ``Datapoints`` (numbers, the newest first)
        and ``Trigger`` as notifications have it. It may come twice.
        """
        return self.consumer(f"alarm:{kind}")

    def error(self, code: str, message: str, *, status: int = 400, **fields: Any) -> ServiceError:
        """Return an error the model has no shape for. AWS has many: ``InvalidParameterValue`` and its kin."""
        return ServiceError(message, code=code, status=status, fields=fields)

    def __repr__(self) -> str:
        return f"<Service {self.name}: {len(self.operations)} operations>"


class Errors:
    """Exception classes made from a model's error shapes when first named."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __getattr__(self, name: str) -> type[ServiceError]:
        from skyglobe.models.errors import error_shapes

        shape = error_shapes(self._service.model).get(name)
        if shape is None:
            raise AttributeError(f"{self._service.name} has no error {name}")
        made = type(name, (ServiceError,), {"code": shape.code, "status": shape.status})
        setattr(self, name, made)
        return made


class Services:
    """Finds services by name, importing each on first use."""

    def __init__(self, package: str = "skyglobe.services", only: frozenset[str] | None = None) -> None:
        self._package = package
        self._only = only
        self._found: dict[str, Service | None] = {}
        self._names: frozenset[str] | None = None

    def find(self, name: str) -> Service | None:
        """Return the service botocore calls ``name``, or None when it is not built (or not enabled)."""
        try:
            return self._found[name]
        except KeyError:
            found = self._found[name] = self._load(name)
            return found

    def find_known(self, name: str) -> Service | None:
        """As ``find``, for names that callers made up: those that are nobody's are not remembered."""
        found = self._found.get(name)
        if found is None:
            if self._names is None:
                self._names = frozenset(self.names())
            if name in self._names:
                return self.find(name)
        return found

    def add(self, service: Service) -> None:
        """Offer a service that is not a package of ours."""
        self._found[service.name] = service

    def names(self) -> list[str]:
        """Return the names of all services that are built and enabled, sorted."""
        import pkgutil

        package = importlib.import_module(self._package)
        folders = [module.name for module in pkgutil.iter_modules(package.__path__) if module.ispkg]
        return sorted(name for name in map(_service_name, folders) if self._only is None or name in self._only)

    def loaded(self) -> frozenset[str]:
        """Return the names of the services that have been used so far."""
        return frozenset(name for name, service in self._found.items() if service is not None)

    def _load(self, name: str) -> Service | None:
        if self._only is not None and name not in self._only:
            return None
        path = f"{self._package}.{_module_name(name)}"
        if not name.replace("-", "_").isidentifier() or importlib.util.find_spec(path) is None:
            return None
        service: Service = getattr(importlib.import_module(path), _module_name(name))
        for part in service.parts:
            importlib.import_module(f"{path}.{part}")
        return service


def _module_name(service: str) -> str:
    name = service.replace("-", "_")
    return f"{name}_" if name == "lambda" else name


def _service_name(module: str) -> str:
    return module.removesuffix("_").replace("_", "-")
