"""What the models know about errors: codes, statuses, whose fault, and the codes of the query protocol's days."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from skyglobe.models.shapes import ServiceModel, Shape


@dataclass(slots=True, frozen=True)
class ErrorShape:
    """One modelled error of a service."""

    name: str
    """The shape's name, e.g. ``QueueDoesNotExist``; what boto3 calls the exception class."""
    code: str
    """What goes into ``__type``, ``x-amzn-errortype`` or ``<Code>``."""
    query_code: str
    """What the query protocol calls it, e.g. ``AWS.SimpleQueueService.NonExistentQueue``; else the same as ``code``."""
    status: int
    is_sender_fault: bool
    shape: Shape


@cache
def error_shapes(model: ServiceModel) -> dict[str, ErrorShape]:
    """Return every error of the service by the name of its shape. Computed once for each model.

    A service that moved away from the query protocol writes the shape's name on the wire and its old code beside it
    (``x-amzn-query-error``); every other one writes the modelled code.
    """
    names = [name for name, raw in model.raw["shapes"].items() if raw.get("exception")]
    return {name: _error_shape(model, model.shape(name)) for name in names}


def find_error(model: ServiceModel, code: str) -> ErrorShape | None:
    """Return the modelled error of that code, query code or shape name; None for errors no model mentions."""
    shapes = error_shapes(model)
    if code in shapes:
        return shapes[code]
    return next((shape for shape in shapes.values() if code in (shape.code, shape.query_code)), None)


def query_code(model: ServiceModel, code: str) -> str:
    """Return what clients of the query protocol know ``code`` as: the model's word, else the framework's, else itself.

    For services that are not query compatible there is only one code.
    """
    if not model.is_query_compatible:
        return code
    found = find_error(model, code)
    return found.query_code if found else framework_query_codes().get(code, code)


@cache
def framework_query_codes() -> dict[str, str]:
    """Return the old codes of errors every query-compatible service shares and no model lists.

    Source: the ``awsQueryCompatible`` section of an SQS model in a public fork of AWS's SDK for Go. CloudWatch's model
    has three of the lines and agrees; two others are evident slips of the pen (timeouts, media types) and left out.
    """
    codes: dict[str, str] = json.loads(Path(__file__).with_name("query-codes.json").read_bytes())
    return codes


def _error_shape(model: ServiceModel, shape: Shape) -> ErrorShape:
    error: dict[str, Any] = shape.traits.get("error", {})
    is_fault = bool(shape.traits.get("fault") or error.get("fault"))
    status = int(error.get("httpStatusCode", 500 if is_fault else 400))
    modelled = str(error.get("code", shape.name))
    code = shape.name if model.is_query_compatible else modelled
    return ErrorShape(shape.name, code, modelled, status, bool(error.get("senderFault", status < 500)), shape)
