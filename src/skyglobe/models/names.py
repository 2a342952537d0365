"""Names between the API (``MD5OfMessageBody``) and Python (``md5_of_message_body``), as boto3 converts them."""

from __future__ import annotations

import re
from functools import cache

from skyglobe.models.shapes import ServiceModel

_ACRONYM_PLURAL = re.compile(r"[A-Z]{2,}s$")
_WORD = re.compile(r"(.)([A-Z][a-z]+)")
_END = re.compile(r"([a-z0-9])([A-Z])")


@cache
def snake_case(name: str) -> str:
    """Return ``name`` as boto3 spells it in Python: ``ListTagsForARNs`` becomes ``list_tags_for_arns``."""
    if "_" in name:
        return name.lower()
    if plural := _ACRONYM_PLURAL.search(name):
        name = f"{name[: plural.start()]}_{plural[0].lower()}"
    return _END.sub(r"\1_\2", _WORD.sub(r"\1_\2", name)).lower().replace("__", "_")


@cache
def api_name(model: ServiceModel, python_name: str) -> str:
    """Return the operation of ``model`` that boto3 calls ``python_name``. Raises LookupError when there is none."""
    for name in model.operation_names:
        if snake_case(name) == python_name:
            return name
    raise LookupError(f"{model.name} has no operation {python_name}")
