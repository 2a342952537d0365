"""Aliases: names for versions, or for two of them in shares."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, called_whole, function_arn
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.readiness import follow_alias
from skyglobe.services.lambda_.records import (
    Alias,
    aliases,
    event_invoke_configs,
    function_urls,
    grants,
    provisioned,
    url_places,
    versions,
)
from skyglobe.services.lambda_.refusals import conflict, no_such_function, not_built, not_found
from skyglobe.services.lambda_.rules.names import version_number
from skyglobe.services.lambda_.rules.routing import check_weights
from skyglobe.services.lambda_.shapes import alias_shape
from skyglobe.services.lambda_.states import check_revision


@lambda_.operation
def create_alias(
    call: Call,
    function_name: str,
    name: str,
    function_version: str,
    description: str = "",
    routing_config: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Give a version a name. Raises ResourceConflictException, ResourceNotFoundException for versions there are not."""
    found = called_whole(call, function_name)
    scope, function, _ = found
    if aliases.find(scope, function.id, name) is not None:
        raise conflict(f"Alias already exists: {function_arn(scope, function.id, name)}")
    version = _check_version(found, function_version)
    made = Alias(
        function=function.id,
        name=name,
        version=version,
        description=description,
        revision=call.kernel.ids.uuid(),
        weights=_weights(found, routing_config, version),
    )
    aliases.insert(scope, made)
    return alias_shape(function, made)


@lambda_.operation
def get_alias(call: Call, function_name: str, name: str) -> dict[str, Any]:
    """Return one alias."""
    found = called_whole(call, function_name)
    return alias_shape(found.function, _get(found, name))


@lambda_.operation
def update_alias(
    call: Call,
    function_name: str,
    name: str,
    function_version: str | None = None,
    description: str | None = None,
    routing_config: dict[str, Any] | None = None,
    revision_id: str | None = None,
) -> dict[str, Any]:
    """Have an alias stand for another version, or shift its invocations. What is not named stays."""
    found = called_whole(call, function_name)
    old = _get(found, name)
    check_revision(revision_id, old.revision)
    version = old.version if function_version is None else _check_version(found, function_version)
    weights = (
        check_weights(old.weights, version) if routing_config is None else _weights(found, routing_config, version)
    )
    new = replace(
        old,
        version=version,
        weights=weights,
        description=old.description if description is None else description,
        revision=call.kernel.ids.uuid(),
    )
    aliases.replace(found.scope, old, new)
    follow_alias(found.scope, old, new)
    return alias_shape(found.function, new)


@lambda_.operation
def delete_alias(call: Call, function_name: str, name: str) -> None:
    """Delete an alias with its policy, URL and settings. Nothing happens when there is none."""
    scope, function, _ = called_whole(call, function_name)
    alias = aliases.find(scope, function.id, name)
    if alias is None:
        return
    aliases.delete(scope, alias)
    url = function_urls.find(scope, function.id, name)
    if url is not None:
        url_places.drop(scope, url.id)
    for table in (grants, event_invoke_configs, provisioned, function_urls):
        table.drop(scope, function.id, name)


@lambda_.operation
def list_aliases(
    call: Call,
    function_name: str,
    function_version: str | None = None,
    marker: str | None = None,
    max_items: int | None = None,
) -> dict[str, Any]:
    """List a function's aliases; with a version, those that stand for it."""
    scope, function, _ = called_whole(call, function_name)
    rows = (
        alias
        for alias in aliases.scan(scope, function.id)
        if function_version is None or alias.version == _number(function_version) or function_version in alias.weights
    )
    listing = f"aliases:{function.id}:{function_version}"
    found, more = page(scope, listing, rows, lambda one: one.name, marker, max_items)
    return {"Aliases": [alias_shape(function, one) for one in found], **more}


def _get(found: Found, name: str) -> Alias:
    alias = aliases.find(found.scope, found.function.id, name)
    if alias is None:
        raise not_found(f"Cannot find alias arn: {function_arn(found.scope, found.function.id, name)}")
    return alias


def _number(version: str) -> int:
    if version == "$LATEST.PUBLISHED":
        raise not_built("Versions of capacity providers are not built yet.")
    return version_number(version)


def _check_version(found: Found, version: str) -> int:
    number = _number(version)
    if versions.find(found.scope, found.function.id, number) is None:
        raise no_such_function(function_arn(found.scope, found.function.id, version))
    return number


def _weights(found: Found, routing: dict[str, Any] | None, version: int) -> dict[str, float]:
    weights = check_weights((routing or {}).get("AdditionalVersionWeights") or {}, version)
    for other in weights:
        _check_version(found, other)
    return weights
