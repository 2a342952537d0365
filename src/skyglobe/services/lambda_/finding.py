"""Finding functions, versions and aliases by whatever calls name them."""

from __future__ import annotations

from typing import NamedTuple

from skyglobe.kernel.arns import make_arn, parse_arn
from skyglobe.kernel.call import Call
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.scope import Scope
from skyglobe.services.lambda_.records import Alias, Function, Version, aliases, functions, versions
from skyglobe.services.lambda_.refusals import invalid, no_such_function, not_found
from skyglobe.services.lambda_.rules.names import (
    LATEST,
    MAX_NAME,
    FunctionName,
    is_version,
    parse_function_name,
    version_number,
)


class Place(NamedTuple):
    """Where a call's function lives, and what it is called."""

    scope: Scope
    name: str
    qualifier: str
    """Empty for none."""

    @property
    def arn(self) -> str:
        return function_arn(self.scope, self.name, self.qualifier)


class Found(NamedTuple):
    """A function, the scope it lives in, and the qualifier it was named with."""

    scope: Scope
    function: Function
    qualifier: str

    @property
    def arn(self) -> str:
        return f"{self.function.arn}:{self.qualifier}" if self.qualifier else self.function.arn


def function_arn(scope: Scope, name: str, qualifier: str = "") -> str:
    """Return the ARN of a function where ``scope`` stands."""
    return make_arn(scope, "lambda", f"function:{name}:{qualifier}" if qualifier else f"function:{name}")


def place_of(call: Call, text: str, qualifier: str | None = None) -> Place:
    """Return what a ``FunctionName`` and a ``Qualifier`` say. Raises InvalidParameterValueException and others."""
    parsed = parse_function_name(text)
    if parsed is None:
        raise invalid(f"Value '{text[:300]}' at 'functionName' is not the name or the ARN of a function.")
    _check_length(call, parsed)
    if parsed.region and parsed.region != call.region:
        raise not_found(f"Functions from '{parsed.region}' are not reachable in this region ('{call.region}')")
    if qualifier and parsed.qualifier and parsed.qualifier != qualifier:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    scope = call if parsed.account in ("", call.account) else call.within(parsed.account)
    return Place(scope, parsed.name, qualifier or parsed.qualifier)


def _check_length(call: Call, parsed: FunctionName) -> None:
    if len(parsed.name) > MAX_NAME:
        raise ServiceError(
            f"1 validation error detected: Value '{parsed.name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_NAME}",
            code="ValidationException",
        )


def called_function(call: Call, text: str, qualifier: str | None = None) -> Found:
    """Return a call's function. Raises ResourceNotFoundException as well."""
    place = place_of(call, text, qualifier)
    function = functions.find(place.scope, place.name)
    if function is None:
        raise no_such_function(place.arn)
    return Found(place.scope, function, place.qualifier)


def called_whole(call: Call, text: str) -> Found:
    """As ``called_function``, for operations on a whole function. Raises InvalidParameterValueException as well."""
    found = called_function(call, text)
    if found.qualifier not in ("", LATEST):
        raise invalid("The function name may not have a qualifier here: use the name or the ARN of the function.")
    return found


def find_alias(found: Found, name: str) -> Alias | None:
    return aliases.find(found.scope, found.function.id, name)


def find_version(found: Found) -> Version | None:
    """Return the version that a qualifier stands for: an alias's first one."""
    scope, function, qualifier = found
    if not qualifier or is_version(qualifier):
        return versions.find(scope, function.id, version_number(qualifier or LATEST))
    alias = aliases.find(scope, function.id, qualifier)
    return versions.find(scope, function.id, alias.version) if alias is not None else None


def get_version(found: Found) -> Version:
    """As ``find_version``. Raises ResourceNotFoundException."""
    version = find_version(found)
    if version is None:
        raise no_such_function(found.arn)
    return version


def latest_of(found: Found) -> Version:
    """Return ``$LATEST``."""
    version = versions.find(found.scope, found.function.id, 0)
    assert version is not None, "every function has a $LATEST"
    return version


def find_by_arn(scope: Scope, arn: str) -> Found | None:
    """Return the function that an ARN names, wherever it is, or None."""
    try:
        place = parse_arn(arn)
    except ValueError:
        return None
    kind, _, rest = place.resource.partition(":")
    if place.service != "lambda" or kind != "function":
        return None
    name, _, qualifier = rest.partition(":")
    there = scope.within(place.account, place.region)
    function = functions.find(there, name)
    return Found(there, function, qualifier) if function is not None else None
