"""What a target is given of an event: all of it, a part, a constant, or a template that is filled.

User guide, "Amazon EventBridge input transformation".
"""

from __future__ import annotations

import json
import re
from typing import Any

from skyglobe.services.events.rules.paths import ABSENT, BadPath, follow, parse_path

_VARIABLE = re.compile(r"<([A-Za-z0-9_.-]+)>")
RESERVED = frozenset(
    {
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event.ingestion-time",
        "aws.events.event",
        "aws.events.event.json",
    }
)
"""Variables that need no path, and that nobody may define."""


class BadInput(ValueError):
    """What a target asks for cannot be made of any event; the message is AWS's."""


def check_input(target: dict[str, Any]) -> None:
    """Raise BadInput for a target whose input EventBridge does not take."""
    identity = target["Id"]
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name) not in (None, "")]
    if len(given) > 1:
        raise BadInput(f"Only one of Input, InputPath, or InputTransformer must be provided for target {identity}.")
    if "Input" in given:
        _check_json(target["Input"], identity)
    elif "InputPath" in given:
        _check_path(target["InputPath"], identity)
    elif "InputTransformer" in given:
        _check_transformer(target["InputTransformer"], identity)


def _check_json(text: str, identity: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"JSON syntax error in input for target {identity}.") from error


def _check_path(path: str, identity: str) -> None:
    try:
        parse_path(path)
    except BadPath as error:
        raise BadInput(f"Invalid InputPath for target {identity}.") from error


def _check_transformer(transformer: dict[str, Any], identity: str) -> None:
    paths = transformer.get("InputPathsMap") or {}
    for name, path in paths.items():
        if name.startswith(("AWS.", "aws.")) or not _VARIABLE.fullmatch(f"<{name}>"):
            raise BadInput(f"InputPathsMap for target {identity} contains invalid variable name {name}.")
        _check_path(path, identity)
    for name in _VARIABLE.findall(transformer["InputTemplate"]):
        if name not in paths and name not in RESERVED:
            raise BadInput(f"InputTemplate for target {identity} contains invalid placeholder {name}.")


def input_of(
    target: dict[str, Any], event: dict[str, Any], text: str, rule_arn: str, rule_name: str, ingested_at: str
) -> str:
    """Return what a target is given of an event; ``text`` is the event as it came."""
    if target.get("Input") not in (None, ""):
        return str(target["Input"])
    if target.get("InputPath") not in (None, ""):
        return _plain(follow(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if not transformer:
        return text
    values: dict[str, Any] = {
        name: follow(path, event) for name, path in (transformer.get("InputPathsMap") or {}).items()
    }
    values["aws.events.rule-arn"] = rule_arn
    values["aws.events.rule-name"] = rule_name
    values["aws.events.event.ingestion-time"] = ingested_at
    values["aws.events.event"] = {name: value for name, value in event.items() if name != "detail"}
    values["aws.events.event.json"] = event
    return fill(transformer["InputTemplate"], values)


def fill(template: str, values: dict[str, Any]) -> str:
    """Return a template with its variables in place.

    Outside of quotes a variable is JSON: text gets quotes of its own. Within quotes it is text; what is no text is
    shown as JSON, with its quotes escaped so that the whole stays what it was.
    """
    pieces: list[str] = []
    is_quoted = False
    end = 0
    for found in _VARIABLE.finditer(template):
        if found[1] not in values:
            continue
        between = template[end : found.start()]
        pieces.append(between)
        is_quoted ^= _quotes(between) % 2 == 1
        value = values[found[1]]
        pieces.append(_escaped(value) if is_quoted else _plain(value))
        end = found.end()
    pieces.append(template[end:])
    return "".join(pieces)


def _quotes(text: str) -> int:
    """Return how many quotes of a text are not escaped."""
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', text))


def _plain(value: Any) -> str:
    if value is ABSENT:
        return "null"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _escaped(value: Any) -> str:
    if value is ABSENT:
        return ""
    text = value if isinstance(value, str) else _plain(value)
    return json.dumps(text, ensure_ascii=False)[1:-1]
