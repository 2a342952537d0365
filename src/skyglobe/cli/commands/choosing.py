"""The options of every command that speaks to a running cloud."""

from __future__ import annotations

from typing import Annotated

import typer

Endpoint = Annotated[
    str | None,
    typer.Option("--endpoint", metavar="URL", help="The cloud to speak to; also SKYGLOBE_ENDPOINT."),
]
Port = Annotated[int | None, typer.Option("--port", metavar="PORT", help="The cloud on this port of this machine.")]
Json = Annotated[bool, typer.Option("--json", metavar=" ", help="Print JSON, for scripts.")]
