"""UpdateFunctionCode, UpdateFunctionConfiguration."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_, packages
from skyglobe.services.lambda_.execution import retire
from skyglobe.services.lambda_.finding import Found, called_whole, latest_of
from skyglobe.services.lambda_.layering import check_unpacked, resolve_layers, share_layers, unshare_layers
from skyglobe.services.lambda_.packages import Prepared
from skyglobe.services.lambda_.publishing import change_latest, publish
from skyglobe.services.lambda_.records import Function, Version, versions
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.roles import check_dead_letters, check_role
from skyglobe.services.lambda_.rules.configuration import Settings, check_built, check_runtime, read_settings
from skyglobe.services.lambda_.sealing import opened, sealed
from skyglobe.services.lambda_.shapes import configuration
from skyglobe.services.lambda_.signing import check_code_signing
from skyglobe.services.lambda_.states import begin_update, check_revision, check_settled


@lambda_.operation
def update_function_code(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Give a function other code; with ``DryRun`` only try it, with ``Publish`` make a version of it.

    Raises PreconditionFailedException, ResourceConflictException and what CreateFunction raises of packages.
    """
    check_built({"PublishTo": request.get("PublishTo")})
    found = called_whole(call, request["FunctionName"])
    _check_changeable(found, request)
    check_code_signing(found.scope, found.function.code_signing_arn)
    return _replace_code(call, request)


def _check_changeable(found: Found, request: dict[str, Any]) -> None:
    latest = latest_of(found)
    check_revision(request.get("RevisionId"), latest.revision)
    check_settled(found.function, latest)


async def _replace_code(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    prepared = await packages.prepare(call, request)
    try:
        return await call.transact(lambda now: _write_code(now, request, prepared))
    finally:
        packages.discard(call.kernel, prepared)


def _write_code(call: Call, request: dict[str, Any], prepared: Prepared) -> dict[str, Any]:
    found = called_whole(call, request["FunctionName"])
    _check_changeable(found, request)
    scope, function, _ = found
    old = latest_of(found)
    check_unpacked(prepared.unpacked_bytes, old.layers)
    new = replace(
        old,
        sha256=prepared.sha256,
        size_bytes=prepared.size_bytes,
        unpacked_bytes=prepared.unpacked_bytes,
        source_kms_key=request.get("SourceKMSKeyArn", ""),
        architecture=(request.get("Architectures") or [old.architecture])[0],
    )
    if request.get("DryRun"):
        return configuration(scope, function, new)
    packages.take(scope, prepared)
    packages.drop(scope, old.sha256, old.size_bytes)
    if (new.sha256, new.architecture) != (old.sha256, old.architecture):
        function, new = change_latest(call, scope, function, old, begin_update(scope, function, new))
    else:
        new = begin_update(scope, function, replace(new, modified_at=call.now, revision=call.kernel.ids.uuid()))
        versions.replace(scope, old, new)
    retire(scope, function.arn, new.label)
    if request.get("Publish"):
        published = publish(scope, function, new, None)
        return configuration(scope, function, published, published.label)
    return configuration(scope, function, new)


@lambda_.operation
def update_function_configuration(
    call: Call, request: dict[str, Any]
) -> dict[str, Any] | Coroutine[Any, Any, dict[str, Any]]:
    """Change what is named of a function's configuration; the rest stays.

    Raises PreconditionFailedException, ResourceConflictException and what CreateFunction raises of configurations.
    """
    check_built(request)
    found = called_whole(call, request["FunctionName"])
    _check_changeable(found, request)
    settings = read_settings(request)
    latest = latest_of(found)
    runtime, snap_start = settings.get("runtime", latest.runtime), settings.get("snap_start", latest.snap_start)
    if "runtime" in settings or "snap_start" in settings:
        check_runtime(runtime, snap_start)
    if "role" in settings or settings.get("dead_letters_to"):
        return _check_and_write(call, request, settings)
    return _write_configuration(call, request, settings)


async def _check_and_write(call: Call, request: dict[str, Any], settings: Settings) -> dict[str, Any]:
    found = await call.transact(lambda now: called_whole(now, request["FunctionName"]))
    latest = await call.transact(lambda now: latest_of(called_whole(now, request["FunctionName"])))
    role = settings.get("role", latest.role)
    session = await check_role(call, found.function.owner, role, found.function.id)
    await check_dead_letters(call, session, settings.get("dead_letters_to", latest.dead_letters_to))
    return await call.transact(lambda now: _write_configuration(now, request, settings))


def _with_variables(call: Call, function: Function, old: Version, settings: Settings) -> Version:
    """Return the changed version, its variables encrypted anew when they, the key or the role are others."""
    new = replace(old, **settings)
    if settings.keys().isdisjoint(("variables", "kms_key", "role")):
        return new
    if "variables" not in settings:
        new = replace(new, variables=opened(call, function.arn, old))
    return sealed(call, function.arn, replace(new, sealed_variables=b""))


def _write_configuration(call: Call, request: dict[str, Any], settings: Settings) -> dict[str, Any]:
    found = called_whole(call, request["FunctionName"])
    _check_changeable(found, request)
    scope, function, _ = found
    old = latest_of(found)
    if "durable_timeout_s" in settings and not old.durable_timeout_s:
        raise invalid("DurableConfig can only be set when a function is created.")
    new = _with_variables(call, function, old, settings)
    if "Layers" in request:
        new = replace(new, layers=resolve_layers(scope, request["Layers"]))
        check_unpacked(new.unpacked_bytes, new.layers)
        share_layers(scope, new.layers)
        unshare_layers(scope, old.layers)
    if new == old:
        return configuration(scope, function, old)
    function, new = change_latest(call, scope, function, old, begin_update(scope, function, new))
    retire(scope, function.arn, new.label)
    return configuration(scope, function, new)
