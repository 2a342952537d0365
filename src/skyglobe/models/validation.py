"""Input held against the constraints of its model, and what AWS says of input that breaks them.

A shape is compiled to closures once; a shape nothing is demanded of, however deep, compiles to nothing and is skipped.
The wording is that of the framework most services share, as its users quote it: paths start each name in lower case
(``kMSKeyArn``), number list elements from one (``tags.1.member.value``), and what a scalar in a list or map breaks is
reported at the container.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from skyglobe.kernel.errors import ServiceError
from skyglobe.models.constraints import Constraint, Kind, joint_test, own_constraints
from skyglobe.models.rendering import render
from skyglobe.models.shapes import ServiceModel, Shape

MAX_VIOLATIONS = 100
"""Reported at most: enough to mend a request by, and a bound on what a hostile one costs."""

NOT_NULL = "Member must not be null"


@dataclass(slots=True, frozen=True)
class Violation:
    """One broken constraint."""

    path: str
    """Where, as AWS writes it: ``entries.1.member.id``."""
    member: str
    """The API's own name of the member, ``Id``; of the nearest one around an element."""
    value: str
    """The value as the message shows it: quoted, ``null``, or empty for what is secret."""
    kind: Kind
    constraint: str
    """What it had to be: ``Member must not be null``."""

    def __str__(self) -> str:
        shown = f"Value {self.value}" if self.value else "Value"
        return f"{shown} at '{self.path}' failed to satisfy constraint: {self.constraint}"


class Validator(Protocol):
    """Holds one value against its shape."""

    def __call__(self, value: Any, *, enums: bool = True) -> list[Violation]:
        """Return what is broken, at most ``MAX_VIOLATIONS``; with ``enums`` off, unknown enum values pass."""


Place = tuple["Place | None", str]
"""A path not yet written down: where one came from, and the last step. Most are never asked for."""
Check = Callable[[Any, "Place | None", str, list[Violation]], None]
"""Looks at a value, at a place, in the member of that name, and adds what it finds."""


def compile_validator(shape: Shape) -> Validator | None:
    """Return the validator of an operation's input, or None when nothing at all is demanded. Compiled once a shape."""
    check = compile_check(shape)
    if check is None:
        return None

    def validate(value: Any, *, enums: bool = True) -> list[Violation]:
        found: list[Violation] = []
        check(value, None, "", found)
        return found if enums or not found else [violation for violation in found if violation.kind != "enum"]

    return validate


def describe(violations: list[Violation]) -> str:
    """Return AWS's message for ``violations``."""
    count = len(violations)
    return f"{count} validation error{'s'[: count > 1]} detected: {'; '.join(map(str, violations))}"


def compile_check(shape: Shape) -> Check | None:
    """Return what looks into the members of ``shape``, None when nothing within is constrained."""
    if not _is_constrained_within(shape):
        return None
    if shape.check is None:
        shape.check = _afterwards(shape)
        compilers = {"structure": _structure, "list": _list, "map": _map}
        shape.check = compilers[shape.type](shape)
    check: Check = shape.check
    return check


def _afterwards(shape: Shape) -> Check:
    """Return what a shape that contains itself finds while it is being compiled: a call of what is there by then."""

    def look(value: Any, place: Place | None, member: str, found: list[Violation]) -> None:
        shape.check(value, place, member, found)

    return look


def _structure(shape: Shape) -> Check:
    required = tuple((name, _step(name)) for name in shape.required if name in shape.members)
    scalars, nested = [], []
    for name, member in shape.members.items():
        if constraints := own_constraints(member):
            scalars.append((name, _step(name), joint_test(member, constraints), constraints, member))
        if check := compile_check(member):
            nested.append((name, _step(name), check))

    def look(value: Any, place: Place | None, _: str, found: list[Violation]) -> None:
        get = value.get
        for name, step in required:
            if get(name) is None:
                found.append(Violation(_path((place, step)), name, "null", "required", NOT_NULL))
        for name, step, test, constraints, member in scalars:
            given = get(name)
            if given is not None and not test(given):
                path = _path((place, step))
                found.extend(_broken(given, member, constraints, path, name))
        for name, step, check in nested:
            given = get(name)
            if given is not None:
                check(given, (place, step), name, found)

    return look


def _list(shape: Shape) -> Check:
    element = shape.element
    constraints = own_constraints(element)
    test = joint_test(element, constraints) if constraints else None
    check = compile_check(element)
    text = f"Member must satisfy constraint: [{', '.join(constraint.text for constraint in constraints)}]"

    def look(value: Any, place: Place | None, member: str, found: list[Violation]) -> None:
        if test is not None:
            _contained(value, test, constraints, text, value, shape, place, member, found)
        if check is not None:
            for number, given in enumerate(value, 1):
                if given is not None:
                    check(given, (place, f"{number}.member"), member, found)
                if len(found) >= MAX_VIOLATIONS:
                    return

    return look


