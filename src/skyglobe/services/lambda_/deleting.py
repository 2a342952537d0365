"""Functions and versions that go, and what goes with them."""

from __future__ import annotations

from skyglobe.kernel.scope import Scope
from skyglobe.kernel.timers import cancel_timer
from skyglobe.services.lambda_.execution import retire
from skyglobe.services.lambda_.finding import Found, get_version
from skyglobe.services.lambda_.publishing import drop_version
from skyglobe.services.lambda_.records import (
    Function,
    aliases,
    event_invoke_configs,
    function_urls,
    functions,
    grants,
    provisioned,
    reserved_places,
    url_places,
    versions,
)
from skyglobe.services.lambda_.refusals import conflict, invalid
from skyglobe.services.lambda_.rules.names import is_version


def delete_function_whole(scope: Scope, function: Function) -> None:
    """Delete a function with its versions, aliases, policies, URLs and settings. Its event source mappings stay."""
    name = function.id
    for version in list(versions.scan(scope, name)):
        cancel_timer(scope, "lambda", "settle", f"{function.number}:{version.number}")
        drop_version(scope, version)
    for url in list(function_urls.scan(scope, name)):
        url_places.drop(scope, url.id)
    for table in (aliases, grants, event_invoke_configs, provisioned, function_urls):
        table.clear(scope, name)
    reserved_places.add(scope, "all", -(function.reserved or 0))
    functions.delete(scope, function)
    retire(scope, function.arn)


def delete_one_version(found: Found) -> None:
    """Delete one published version.

    Raises InvalidParameterValueException for an alias, ResourceConflictException for a version that aliases stand for.
    """
    scope, function, qualifier = found
    if not is_version(qualifier):
        raise invalid("Deletion of aliases is not currently supported.")
    version = get_version(found)
    users = [
        alias.name
        for alias in aliases.scan(scope, function.id)
        if alias.version == version.number or qualifier in alias.weights
    ]
    if users:
        raise conflict(f"Unable to delete version because the following aliases reference it: [{', '.join(users)}]")
    drop_version(scope, version)
    for table in (grants, event_invoke_configs, provisioned):
        kept = table.find(scope, function.id, qualifier)
        if kept is not None:
            table.delete(scope, kept)  # type: ignore[arg-type]
    if function.published == version.number:
        from msgspec.structs import replace

        functions.replace(scope, function, replace(function, published=0))
    retire(scope, function.arn, version.label)
