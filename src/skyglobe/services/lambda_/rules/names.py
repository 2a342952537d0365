"""How functions, versions, aliases and layers are called: names, ARNs and what lies between."""

from __future__ import annotations

import re
from typing import NamedTuple

LATEST = "$LATEST"
MAX_NAME = 64  # characters; API reference of CreateFunction, FunctionName

_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?"
    r"(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?"
)
_LAYER = re.compile(
    r"(?:arn:[a-zA-Z0-9-]+:lambda:(?P<region>[a-zA-Z0-9-]+):(?P<account>\d{12}):layer:)?"
    r"(?P<name>[a-zA-Z0-9-_]+)(?::(?P<version>\d+))?"
)


class FunctionName(NamedTuple):
    """What a ``FunctionName`` member says. Empty strings stand for what it does not."""

    name: str
    qualifier: str = ""
    account: str = ""
    region: str = ""


class LayerName(NamedTuple):
    """What a layer's name or ARN says; version 0 stands for none."""

    name: str
    version: int = 0
    account: str = ""
    region: str = ""


def parse_function_name(text: str) -> FunctionName | None:
    """Return what a name, a partial or a whole ARN of a function says; None for what is none of these."""
    found = _FUNCTION.fullmatch(text)
    if found is None:
        return None
    return FunctionName(found["name"], found["qualifier"] or "", found["account"] or "", found["region"] or "")


def parse_layer_name(text: str) -> LayerName | None:
    """Return what the name or the ARN of a layer, or the ARN of one of its versions, says; None for anything else."""
    found = _LAYER.fullmatch(text)
    if found is None:
        return None
    return LayerName(found["name"], int(found["version"] or 0), found["account"] or "", found["region"] or "")


def is_version(qualifier: str) -> bool:
    """Whether a qualifier is a version's, not an alias's."""
    return qualifier == LATEST or (qualifier.isascii() and qualifier.isdigit())


def version_number(qualifier: str) -> int:
    """Return the number a version is kept under; 0 is ``$LATEST``."""
    return 0 if qualifier == LATEST else int(qualifier[:18])


def version_label(number: int) -> str:
    """Return what the API calls a version."""
    return str(number) if number else LATEST
