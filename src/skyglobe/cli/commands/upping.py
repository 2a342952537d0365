"""``skyglobe up``, with help: its options come from the same table as the quick way's."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import typer

from skyglobe.cli.options import UP_OPTIONS, Option

_TYPES: dict[str, Any] = {
    "text": str | None,
    "number": int | None,
    "flag": bool,
    "switch": bool | None,
    "list": list[str] | None,
}


def up(**options: Any) -> None:
    """Start a cloud: in the foreground, or in the background with -d.

    Every option is also an environment variable: SKYGLOBE_PORT, SKYGLOBE_FOLDER, SKYGLOBE_STRICT=1, ... LocalStack's
    GATEWAY_LISTEN, PERSISTENCE, SERVICES, DEBUG and DEFAULT_REGION are understood.
    """
    from skyglobe.cli.up import up as start

    raise typer.Exit(start(given_options(options)))


def given_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given: one that was not must not hide its variable."""
    kinds = {option.name: option.kind for option in UP_OPTIONS}
    return {
        name: value
        for name, value in options.items()
        if value is not None and value != () and not (value is False and kinds[name] == "flag")
    }


def _parameter(option: Option) -> inspect.Parameter:
    spellings = [option.spelled]
    if option.kind == "switch":
        spellings = [f"{option.spelled}/--no-{option.name}"]
    if option.short:
        spellings.append(option.short)
    default = typer.Option(
        False if option.kind == "flag" else None, *spellings, help=option.help, metavar=option.metavar or " "
    )
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=_TYPES[option.kind]
    )


up.__signature__ = inspect.Signature([_parameter(option) for option in UP_OPTIONS])  # type: ignore[attr-defined]
up.__annotations__ = {option.name: _TYPES[option.kind] for option in UP_OPTIONS}
