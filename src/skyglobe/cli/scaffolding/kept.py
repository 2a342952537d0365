"""``records.py`` of a new service: a record for each kind of resource its operations create."""

from __future__ import annotations

import keyword
import re

from skyglobe.cli.scaffolding.families import plural, resource_nouns
from skyglobe.cli.scaffolding.signatures import annotation
from skyglobe.kernel.resources import Resource
from skyglobe.models import OperationModel, ServiceModel, Shape
from skyglobe.models.names import snake_case

_NOT_KEPT = frozenset({"tag_list", "client_token", "client_request_token", "dry_run", *Resource.__struct_fields__})

_FILE = '''"""What {title} keeps."""

from __future__ import annotations

{typing}from skyglobe.kernel.resources import Resource, ResourceTable


{classes}'''

_CLASS = '''class {kind}(Resource, frozen=True):
    """What {operation} takes; what of it is worth keeping is yours to say."""

{fields}


{table}: ResourceTable[{kind}] = ResourceTable("{type_name}", "{service}.{table}", {kind})
'''


def records_text(model: ServiceModel, operations: list[str]) -> str:
    """Return the file. The CloudFormation type names in it are guesses from the service's id."""
    title = model.metadata["serviceFullName"]
    creating = {snake_case(name): name for name in operations}
    nouns = [noun for noun in sorted(resource_nouns(operations)) if f"create_{noun}" in creating]
    if not nouns:
        return f'"""What {title} keeps."""\n'
    classes = "\n\n".join(_class(model, model.operation(creating[f"create_{noun}"]), noun) for noun in nouns)
    typing = "from typing import Any\n\n" if re.search(r"\bAny\b", classes) else ""
    return _FILE.format(title=title, typing=typing, classes=classes)


def _class(model: ServiceModel, operation: OperationModel, noun: str) -> str:
    kind = operation.name.removeprefix("Create")
    service_id = re.sub(r"[^A-Za-z0-9]", "", str(model.metadata["serviceId"]))
    members = operation.input.members if operation.input is not None else {}
    left_out = _NOT_KEPT | {f"{noun}_name", "name", f"{noun}_id"}
    fields = [
        _field(snake_case(name), shape)
        for name, shape in members.items()
        if snake_case(name) not in left_out and not keyword.iskeyword(snake_case(name)) and not shape.is_streaming
    ]
    return _CLASS.format(
        kind=f"Own{kind}" if kind in ("Resource", "ResourceTable") else kind,
        operation=operation.name,
        fields="\n".join(fields),
        table=plural(noun),
        type_name=f"AWS::{service_id}::{kind}",
        service=model.name,
    )


def _field(name: str, shape: Shape) -> str:
    """Return a field for a member; instants are kept as milliseconds."""
    if shape.type == "timestamp":
        return f"    {name if name.endswith('_at') else f'{name}_at'}: int | None = None"
    return f"    {name}: {annotation(shape)} | None = None"
