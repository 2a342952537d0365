"""Policies written from what was done."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

import typer

from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.failures import USAGE, Failure
from skyglobe.cli.printing import print_json
from skyglobe.cli.remote import find_cloud

app = typer.Typer(help="Write IAM policies from what was called.", no_args_is_help=True)


@app.callback()
def _group() -> None: ...


@app.command()
def generate(
    from_trace: Annotated[
        bool, typer.Option("--from-trace", metavar=" ", help="From the calls this cloud has answered.")
    ] = False,
    principal: Annotated[
        str | None, typer.Option(metavar="ARN", help="Whose calls; needed when several callers were there.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="An instant, or how long ago: 2h, 2026-12-31T00:00:00Z.")
    ] = None,
    endpoint: Endpoint = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Print the least-privilege policy for what a principal was allowed and did. --json tells of every principal."""
    if not from_trace:
        raise Failure("From what?", "skyglobe policy generate --from-trace", USAGE)
    asked = urlencode({"principal": principal or "", "since": since or ""})
    found = find_cloud(endpoint, port).ask("GET", f"permissions?{asked}")["policies"]
    if json:
        print_json(found)
        return
    if not found:
        raise Failure("Nobody used a permission.", "Make the calls first; `skyglobe trace` shows them.")
    if len(found) > 1:
        callers = "\n".join(f"--principal {one['principal']}  ({one['permissions']} permissions)" for one in found)
        raise Failure("Several callers used permissions. Whose policy?", callers, USAGE)
    print_json(found[0]["document"])
