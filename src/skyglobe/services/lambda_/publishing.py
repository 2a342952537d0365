"""Versions: made of ``$LATEST``, numbered for ever, gone with their packages."""

from __future__ import annotations

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_ import packages
from skyglobe.services.lambda_.layering import share_layers, unshare_layers
from skyglobe.services.lambda_.records import Function, Version, functions, versions
from skyglobe.services.lambda_.states import begin_creation


def publish(scope: Scope, function: Function, latest: Version, description: str | None) -> Version:
    """Return the version that ``$LATEST`` is as it is now: a new one, if nothing is published that is the same."""
    if function.published:
        same = versions.find(scope, function.id, function.published)
        if same is not None:
            return same
    number = function.last_version + 1
    made = replace(
        latest,
        number=number,
        revision=scope.kernel.ids.uuid(),
        modified_at=scope.now,
        description=latest.description if description is None else description,
        update="Successful",
        update_code="",
    )
    packages.take_again(scope, latest.sha256, latest.size_bytes)
    share_layers(scope, latest.layers)
    made = begin_creation(scope, function, made)
    versions.insert(scope, made)
    functions.replace(scope, function, replace(function, last_version=number, published=number))
    return made


def drop_version(scope: Scope, version: Version) -> None:
    """Delete a version, and let go of its code and layers."""
    versions.delete(scope, version)
    packages.drop(scope, version.sha256, version.size_bytes)
    unshare_layers(scope, version.layers)


def change_latest(call: Call, scope: Scope, function: Function, old: Version, new: Version) -> tuple[Function, Version]:
    """Write ``$LATEST`` anew, with a revision of its own; what was published is not the same any more."""
    new = replace(new, revision=call.kernel.ids.uuid(), modified_at=call.now)
    versions.replace(scope, old, new)
    changed = replace(function, published=0)
    functions.replace(scope, function, changed)
    return changed, new
