"""AWS's service models as objects: services, operations and shapes, resolved when first looked at."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

_PARTS = ("members", "member", "key", "value")
SCALARS = frozenset({"string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"})


class Shape:
    """A shape as one place refers to it: the named shape's traits, overridden by those of the reference.

    Instances are immutable after construction and shared by every request; anything compiled from a shape
    (parsers, serializers, validators) may be cached against it.
    """

    def __init__(self, model: ServiceModel, name: str, traits: dict[str, Any]) -> None:
        self.model = model
        self.name = name
        """The shape's own name in the model, e.g. ``QueueAttributeMap``."""
        self.traits = traits
        """Every trait of shape and reference but ``members``, ``member``, ``key``, ``value`` (see the properties)."""
        self.type: str = traits["type"]
        """``structure``, ``list``, ``map`` or one of ``SCALARS``."""
        self.location: str | None = traits.get("location")
        """``header``, ``headers``, ``uri``, ``querystring``, ``statusCode``, or None for the body."""
        self.location_name: str | None = traits.get("locationName")
        self.query_name: str | None = traits.get("queryName")
        """The name on the wire of the ``query`` protocol (both ways) or of ``ec2`` requests, where it differs.

        In a flattened list the element's name counts, as with ``location_name``.
        """
        self.required: tuple[str, ...] = tuple(traits.get("required", ()))
        self.enum: tuple[str, ...] = tuple(traits.get("enum", ()))
        self.min = traits.get("min")
        self.max = traits.get("max")
        self.pattern: str | None = traits.get("pattern")
        self.flattened = bool(traits.get("flattened"))
        self.is_streaming = bool(traits.get("streaming"))
        self.is_event_stream = bool(traits.get("eventstream"))
        self.is_document = bool(traits.get("document"))
        self.is_union = bool(traits.get("union"))
        self.is_exception = bool(traits.get("exception"))
        self.payload: str | None = traits.get("payload")
        """For structures bound to HTTP: the member that is the whole body."""
        self.timestamp_format: str | None = traits.get("timestampFormat")
        self.check: Any = None
        """What ``validation`` compiled for the members; None before it did."""
        self.is_constrained_within: bool | None = None
        """Whether ``validation`` found any constraint below; None before it looked."""

    @cached_property
    def members(self) -> dict[str, Shape]:
        """A structure's members by their API name, in the model's order; empty for other types."""
        raw = self.model.raw_shape(self.name).get("members", {})
        return {name: self.model.resolve(reference) for name, reference in raw.items()}

    @cached_property
    def element(self) -> Shape:
        """A list's element."""
        return self.model.resolve(self.model.raw_shape(self.name)["member"])

    @cached_property
    def key(self) -> Shape:
        """A map's key."""
        return self.model.resolve(self.model.raw_shape(self.name)["key"])

    @cached_property
    def value(self) -> Shape:
        """A map's value."""
        return self.model.resolve(self.model.raw_shape(self.name)["value"])

    def __repr__(self) -> str:
        return f"<Shape {self.name}: {self.type}>"


class OperationModel:
    """One API operation."""

    def __init__(self, service: ServiceModel, name: str, raw: dict[str, Any]) -> None:
        self.service = service
        self.name = name
        """E.g. ``SendMessage``."""
        self.raw = raw
        http = raw.get("http", {})
        self.method: str = http.get("method", "POST")
        self.request_uri: str = http.get("requestUri", "/")
        """Path template with ``{label}`` and ``{greedy+}``, and any fixed query string."""
        self.status: int = int(http.get("responseCode", 200))
        self.auth_type: str | None = raw.get("authtype")
        """``none`` for operations that take no signature."""

    @cached_property
    def input(self) -> Shape | None:
        reference = self.raw.get("input")
        return self.service.resolve(reference) if reference else None

    @cached_property
    def output(self) -> Shape | None:
        reference = self.raw.get("output")
        return self.service.resolve(reference) if reference else None

    @cached_property
    def errors(self) -> tuple[Shape, ...]:
        return tuple(self.service.resolve(reference) for reference in self.raw.get("errors", ()))

    def __repr__(self) -> str:
        return f"<Operation {self.service.name}.{self.name}>"


class ServiceModel:
    """One service, under botocore's name for it (``sqs``, ``stepfunctions``, …)."""

    def __init__(self, name: str, raw: dict[str, Any]) -> None:
        self.name = name
        self.raw = raw
        self.metadata: dict[str, Any] = raw["metadata"]
        self.protocols: tuple[str, ...] = tuple(self.metadata.get("protocols") or (self.metadata["protocol"],))
        """By preference, of ``query``, ``ec2``, ``json``, ``rest-json``, ``rest-xml`` and ``smithy-rpc-v2-cbor``."""
        self.api_version: str = self.metadata["apiVersion"]
        self.endpoint_prefix: str = self.metadata["endpointPrefix"]
        self.signing_name: str = self.metadata.get("signingName", self.endpoint_prefix)
        self.is_query_compatible = "awsQueryCompatible" in self.metadata
        """Whether the service moved from the query protocol and still tells clients its old error codes."""
        self._operations: dict[str, OperationModel] = {}
        self._shapes: dict[str | bytes, Shape] = {}

    @property
    def operation_names(self) -> tuple[str, ...]:
        return tuple(self.raw["operations"])

    def operation(self, name: str) -> OperationModel:
        """Return the operation called ``name``. Raises KeyError when the service has none of that name."""
        found = self._operations.get(name)
        if found is None:
            found = self._operations[name] = OperationModel(self, name, self.raw["operations"][name])
        return found

    def raw_shape(self, name: str) -> dict[str, Any]:
        """Return the named shape as the model writes it. Raises KeyError."""
        raw: dict[str, Any] = self.raw["shapes"][name]
        return raw

    def shape(self, name: str) -> Shape:
        """Return the shape called ``name`` without any reference's traits. Raises KeyError."""
        return self.resolve({"shape": name})

    def resolve(self, reference: dict[str, Any]) -> Shape:
        """Return the shape a member, list, operation… refers to, the reference's own traits winning.

        Equal references give the same object, so what is compiled against a shape is compiled once, and a walk over
        a recursive shape comes back to objects it has seen.
        """
        key = reference["shape"] if len(reference) == 1 else msgspec.msgpack.encode(reference)
        found = self._shapes.get(key)
        if found is None:
            name = reference["shape"]
            traits = {trait: value for trait, value in self.raw_shape(name).items() if trait not in _PARTS}
            traits.update((trait, value) for trait, value in reference.items() if trait != "shape")
            found = self._shapes[key] = Shape(self, name, traits)
        return found

    def __repr__(self) -> str:
        return f"<Service {self.name}>"
