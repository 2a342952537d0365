"""Every constraint on the input of every operation, broken one at a time, is told of its own member."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

from skyglobe.models import Shape, load, service_names
from skyglobe.models.validation import Violation, compile_validator

LONGEST = 5000
"""Longer values are not built for this."""


def lower_first(name: str) -> str:
    return name[0].lower() + name[1:]


def breakages(shape: Shape) -> Iterator[tuple[Any, str]]:
    """Yield values that break one constraint of a scalar, and the kind broken."""
    if shape.is_streaming:
        return
    if shape.type in ("string", "blob"):
        letter = "a" if shape.type == "string" else b"a"
        if shape.max is not None and shape.max < LONGEST:
            yield letter * (shape.max + 1), "length"
        if shape.min:
            yield letter[:0], "length"
        if shape.enum:
            yield "no such value", "enum"
    elif shape.type in ("integer", "long", "float", "double"):
        if shape.max is not None:
            yield shape.max + 1, "range"
        if shape.min is not None:
            yield shape.min - 1, "range"


def check(shape: Shape) -> int:
    """Break everything of one input; return how many constraints were broken."""
    validate = compile_validator(shape) or (lambda _: [])
    missing = {lower_first(name) for name in shape.required}
    assert {violation.path for violation in validate({})} == missing
    assert {violation.kind for violation in validate({})} <= {"required"}
    count = len(missing)
    for name, member in shape.members.items():
        for value, kind in breakages(member):
            found: list[Violation] = [v for v in validate({name: value}) if v.kind != "required"]
            assert kind in {violation.kind for violation in found}, (shape, name, value)
            assert {violation.path for violation in found} == {lower_first(name)}
            count += 1
    return count


STRIDE = 1 if os.environ.get("SKYGLOBE_CONFORMANCE") == "all" else 20
"""Of how many operations one is tried."""


def test_every_broken_constraint_is_told() -> None:
    operations = broken = 0
    for service in service_names():
        model = load.__wrapped__(service)
        for name in model.operation_names[::STRIDE]:
            shape = model.operation(name).input
            if shape is not None:
                broken += check(shape)
                operations += 1
    sys.stdout.write(f"\n{broken} constraints of {operations} operations broken and told\n")
    assert broken > 70_000 / STRIDE
