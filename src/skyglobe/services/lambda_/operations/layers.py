"""Layers and their versions."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.arns import make_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import lambda_, packages
from skyglobe.services.lambda_.layering import get_layer_version as find_version
from skyglobe.services.lambda_.layering import parse_version_arn
from skyglobe.services.lambda_.packages import Prepared
from skyglobe.services.lambda_.paging import numbered, page
from skyglobe.services.lambda_.records import Layer, LayerVersion, layer_versions, layers
from skyglobe.services.lambda_.refusals import invalid
from skyglobe.services.lambda_.rules.names import LayerName, parse_layer_name
from skyglobe.services.lambda_.shapes import layer_shape


def named_layer(call: Call, text: str, version: int = 0) -> LayerName:
    """Return what a ``LayerName`` and a version number say. Raises InvalidParameterValueException."""
    parsed = parse_layer_name(text)
    if parsed is None or parsed.version:
        raise invalid(f"Value '{text[:300]}' is not the name or the ARN of a layer.")
    if parsed.region not in ("", call.region):
        raise invalid(f"Layer {text} is not reachable in this region ('{call.region}').")
    return parsed._replace(version=version)


@lambda_.operation
def publish_layer_version(
    call: Call,
    layer_name: str,
    content: dict[str, Any],
    description: str = "",
    compatible_runtimes: list[str] | None = None,
    license_info: str = "",
    compatible_architectures: list[str] | None = None,
) -> Coroutine[Any, Any, dict[str, Any]]:
    """Make the next version of a layer from a zip archive, in the request or in S3."""
    named = named_layer(call, layer_name)
    if named.account not in ("", call.account):
        raise invalid(f"Layer {layer_name} is of another account.")

    def insert(now: Call, prepared: Prepared) -> dict[str, Any]:
        layer = layers.find(now, named.name) or Layer(named.name, 0)
        number = layer.last_version + 1
        made = LayerVersion(
            name=named.name,
            number=number,
            arn=make_arn(now, "lambda", f"layer:{named.name}:{number}"),
            created_at=now.now,
            sha256=prepared.sha256,
            size_bytes=prepared.size_bytes,
            unpacked_bytes=prepared.unpacked_bytes,
            description=description,
            license=license_info,
            runtimes=tuple(compatible_runtimes or ()),
            architectures=tuple(compatible_architectures or ()),
        )
        packages.take(now, prepared)
        layers.put(now, replace(layer, last_version=number))
        layer_versions.insert(now, made)
        return _described(now, made)

    async def publish() -> dict[str, Any]:
        prepared = await packages.prepare(call, content)
        try:
            return await call.transact(lambda now: insert(now, prepared))
        finally:
            packages.discard(call.kernel, prepared)

    return publish()


@lambda_.operation
def get_layer_version(call: Call, layer_name: str, version_number: int) -> dict[str, Any]:
    """Return a layer's version, with a link to its content."""
    return _described(call, find_version(call, named_layer(call, layer_name, version_number)))


@lambda_.operation
def get_layer_version_by_arn(call: Call, arn: str) -> dict[str, Any]:
    """As GetLayerVersion, for a layer of any account that lets the caller in."""
    return _described(call, find_version(call, parse_version_arn(arn)))


@lambda_.operation
def list_layer_versions(
    call: Call,
    layer_name: str,
    compatible_runtime: str | None = None,
    compatible_architecture: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List a layer's versions, newest first."""
    named = named_layer(call, layer_name)
    scope = call.within(named.account or None)
    rows = _matching(scope, named.name, compatible_runtime, compatible_architecture)
    listing = f"layer:{named.account}:{named.name}:{compatible_runtime}:{compatible_architecture}"
    found, more = page(scope, listing, rows, lambda one: numbered(2**62 - one.number), marker, max_items)
    return {"LayerVersions": [layer_shape(one) for one in found], **more}


@lambda_.operation
def list_layers(
    call: Call,
    compatible_runtime: str | None = None,
    compatible_architecture: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List layers with the latest of their versions that fits."""

    def fitting() -> Iterator[LayerVersion]:
        for layer in layers.scan(call):
            latest = next(_matching(call, layer.name, compatible_runtime, compatible_architecture), None)
            if latest is not None:
                yield latest

    listing = f"layers:{compatible_runtime}:{compatible_architecture}"
    found, more = page(call, listing, fitting(), lambda one: one.name, marker, max_items)
    shown = [
        {"LayerName": one.name, "LayerArn": one.layer_arn, "LatestMatchingVersion": layer_shape(one)} for one in found
    ]
    return {"Layers": shown, **more}


@lambda_.operation
def delete_layer_version(call: Call, layer_name: str, version_number: int) -> None:
    """Delete a layer's version. Functions that use it still do; nothing happens when there is none."""
    named = named_layer(call, layer_name, version_number)
    version = layer_versions.find(call, named.name, version_number)
    if version is not None and named.account in ("", call.account):
        layer_versions.delete(call, version)
        packages.drop(call, version.sha256, version.size_bytes)


def _matching(scope: Scope, name: str, runtime: str | None, architecture: str | None) -> Iterator[LayerVersion]:
    """Yield the versions that say they fit, newest first. One that says nothing of architectures fits x86_64."""
    for version in layer_versions.scan(scope, name, reverse=True):
        if runtime is not None and runtime not in version.runtimes:
            continue
        if architecture is not None and architecture not in (version.architectures or ("x86_64",)):
            continue
        yield version


def _described(scope: Scope, version: LayerVersion) -> dict[str, Any]:
    return {
        "Content": {
            "Location": packages.download_url(scope, version.sha256),
            "CodeSha256": version.sha256,
            "CodeSize": version.size_bytes,
        },
        "LayerArn": version.layer_arn,
        **layer_shape(version),
    }
