"""Operations of a model as Python signatures in the house style."""

from __future__ import annotations

import builtins
import keyword

from skyglobe.models import OperationModel, Shape
from skyglobe.models.names import snake_case

MAX_PARAMETERS = 12  # wider inputs take one ``request``

_SCALARS = {
    "string": "str",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "boolean": "bool",
    "blob": "bytes",
    "timestamp": "datetime",
}


def annotation(shape: Shape, depth: int = 0) -> str:
    """Return the type of the values the parser makes of ``shape``."""
    if shape.type in _SCALARS and not shape.is_document:
        return _SCALARS[shape.type]
    if depth > 2:  # deep enough to read; recursive shapes end somewhere
        return "Any"
    if shape.type == "list":
        return f"list[{annotation(shape.element, depth + 1)}]"
    if shape.type == "map":
        return f"dict[str, {annotation(shape.value, depth + 1)}]"
    return "Any" if shape.is_document else "dict[str, Any]"


def takes_request(operation: OperationModel) -> bool:
    """Whether the input is too wide, or named too awkwardly, for parameters."""
    members = operation.input.members if operation.input is not None else {}
    return len(members) > MAX_PARAMETERS or any(keyword.iskeyword(snake_case(name)) for name in members)


def parameters(operation: OperationModel) -> list[str]:
    """Return the parameters behind ``call``: those the model requires first, the others with None for absent."""
    if takes_request(operation):
        return ["request: dict[str, Any]"]
    if operation.input is None:
        return []
    required = set(operation.input.required)
    ordered = sorted(operation.input.members.items(), key=lambda member: member[0] not in required)
    return [
        f"{snake_case(name)}: {annotation(shape)}" + ("" if name in required else " | None = None")
        for name, shape in ordered
    ]


def function_text(service: str, operation: OperationModel, summary: str) -> str:
    """Return the operation as a planned function: signature, what it does, what it raises."""
    name = snake_case(operation.name)
    given = ["call: Call", *parameters(operation)]
    gives = "dict[str, Any]" if operation.output is not None and operation.output.members else "None"
    head = f"def {name}({', '.join(given)}) -> {gives}:"
    if len(head) > 120 or any(_shadows(one) for one in given):
        lines = "".join(f"    {one},{'  # noqa: A002' if _shadows(one) else ''}\n" for one in given)
        head = f"def {name}(\n{lines}) -> {gives}:"
    return f'@{service}.planned\n{head}\n    """{_docstring(operation, summary)}"""\n    raise NotImplementedError\n'


def _docstring(operation: OperationModel, summary: str) -> str:
    lines = [summary or f"{operation.name}."]
    if takes_request(operation) and operation.input is not None:
        lines += ["", *_wrapped("Takes", list(operation.input.members))]
    errors = [shape.name for shape in operation.errors]
    if errors:
        lines += ["", *_wrapped("Raises", errors)]
    if len(lines) == 1 and len(lines[0]) < 110:
        return lines[0]
    return "\n".join(f"    {line}" if line and number else line for number, line in enumerate(lines)) + "\n    "


def _wrapped(verb: str, names: list[str]) -> list[str]:
    import textwrap

    return textwrap.wrap(f"{verb} {', '.join(names)}.", 110)


def _shadows(parameter: str) -> bool:
    return hasattr(builtins, parameter.partition(":")[0])
