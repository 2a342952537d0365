"""Every built operation takes what AWS's model says it takes."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest

from skyglobe.kernel.service import Operation, Service, Services
from skyglobe.models.names import snake_case


def faults_of(service, operation):
    """Return what is wrong with an operation's signature, in words."""
    model = operation.model
    members = dict(model.input.members) if model.input is not None else {}
    faults = [f"unused= names {name}, which the model has not" for name in sorted(operation.unused - set(members))]
    if operation.takes_request:
        named = texts_in(Path(importlib.import_module(operation.function.__module__).__file__).parent)
        missing = [name for name in members if not named.fullmatch(name) and name not in operation.unused]
        return faults + [f"{name} is named nowhere in the code, nor in unused=" for name in missing]
    by_parameter = {snake_case(name): name for name in members}
    faults += [f"parameter {name} is no member" for name in sorted(operation.parameters - set(by_parameter))]
    for parameter, name in by_parameter.items():
        if (parameter in operation.parameters) == (name in operation.unused):
            faults.append(f"{name} is both taken and unused=" if name in operation.unused else f"{name} is not taken")
    return faults + missing_defaults(service, operation, by_parameter)


def missing_defaults(service, operation, by_parameter):
    """An absent member is not passed: without a default that would be an error of Python's, not AWS's."""
    import inspect

    certain = set(operation.model.input.required) if operation.model.input and service.validates else set()
    return [
        f"{name} has no default, and may be absent"
        for name, parameter in inspect.signature(operation.function).parameters.items()
        if parameter.default is parameter.empty and name in by_parameter and by_parameter[name] not in certain
    ]


@cache
def texts_in(folder):
    """Return a pattern of every text that stands in a package's code, ``f"Checksum{…}"`` among them."""
    root = folder.parent if folder.name == "operations" else folder
    found = set()
    for node in (node for path in root.rglob("*.py") for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            pieces = [re.escape(part.value) if isinstance(part, ast.Constant) else r"\w+" for part in node.values]
            found.add("".join(pieces))
    return re.compile("|".join(found))


def planned(service):
    """Return the unwritten operations whose members are parameters: one ``request`` says nothing yet."""
    return [operation for operation in service.unwritten.values() if not operation.takes_request]


SERVICES = Services()
BUILT = [
    (service, operation)
    for service in map(SERVICES.find, SERVICES.names())
    for operation in [*service.operations.values(), *planned(service)]
]


@pytest.mark.parametrize(("service", "operation"), BUILT, ids=[f"{one.name}.{two.name}" for one, two in BUILT])
def test_an_operation_takes_every_member_of_its_input_and_no_other(service, operation):
    assert faults_of(service, operation) == []


def test_nothing_is_both_built_and_unwritten():
    for service in map(SERVICES.find, SERVICES.names()):
        assert not set(service.operations) & set(service.unwritten)


def declared(function, unused=()):
    service = Service("sts")
    return service, Operation(service, "GetSessionToken", function, unused)


@pytest.mark.parametrize(
    ("function", "unused", "fault"),
    [
        (lambda call, duration_seconds=0, serial_number="": None, (), "TokenCode is not taken"),
        (lambda call, duration_seconds=0, serial_number="", token_code="", x="": None, (), "parameter x is no member"),
        (
            lambda call, duration_seconds=0, serial_number="", token_code="": None,
            ("TokenCode",),
            "TokenCode is both",
        ),
        (lambda call, duration_seconds=0, serial_number="": None, ("TokenCode", "X"), "unused= names X"),
        (lambda call, duration_seconds, serial_number="", token_code="": None, (), "duration_seconds has no default"),
    ],
)
def test_the_check_finds_what_is_wrong(function, unused, fault):
    (found,) = faults_of(*declared(function, unused))
    assert fault in found
