"""CreateFunction, GetFunction, GetFunctionConfiguration, ListFunctions, DeleteFunction."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.resources import check_tags
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_, packages
from skyglobe.services.lambda_.deleting import delete_function_whole, delete_one_version
from skyglobe.services.lambda_.finding import called_function, function_arn, get_version, place_of
from skyglobe.services.lambda_.layering import check_unpacked, resolve_layers, share_layers
from skyglobe.services.lambda_.packages import Prepared
from skyglobe.services.lambda_.paging import numbered, page
from skyglobe.services.lambda_.publishing import publish
from skyglobe.services.lambda_.records import Function, Version, functions, versions
from skyglobe.services.lambda_.refusals import conflict, invalid
from skyglobe.services.lambda_.roles import check_dead_letters, check_role
from skyglobe.services.lambda_.rules.configuration import Settings, check_built, check_runtime, read_settings
from skyglobe.services.lambda_.rules.names import LATEST
from skyglobe.services.lambda_.sealing import sealed
from skyglobe.services.lambda_.shapes import configuration, listed
from skyglobe.services.lambda_.signing import check_code_signing
from skyglobe.services.lambda_.states import begin_creation


@lambda_.operation
def create_function(call: Call, request: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
    """Create a function from a zip archive, in the request or in S3.

    Raises ResourceConflictException for a name that is taken; InvalidParameterValueException for what cannot be,
    a role that Lambda cannot assume among it; NotImplemented for container images, VPCs and file systems.
    """
    check_built(request)
    place = place_of(call, request["FunctionName"])
    if place.qualifier or place.scope is not call:
        raise invalid(f"{request['FunctionName']} is not the name of a function that can be created here.")
    if functions.find(call, place.name) is not None:
        raise conflict(f"Function already exist: {place.name}")
    if not request.get("Runtime") or not request.get("Handler"):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    if request["Code"].get("ImageUri"):
        check_built({"PackageType": "Image"})
    settings = read_settings(request)
    check_runtime(settings["runtime"], settings.get("snap_start", "None"))
    tags = request.get("Tags") or {}
    check_tags(tags, invalid)
    check_code_signing(call, request.get("CodeSigningConfigArn", ""))
    return _create(call, request, place.name, settings)


async def _create(call: Call, request: dict[str, Any], name: str, settings: Settings) -> dict[str, Any]:
    session = await check_role(call, call.account, settings["role"], name)
    await check_dead_letters(call, session, settings.get("dead_letters_to", ""))
    prepared = await packages.prepare(call, request["Code"])
    try:
        return await call.transact(lambda now: _insert(now, request, name, settings, prepared))
    finally:
        packages.discard(call.kernel, prepared)


def _insert(call: Call, request: dict[str, Any], name: str, settings: Settings, prepared: Prepared) -> dict[str, Any]:
    if functions.find(call, name) is not None:
        raise conflict(f"Function already exist: {name}")
    layers = resolve_layers(call, request.get("Layers") or [])
    check_unpacked(prepared.unpacked_bytes, layers)
    function = Function(
        arn=function_arn(call, name),
        id=name,
        owner=call.account,
        created_at=call.now,
        tags=request.get("Tags") or {},
        number=call.kernel.next_order(),
        code_signing_arn=request.get("CodeSigningConfigArn", ""),
    )
    latest = Version(
        function=name,
        number=0,
        revision=call.kernel.ids.uuid(),
        modified_at=call.now,
        sha256=prepared.sha256,
        size_bytes=prepared.size_bytes,
        unpacked_bytes=prepared.unpacked_bytes,
        layers=layers,
        source_kms_key=request["Code"].get("SourceKMSKeyArn", ""),
        **settings,
    )
    latest = sealed(call, function.arn, latest)
    packages.take(call, prepared)
    share_layers(call, layers)
    latest = begin_creation(call, function, latest)
    functions.insert(call, function)
    versions.insert(call, latest)
    if request.get("Publish"):
        published = publish(call, function, replace(latest, state="Active", state_code=""), None)
        return configuration(call, function, published, published.label)
    return configuration(call, function, latest)


@lambda_.operation
def get_function(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return a function's configuration, a link to its code, its tags and its reserved concurrency."""
    found = called_function(call, function_name, qualifier)
    version = get_version(found)
    location = packages.download_url(call, version.sha256)
    answer: dict[str, Any] = {
        "Configuration": configuration(found.scope, found.function, version, found.qualifier),
        "Code": {"RepositoryType": "S3", "Location": location},
    }
    if version.source_kms_key:
        answer["Code"]["SourceKMSKeyArn"] = version.source_kms_key
    if found.function.tags:
        answer["Tags"] = found.function.tags
    if found.function.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": found.function.reserved}
    return answer


@lambda_.operation
def get_function_configuration(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return the configuration of a function, a version or an alias's version."""
    found = called_function(call, function_name, qualifier)
    return configuration(found.scope, found.function, get_version(found), found.qualifier)


@lambda_.operation(unused=("MasterRegion",))
def list_functions(
    call: Call, function_version: str | None = None, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the functions of this account and region; with ``ALL`` every version of each."""
    if function_version is None:
        rows, more = page(call, "functions", functions.scan(call), lambda one: one.id, marker, max_items)
        latest = [(one, versions.find(call, one.id, 0)) for one in rows]
        return {"Functions": [listed(call, one, kept) for one, kept in latest if kept is not None], **more}
    found, more = page(call, "versions", _all_versions(call), _position, marker, max_items)
    return {"Functions": [listed(call, one, version, version.label) for one, version in found], **more}


def _all_versions(scope: Scope) -> Iterator[tuple[Function, Version]]:
    for function in functions.scan(scope):
        for version in versions.scan(scope, function.id):
            yield function, version


def _position(row: tuple[Function, Version]) -> str:
    return f"{row[0].id}\0{numbered(row[1].number)}"


@lambda_.operation
def delete_function(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Delete a function with all that hangs on it, or one of its versions."""
    found = called_function(call, function_name, qualifier)
    if not found.qualifier:
        delete_function_whole(found.scope, found.function)
    elif found.qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")
    else:
        delete_one_version(found)
    return {"StatusCode": 204}