def _map(shape: Shape) -> Check:
    demands = []
    for part, word in ((shape.key, "keys"), (shape.value, "value")):
        if constraints := own_constraints(part):
            text = f"Map {word} must satisfy constraint: [{', '.join(constraint.text for constraint in constraints)}]"
            demands.append((word == "keys", joint_test(part, constraints), constraints, text))
    check = compile_check(shape.value)

    def look(value: Any, place: Place | None, member: str, found: list[Violation]) -> None:
        for is_key, test, constraints, text in demands:
            parts = value.keys() if is_key else value.values()
            _contained(parts, test, constraints, text, value, shape, place, member, found)
        if check is not None:
            for key, given in value.items():
                if given is not None:
                    check(given, (place, f"{key}.member"), member, found)
                if len(found) >= MAX_VIOLATIONS:
                    return

    return look


def _contained(
    parts: Any,
    test: Callable[[Any], bool],
    constraints: tuple[Constraint, ...],
    text: str,
    container: Any,
    shape: Shape,
    place: Place | None,
    member: str,
    found: list[Violation],
) -> None:
    """Report the first part that breaks a constraint, at the container, with all that is demanded of parts."""
    for part in parts:
        if part is not None and not test(part):
            kind = next(constraint.kind for constraint in constraints if not constraint.test(part))
            found.append(Violation(_path(place), member, render(container, shape), kind, text))
            return


def _broken(value: Any, shape: Shape, constraints: tuple[Constraint, ...], path: str, member: str) -> list[Violation]:
    shown = render(value, shape)
    broken = [constraint for constraint in constraints if not constraint.test(value)]
    return [Violation(path, member, shown, constraint.kind, constraint.text) for constraint in broken]


def _is_constrained_within(shape: Shape) -> bool:
    """Return whether anything below ``shape`` is constrained. What is learnt is kept on the shapes."""
    if shape.is_constrained_within is None:
        seen: list[Shape] = []
        shape.is_constrained_within = _search(shape, seen)
        if not shape.is_constrained_within:
            for other in seen:  # all that can be reached from here was looked at, and nothing was found
                other.is_constrained_within = False
    return shape.is_constrained_within


def _search(shape: Shape, seen: list[Shape]) -> bool:
    if shape.is_constrained_within is not None:
        return shape.is_constrained_within
    if shape in seen or shape.is_document or shape.is_event_stream:
        return False
    seen.append(shape)
    if shape.type == "structure" and not shape.members.keys().isdisjoint(shape.required):
        return True
    return any(own_constraints(part) or _search(part, seen) for part in _parts(shape))


def _parts(shape: Shape) -> list[Shape]:
    if shape.type == "structure":
        return list(shape.members.values())
    if shape.type == "list":
        return [shape.element]
    return [shape.key, shape.value] if shape.type == "map" else []


def _step(name: str) -> str:
    return name[:1].lower() + name[1:]


def _path(place: Place | None) -> str:
    steps = []
    while place is not None:
        place, step = place
        steps.append(step)
    return ".".join(reversed(steps))


_FRAMEWORK_WORDING = frozenset({"cloudformation", "iam", "sts"})
"""Query services that answer ``ValidationError`` for a missing parameter too."""

_MISSING = {
    "sqs": "The request must contain the parameter {}.",
    "cloudwatch": "The parameter {} is required.",
}
"""Where the wording for a missing parameter differs from ``The request must contain the parameter X``."""

_XML_CODES = ("InvalidInput", "InvalidArgument", "InvalidRequest")
"""What REST-XML services call bad input: the first that the model has (Route 53, CloudFront, S3 Control)."""


def violation_error(model: ServiceModel, violations: list[Violation]) -> ServiceError:
    """Return the error a service of this protocol family answers broken constraints with. Services may do otherwise.

    JSON and CBOR services answer ``ValidationException``, query services ``ValidationError``, with the same text. For a
    missing parameter, query and EC2 services answer ``MissingParameter``; of the other constraints EC2 says
    ``InvalidParameterValue``.
    """
    missing = next((violation for violation in violations if violation.kind == "required"), None)
    protocol = "query" if model.is_query_compatible else model.protocols[0]
    if missing is not None and _names_missing(model, protocol, missing):
        text = _MISSING.get(model.name, "The request must contain the parameter {}").format(missing.member)
        # Services that left the query protocol write the new name, and the old one beside it.
        code = "MissingRequiredParameterException" if model.is_query_compatible else "MissingParameter"
        return ServiceError(text, code=code)
    if protocol == "ec2":
        first = violations[0]
        text = f"Value ({first.value.strip(chr(39))}) for parameter {first.path} is invalid. {first.constraint}"
        return ServiceError(text, code="InvalidParameterValue")
    return ServiceError(describe(violations), code=_invalid_code(model, protocol))


def _names_missing(model: ServiceModel, protocol: str, missing: Violation) -> bool:
    if protocol == "ec2":
        return True
    return protocol == "query" and model.name not in _FRAMEWORK_WORDING and "." not in missing.path


def _invalid_code(model: ServiceModel, protocol: str) -> str:
    if protocol == "rest-xml":
        return next((code for code in _XML_CODES if code in model.raw["shapes"]), "ValidationException")
    return "ValidationError" if protocol == "query" and not model.is_query_compatible else "ValidationException"
