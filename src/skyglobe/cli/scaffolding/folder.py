"""The files of a new service."""

from __future__ import annotations

import re
from pathlib import Path

from skyglobe.cli.scaffolding.families import REST, group
from skyglobe.cli.scaffolding.kept import records_text
from skyglobe.cli.scaffolding.prose import summary
from skyglobe.cli.scaffolding.signatures import function_text, takes_request
from skyglobe.models import ServiceModel, load
from skyglobe.models.names import snake_case

KEYWORDS = ("lambda",)

_DECLARATION = '''"""{title}.

Nothing of it is written yet: every operation answers 501. Say here in three lines what is real.
"""

from skyglobe.kernel.service import Service

{module} = Service("{service}", parts=({parts}))
'''

_OPERATIONS = '''"""{subject}"""

from __future__ import annotations

{standard}from skyglobe.kernel.call import Call
from skyglobe.services.{module} import {module}


{functions}'''

_STORY = '''"""Stories of {title}."""

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture
def {module}(aws):
    return aws.client("{service}", config=Config(parameter_validation=False))


def test_what_is_not_written_says_so({module}):
    # The first story: replace it when {operation} is written.
    with pytest.raises(ClientError) as caught:
        {module}.{method}({arguments})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "{service}.{operation}" in caught.value.response["Error"]["Message"]
'''

_PAGE = """# {title}

Not written yet: every operation answers 501. `skyglobe coverage {service}` counts.

## What is real

## What is recorded only

## What is refused

## To be written

{rows}
"""


def module_name(service: str) -> str:
    """Return the package's name: ``cognito_idp`` for ``cognito-idp``, ``lambda_`` for ``lambda``."""
    name = service.replace("-", "_")
    return f"{name}_" if name in KEYWORDS else name


def planned_files(service: str, operations: list[str]) -> dict[Path, str]:
    """Return the files of the new service with these operations (API names), relative to the repository's root."""
    model, module = load(service), module_name(service)
    title = _title(model)
    package = Path("src/skyglobe/services") / module
    rules = f"Pure decisions of {title}: defaults, limits, transitions, matching."
    access = f"What the action map cannot know of {title}: ARNs, policies, condition keys."
    return {
        package / "__init__.py": _declaration(model, module, list(group(operations))),
        package / "records.py": records_text(model, operations),
        package / "rules.py": f'"""{rules}"""\n',
        package / "access.py": f'"""{access}"""\n',
        **_operations(package, model, module, operations),
        Path("tests/services") / module / f"test_{module}.py": _story(model, module, operations),
        Path("docs/services") / f"{service}.md": _page(model, operations),
    }


def _operations(package: Path, model: ServiceModel, module: str, operations: list[str]) -> dict[Path, str]:
    families = group(operations)
    if len(families) == 1:
        ((family, names),) = families.items()
        return {package / "operations.py": operations_text(model, module, family, names)}
    subject = f"The operations of {_title(model)}, by what they are about."
    files = {package / "operations" / "__init__.py": f'"""{subject}"""\n'}
    for family, names in families.items():
        files[package / "operations" / f"{family}.py"] = operations_text(model, module, family, names)
    return files


def operations_text(model: ServiceModel, module: str, family: str, operations: list[str]) -> str:
    """Return a file of planned operations."""
    functions = "\n\n".join(
        function_text(module, model.operation(name), summary(model.name, name)) for name in operations
    )
    subjects = {
        "operations": f"The operations of {_title(model)}.",
        REST: "What is about no resource of its own, or has yet to be moved to its family.",
    }
    standard = "from datetime import datetime\n" if re.search(r"\bdatetime\b", functions) else ""
    standard += "from typing import Any\n" if re.search(r"\bAny\b", functions) else ""
    return _OPERATIONS.format(
        subject=subjects.get(family, f"{family.replace('_', ' ').capitalize()}."),
        standard=standard and f"{standard}\n",
        module=module,
        functions=functions,
    )


def _title(model: ServiceModel) -> str:
    return str(model.metadata["serviceFullName"])


def _declaration(model: ServiceModel, module: str, families: list[str]) -> str:
    names = ["operations"] if len(families) == 1 else [f"operations.{family}" for family in families]
    parts = "".join(f'"{name}", ' for name in names)
    return _DECLARATION.format(title=_title(model), module=module, service=model.name, parts=parts)


def _story(model: ServiceModel, module: str, operations: list[str]) -> str:
    first = _first_called(model, operations)
    shape = model.operation(first).input
    labels = [name for name, part in (shape.members.items() if shape else ()) if part.location == "uri"]
    return _STORY.format(
        title=_title(model),
        module=module,
        service=model.name,
        operation=first,
        method=snake_case(first),
        arguments=", ".join(f'{name}="name"' for name in labels),
    )


def _first_called(model: ServiceModel, operations: list[str]) -> str:
    """Return the operation a user is likely to call first: one that creates something, and is easily called."""
    plain = [name for name in operations if not takes_request(model.operation(name))] or operations
    return min((name for name in plain if name.startswith("Create")), key=len, default=plain[0])


def _page(model: ServiceModel, operations: list[str]) -> str:
    link = f"https://docs.aws.amazon.com/goto/WebAPI/{model.metadata.get('uid', '')}"
    rows = "\n".join(f"- [ ] [{name}]({link}/{name})" for name in operations)
    return _PAGE.format(title=_title(model), service=model.name, rows=rows)
