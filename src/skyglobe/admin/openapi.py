"""The OpenAPI document, made from the table of routes."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from skyglobe import __version__
from skyglobe.admin.interface import Admin
from skyglobe.admin.routes import Route, all_routes, route

_REFERENCES = "#/components/schemas/{name}"


class Error(msgspec.Struct, frozen=True):
    """What went wrong, and what to do."""

    error: str


@route("GET", "/_skyglobe/openapi.json")
async def get_openapi_document(admin: Admin) -> dict[str, Any]:
    """Describe this interface (OpenAPI 3.1)."""
    return openapi()


@cache
def openapi() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of all routes."""
    routes = all_routes()
    types = {str(told): told for told in (Error, *(found.gives for found in routes))}
    schemas, components = msgspec.json.schema_components(types.values(), ref_template=_REFERENCES)
    described = dict(zip(types, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for found in routes:
        paths.setdefault(found.path, {})[found.method.lower()] = _operation(found, described)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Skyglobe",
            "version": __version__,
            "summary": "The cloud's own interface: clock, snapshots, trace, faults.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://localhost:4566"}],
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(found: Route, described: dict[str, Any]) -> dict[str, Any]:
    # Inputs are spelled out, not referred to: part of them is in the path.
    inputs = msgspec.json.schema_components([found.takes])[1][found.takes.__name__]
    in_path = [_parameter(name, "path", inputs, required=True) for name in found.path_names]
    others = {name: schema for name, schema in inputs["properties"].items() if name not in found.path_names}
    required = [name for name in inputs.get("required", ()) if name in others]
    operation: dict[str, Any] = {"operationId": found.operation_id, "summary": found.summary, "tags": [found.tag]}
    in_query = (
        [] if found.has_body else [_parameter(name, "query", inputs, required=name in required) for name in others]
    )
    if in_path or in_query:
        operation["parameters"] = [*in_path, *in_query]
    if found.has_body and others:
        schema = {"type": "object", "properties": others, "required": required, "additionalProperties": False}
        operation["requestBody"] = {"required": bool(required), "content": {"application/json": {"schema": schema}}}
    error = {"description": Error.__doc__, "content": {"application/json": {"schema": described[str(Error)]}}}
    answer = {"description": "Done.", "content": {found.media: {"schema": described[str(found.gives)]}}}
    operation["responses"] = {"200": answer, "default": error}
    return operation


def _parameter(name: str, place: str, inputs: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": inputs["properties"][name]}
