"""Reserved and provisioned concurrency, and the account's settings."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, called_function, called_whole, find_version, get_version
from skyglobe.services.lambda_.packages import MAX_STORED_BYTES
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.readiness import provision, unprovision
from skyglobe.services.lambda_.records import (
    Function,
    ProvisionedConcurrency,
    code_bytes,
    functions,
    provisioned,
    reserved_places,
)
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.rules.archives import MAX_UNPACKED_BYTES, MAX_UPLOAD_BYTES
from skyglobe.services.lambda_.rules.concurrency import ACCOUNT_LIMIT, MIN_UNRESERVED
from skyglobe.services.lambda_.rules.names import LATEST
from skyglobe.services.lambda_.shapes import stamp


def unreserved(scope: Scope) -> int:
    """Return how many concurrent executions are left for functions that have none of their own."""
    return ACCOUNT_LIMIT - reserved_places.get(scope, "all")


@lambda_.operation
def get_account_settings(call: Call) -> dict[str, Any]:
    """Return the limits of an account in this region, and what it uses of them."""
    return {
        "AccountLimit": {
            "TotalCodeSize": MAX_STORED_BYTES,
            "CodeSizeUnzipped": MAX_UNPACKED_BYTES,
            "CodeSizeZipped": MAX_UPLOAD_BYTES,
            "ConcurrentExecutions": ACCOUNT_LIMIT,
            "UnreservedConcurrentExecutions": unreserved(call),
        },
        "AccountUsage": {
            "TotalCodeSize": code_bytes.get(call, "all"),
            "FunctionCount": sum(1 for _ in functions.scan(call)),
        },
    }


@lambda_.operation
def put_function_concurrency(call: Call, function_name: str, reserved_concurrent_executions: int) -> dict[str, Any]:
    """Reserve concurrent executions for a function, which has no others then. 0 lets nothing run."""
    scope, function, _ = called_whole(call, function_name)
    left = unreserved(scope) + (function.reserved or 0) - reserved_concurrent_executions
    if left < MIN_UNRESERVED:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{MIN_UNRESERVED}]."
        )
    ready = sum(one.requested for one in provisioned.scan(scope, function.id))
    if 0 < reserved_concurrent_executions < ready:
        raise invalid(
            f"ReservedConcurrentExecutions  {reserved_concurrent_executions} should not be lower than function's total "
            f"provisioned concurrency [{ready}]."
        )
    _reserve(scope, function, reserved_concurrent_executions)
    return {"ReservedConcurrentExecutions": reserved_concurrent_executions}


@lambda_.operation
def get_function_concurrency(call: Call, function_name: str) -> dict[str, Any]:
    """Return what is reserved for a function; nothing when nothing is."""
    function = called_whole(call, function_name).function
    return {} if function.reserved is None else {"ReservedConcurrentExecutions": function.reserved}


@lambda_.operation
def delete_function_concurrency(call: Call, function_name: str) -> None:
    """Have a function run among the others again."""
    scope, function, _ = called_whole(call, function_name)
    _reserve(scope, function, None)


def _reserve(scope: Scope, function: Function, reserved: int | None) -> None:
    reserved_places.add(scope, "all", (reserved or 0) - (function.reserved or 0))
    functions.replace(scope, function, replace(function, reserved=reserved))


@lambda_.operation
def put_provisioned_concurrency_config(
    call: Call, function_name: str, qualifier: str, provisioned_concurrent_executions: int
) -> dict[str, Any]:
    """Have environments kept ready for a version or an alias. Raises InvalidParameterValueException for ``$LATEST``."""
    found = called_function(call, function_name, qualifier)
    if found.qualifier == LATEST:
        raise invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.")
    get_version(found)
    scope, function, _ = found
    others = sum(one.requested for one in provisioned.scan(scope, function.id) if one.qualifier != found.qualifier)
    room = function.reserved if function.reserved is not None else unreserved(scope) - MIN_UNRESERVED
    if others + provisioned_concurrent_executions > room:
        if function.reserved is not None:
            raise invalid(
                "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution "
                "for function"
            )
        raise invalid(
            "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency "
            f"[{unreserved(scope)}]."
        )
    made = ProvisionedConcurrency(
        function=function.id,
        qualifier=found.qualifier,
        requested=provisioned_concurrent_executions,
        modified_at=call.now,
    )
    provisioned.put(scope, made)
    provision(scope, function.id, found.qualifier)
    return _shape(made)


@lambda_.operation
def get_provisioned_concurrency_config(call: Call, function_name: str, qualifier: str) -> dict[str, Any]:
    """Return how many environments are kept ready. Raises ProvisionedConcurrencyConfigNotFoundException."""
    found = called_function(call, function_name, qualifier)
    kept = provisioned.find(found.scope, found.function.id, found.qualifier)
    if kept is None:
        raise lambda_.errors.ProvisionedConcurrencyConfigNotFoundException(
            "No Provisioned Concurrency Config found for this function", fields={"Type": "User"}
        )
    return _shape(kept)


@lambda_.operation
def delete_provisioned_concurrency_config(call: Call, function_name: str, qualifier: str) -> None:
    """Keep no environments ready any more."""
    found = called_function(call, function_name, qualifier)
    if provisioned.find(found.scope, found.function.id, found.qualifier) is not None:
        provisioned.drop(found.scope, found.function.id, found.qualifier)
        version = find_version(found)
        if version is not None:
            unprovision(found.scope, found.function.id, version.number)


@lambda_.operation
def list_provisioned_concurrency_configs(
    call: Call, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List what is kept ready for a function's versions and aliases."""
    found: Found = called_whole(call, function_name)
    rows = provisioned.scan(found.scope, found.function.id)
    kept, more = page(call, f"provisioned:{found.function.id}", rows, lambda one: one.qualifier, marker, max_items)
    shown = [{"FunctionArn": f"{found.function.arn}:{one.qualifier}", **_shape(one)} for one in kept]
    return {"ProvisionedConcurrencyConfigs": shown, **more}


def _shape(kept: ProvisionedConcurrency) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": kept.requested,
        "AvailableProvisionedConcurrentExecutions": kept.allocated if kept.status == "READY" else 0,
        "AllocatedProvisionedConcurrentExecutions": kept.allocated,
        "Status": kept.status,
        "LastModified": stamp(kept.modified_at),
    }
    return {**shown, "StatusReason": kept.reason} if kept.reason else shown
