"""The expressions of one request, and the names and values they share."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from skyglobe.kernel.errors import ServiceError
from skyglobe.services.dynamodb.expressions.binding import Binding, Check, Steps, Values
from skyglobe.services.dynamodb.expressions.conditions import Test, compile_condition
from skyglobe.services.dynamodb.expressions.keys import BadKeyCondition, KeyCondition, compile_key_condition
from skyglobe.services.dynamodb.expressions.parsing import KEPT, parse_condition, parse_projection, parse_update
from skyglobe.services.dynamodb.expressions.projections import Projection, compile_projection
from skyglobe.services.dynamodb.expressions.tokens import ExpressionError
from skyglobe.services.dynamodb.expressions.updates import CompiledUpdate, compile_update
from skyglobe.services.dynamodb.refusals import invalid
from skyglobe.services.dynamodb.rules.values import measure, text_bytes

MAX_SUBSTITUTES_BYTES = 2 * 1024 * 1024  # of all names and values; DynamoDB quotas, "Expression parameters"
_NAME_KEY = re.compile(r"#[A-Za-z0-9_]+").fullmatch
_VALUE_KEY = re.compile(r":[A-Za-z0-9_]+").fullmatch

Names = tuple[tuple[str, str], ...]


class Compiled(NamedTuple):
    """An expression made ready, for whatever values."""

    result: Any
    used_names: frozenset[str]
    used_values: tuple[str, ...]
    checks: tuple[Check, ...]
    attributes: frozenset[str]


_LANGUAGES: dict[str, tuple[Callable[[str], Any], Callable[[Any, Binding], Any]]] = {
    "ConditionExpression": (parse_condition, compile_condition),
    "FilterExpression": (parse_condition, compile_condition),
    "KeyConditionExpression": (parse_condition, compile_key_condition),
    "ProjectionExpression": (parse_projection, compile_projection),
    "UpdateExpression": (parse_update, compile_update),
}


@lru_cache(maxsize=KEPT)
def compile_expression(parameter: str, text: str, names: Names) -> Compiled:
    """Return the expression given as ``parameter``, compiled. Raises ExpressionError and BadKeyCondition."""
    parse, compile_ = _LANGUAGES[parameter]
    binding = Binding(dict(names))
    result = compile_(parse(text), binding)
    return Compiled(
        result,
        frozenset(binding.used_names),
        tuple(binding.used_values),
        tuple(binding.checks),
        frozenset(binding.attributes),
    )


class Parameters:
    """Compiles a request's expressions, and in the end refuses names and values that none of them used."""

    def __init__(self, request: dict[str, Any], parameters: tuple[str, ...]) -> None:
        self._request = request
        self._used_names: set[str] = set()
        self._used_values: set[str] = set()
        self.attributes: dict[str, frozenset[str]] = {}
        """The top-level attributes each expression speaks of."""
        names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        if (names is not None or values is not None) and not any(request.get(name) is not None for name in parameters):
            raise _no_expression(
                "ExpressionAttributeNames" if names is not None else "ExpressionAttributeValues", parameters
            )
        size = 0
        self.names: Names = ()
        if names is not None:
            self.names = tuple(names.items())
            size += _check_names(names)
        self.values: Values = values if values is not None else {}
        if values is not None:
            if not any(name != "ProjectionExpression" and request.get(name) is not None for name in parameters):
                raise _no_expression(
                    "ExpressionAttributeValues", tuple(name for name in parameters if name != "ProjectionExpression")
                )
            size += _check_values(values)
        if size > MAX_SUBSTITUTES_BYTES:
            raise invalid("The total size of expression attribute names and values exceeds 2 MB")

    def condition(self, parameter: str = "ConditionExpression") -> Test | None:
        """Return a condition or filter; None when the request has none. Raises ValidationException."""
        return self._compiled(parameter)  # type: ignore[no-any-return]

    def key_conditions(self) -> tuple[KeyCondition, ...] | None:
        return self._compiled("KeyConditionExpression")  # type: ignore[no-any-return]

    def projection(self) -> tuple[Projection, tuple[Steps, ...]] | None:
        return self._compiled("ProjectionExpression")  # type: ignore[no-any-return]

    def update(self) -> CompiledUpdate | None:
        return self._compiled("UpdateExpression")  # type: ignore[no-any-return]

    def _compiled(self, parameter: str) -> Any:
        text = self._request.get(parameter)
        if text is None:
            return None
        values = self.values
        try:
            compiled = compile_expression(parameter, text, self.names)
            for name in compiled.used_values:
                if name not in values:
                    raise ExpressionError(
                        f"An expression attribute value used in expression is not defined; attribute value: {name}"
                    )
            for check in compiled.checks:
                check(values)
        except ExpressionError as error:
            raise error.refusal(parameter) from error
        except BadKeyCondition as broken:
            raise invalid(str(broken)) from broken
        self._used_names |= compiled.used_names
        self._used_values.update(compiled.used_values)
        self.attributes[parameter] = compiled.attributes
        return compiled.result

    def finish(self) -> None:
        """Refuse what is left over. Raises ValidationException."""
        if len(self._used_names) < len(self.names):
            unused = [name for name, _ in self.names if name not in self._used_names]
            raise invalid(
                f"Value provided in ExpressionAttributeNames unused in expressions: keys: {{{', '.join(unused)}}}"
            )
        if len(self._used_values) < len(self.values):
            unused = [name for name in self.values if name not in self._used_values]
            raise invalid(
                f"Value provided in ExpressionAttributeValues unused in expressions: keys: {{{', '.join(unused)}}}"
            )


def _no_expression(given: str, parameters: tuple[str, ...]) -> ServiceError:
    if len(parameters) > 1 and given == "ExpressionAttributeNames":
        return invalid(f"{given} can only be specified when using expressions")
    which = " and ".join(parameters)
    verb = "is" if len(parameters) == 1 else "are"
    return invalid(f"{given} can only be specified when using expressions: {which} {verb} null")


def _check_names(names: dict[str, str]) -> int:
    if not names:
        raise invalid("ExpressionAttributeNames must not be empty")
    size = 0
    for key, name in names.items():
        if not _NAME_KEY(key):
            raise invalid(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"')
        size += len(key) + text_bytes(name)
    return size


def _check_values(values: Values) -> int:
    if not values:
        raise invalid("ExpressionAttributeValues must not be empty")
    size = 0
    for key, value in values.items():
        if not _VALUE_KEY(key):
            raise invalid(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"')
        try:
            size += len(key) + measure(value)
        except ServiceError as error:
            raise invalid(f"ExpressionAttributeValues contains invalid value: {error.message} for key {key}") from error
    return size
