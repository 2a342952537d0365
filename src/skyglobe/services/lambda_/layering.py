"""Layers as functions use them."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import packages
from skyglobe.services.lambda_.records import LayerUse, LayerVersion, layer_versions
from skyglobe.services.lambda_.refusals import invalid, not_found
from skyglobe.services.lambda_.rules.archives import MAX_UNPACKED_BYTES
from skyglobe.services.lambda_.rules.configuration import MAX_LAYERS
from skyglobe.services.lambda_.rules.names import LayerName, parse_layer_name


def parse_version_arn(arn: str) -> LayerName:
    """Return what the ARN of a layer's version says. Raises InvalidParameterValueException."""
    parsed = parse_layer_name(arn)
    if parsed is None or not parsed.account or not parsed.version:
        raise invalid(f"Value '{arn[:300]}' is not the ARN of a version of a layer.")
    return parsed


def find_layer_version(scope: Scope, named: LayerName) -> LayerVersion | None:
    """Return a layer's version, in whatever account it is."""
    there = scope.within(named.account or None, named.region or None)
    return layer_versions.find(there, named.name, named.version)


def resolve_layers(scope: Scope, arns: list[str]) -> tuple[LayerUse, ...]:
    """Return the layers that a function is to use, in their order.

    Raises InvalidParameterValueException for more than five, for two versions of one, for one that is not there.
    """
    if len(arns) > MAX_LAYERS:
        raise invalid(f"Cannot reference more than {MAX_LAYERS} layers.")
    found: list[LayerUse] = []
    for arn in arns:
        named = parse_version_arn(arn)
        if named.region != scope.region:
            raise invalid(f"Layer {arn} is not in the region {scope.region} of the function.")
        version = find_layer_version(scope, named)
        if version is None:
            raise invalid(f"Layer version {arn} does not exist.")
        same = next((one for one in found if one.arn.rpartition(":")[0] == version.layer_arn), None)
        if same is not None:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{same.arn} and {arn} are versions of the same layer"
            )
        found.append(LayerUse(version.arn, version.sha256, version.size_bytes, version.unpacked_bytes))
    return tuple(found)


def check_unpacked(unpacked_bytes: int, layers: tuple[LayerUse, ...]) -> None:
    """Raise InvalidParameterValueException when code and layers are larger than a function may be."""
    size = unpacked_bytes + sum(layer.unpacked_bytes for layer in layers)
    if size > MAX_UNPACKED_BYTES:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNPACKED_BYTES} bytes. "
            f"The actual size is {size} bytes."
        )


def share_layers(scope: Scope, layers: tuple[LayerUse, ...]) -> None:
    """Have the packages of layers stay as long as a function uses them, whatever becomes of the layers."""
    for layer in layers:
        packages.share(scope, layer.sha256)


def unshare_layers(scope: Scope, layers: tuple[LayerUse, ...]) -> None:
    """Take back a ``share_layers``."""
    for layer in layers:
        packages.unshare(scope, layer.sha256)


def get_layer_version(scope: Scope, named: LayerName) -> LayerVersion:
    """Return a layer's version. Raises ResourceNotFoundException."""
    found = find_layer_version(scope, named)
    if found is None:
        raise not_found("The resource you requested does not exist.")
    return found
