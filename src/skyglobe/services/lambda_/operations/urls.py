"""The configuration of function URLs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from skyglobe.kernel.call import Call
from skyglobe.services.lambda_ import lambda_
from skyglobe.services.lambda_.finding import Found, called_function, called_whole, get_version
from skyglobe.services.lambda_.paging import page
from skyglobe.services.lambda_.records import FunctionUrl, UrlPlace, function_urls, url_places
from skyglobe.services.lambda_.refusals import conflict, invalid, no_such_resource
from skyglobe.services.lambda_.rules.names import is_version
from skyglobe.services.lambda_.rules.urls import url_of

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
METHODS = ("GET", "PUT", "HEAD", "POST", "PATCH", "DELETE", "*")


@lambda_.operation
def create_function_url_config(
    call: Call,
    function_name: str,
    auth_type: str,
    qualifier: str | None = None,
    cors: dict[str, Any] | None = None,
    invoke_mode: str = "BUFFERED",
) -> dict[str, Any]:
    """Give a function or an alias a URL. Raises ResourceConflictException when it has one."""
    found = _found(call, function_name, qualifier)
    get_version(found)
    scope, function, name = found
    if function_urls.find(scope, function.id, name) is not None:
        raise conflict(
            "Failed to create function url config for [functionArn = "
            f"{found.arn}]. Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    made = FunctionUrl(
        function=function.id,
        qualifier=name,
        id="".join(call.kernel.ids.random.choices(_ALPHABET, k=32)),
        auth=auth_type,
        created_at=call.now,
        modified_at=call.now,
        cors=_checked(cors),
        invoke_mode=invoke_mode,
    )
    function_urls.insert(scope, made)
    place = UrlPlace(id=made.id, account=scope.account, region=scope.region, function=function.id, qualifier=name)
    url_places.insert(scope, place)
    shown = _shape(found, made)
    del shown["LastModifiedTime"]
    return shown


@lambda_.operation
def get_function_url_config(call: Call, function_name: str, qualifier: str | None = None) -> dict[str, Any]:
    """Return the URL of a function or an alias."""
    found = _found(call, function_name, qualifier)
    return _shape(found, _get(found))


@lambda_.operation
def update_function_url_config(
    call: Call,
    function_name: str,
    qualifier: str | None = None,
    auth_type: str | None = None,
    cors: dict[str, Any] | None = None,
    invoke_mode: str | None = None,
) -> dict[str, Any]:
    """Change what is named of a URL's configuration; the URL stays."""
    found = _found(call, function_name, qualifier)
    old = _get(found)
    new = replace(
        old,
        auth=auth_type or old.auth,
        cors=old.cors if cors is None else _checked(cors),
        invoke_mode=invoke_mode or old.invoke_mode,
        modified_at=call.now,
    )
    function_urls.replace(found.scope, old, new)
    return _shape(found, new)


@lambda_.operation
def delete_function_url_config(call: Call, function_name: str, qualifier: str | None = None) -> None:
    """Take a URL away for good: a later one is another."""
    found = _found(call, function_name, qualifier)
    kept = _get(found)
    function_urls.delete(found.scope, kept)
    url_places.drop(found.scope, kept.id)


@lambda_.operation
def list_function_url_configs(
    call: Call, function_name: str, marker: str | None = None, max_items: int | None = None
) -> dict[str, Any]:
    """List the URLs of a function and its aliases."""
    found = called_whole(call, function_name)
    rows = function_urls.scan(found.scope, found.function.id)
    kept, more = page(call, f"urls:{found.function.id}", rows, lambda one: one.qualifier, marker, max_items)
    shown = [_shape(found._replace(qualifier=one.qualifier), one) for one in kept]
    return {"FunctionUrlConfigs": shown, **more}


def _found(call: Call, function_name: str, qualifier: str | None) -> Found:
    found = called_function(call, function_name, qualifier)
    if found.qualifier and is_version(found.qualifier):
        raise invalid("Function URLs are only for $LATEST, without a qualifier, and for aliases.")
    return found


def _get(found: Found) -> FunctionUrl:
    kept = function_urls.find(found.scope, found.function.id, found.qualifier)
    if kept is None:
        raise no_such_resource()
    return kept


def _checked(cors: dict[str, Any] | None) -> dict[str, Any] | None:
    for method in (cors or {}).get("AllowMethods") or ():
        if method not in METHODS:
            raise invalid(f"{method} is not a method that AllowMethods takes: use {', '.join(METHODS)}.")
    return cors or None


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _shape(found: Found, kept: FunctionUrl) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "FunctionUrl": url_of(found.scope.kernel.config.endpoint, kept.id, found.scope.region),
        "FunctionArn": found.arn,
        "AuthType": kept.auth,
        "CreationTime": _time(kept.created_at),
        "LastModifiedTime": _time(kept.modified_at),
        "InvokeMode": kept.invoke_mode,
    }
    return {**shown, "Cors": kept.cors} if kept.cors else shown
