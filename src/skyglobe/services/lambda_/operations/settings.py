"""Recursion detection and runtime management."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_, shapes
from skyglobe.services.lambda_.finding import called_function, called_whole, get_version
from skyglobe.services.lambda_.records import functions, versions
from skyglobe.services.lambda_.refusals import invalid


@lambda_.operation
def put_function_recursion_config(call: Call, function_name: str, recursive_loop: str) -> dict[str, Any]:
    """Say whether loops that a function is part of are stopped."""
    scope, function, _ = called_whole(call, function_name)
    functions.replace(scope, function, replace(function, recursive_loop=recursive_loop))
    return {"RecursiveLoop": recursive_loop}


@lambda_.operation
def get_function_recursion_config(call: Call, function_name: str) -> dict[str, Any]:
    """Return whether loops are stopped."""
    return {"RecursiveLoop": called_whole(call, function_name).function.recursive_loop}


@lambda_.operation
def put_runtime_management_config(
    call: Call,
    function_name: str,
    update_runtime_on: str,
    qualifier: str | None = None,
    runtime_version_arn: str | None = None,
) -> dict[str, Any]:
    """Say when a version's runtime is renewed. Raises InvalidParameterValueException."""
    found = called_function(call, function_name, qualifier)
    if (update_runtime_on == "Manual") != bool(runtime_version_arn):
        raise invalid(
            "RuntimeVersionArn is required for Manual, and only allowed for it: "
            f"{update_runtime_on} was given {'one' if runtime_version_arn else 'none'}."
        )
    old = get_version(found)
    new = replace(old, update_runtime_on=update_runtime_on, runtime_version_arn=runtime_version_arn or "")
    versions.replace(found.scope, old, new)
    answer = {"UpdateRuntimeOn": update_runtime_on, "FunctionArn": found.arn}
    return {**answer, "RuntimeVersionArn": runtime_version_arn} if runtime_version_arn else answer


@lambda_.operation
def get_runtime_management_config(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return when a version's runtime is renewed, and which one it runs on."""
    found = called_function(call, function_name, qualifier)
    version = get_version(found)
    return {
        "UpdateRuntimeOn": version.update_runtime_on,
        "FunctionArn": found.arn,
        "RuntimeVersionArn": shapes.runtime_version_arn(found.scope, version),
    }
