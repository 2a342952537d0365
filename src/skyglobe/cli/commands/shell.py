"""What a shell needs to reach the cloud."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.printing import print_json
from skyglobe.cli.remote import find_cloud
from skyglobe.kernel.config import DEFAULT_REGION

Shell = Literal["sh", "fish", "powershell"]


def env(
    endpoint: Endpoint = None,
    port: Port = None,
    shell: Annotated[Shell | None, typer.Option(help="Whose syntax; found out without.")] = None,
    json: Json = False,
) -> None:
    """Print what points a shell's AWS clients here: [green]eval "$(skyglobe env)"[/].

    In fish: [green]skyglobe env | source[/].
    """
    variables = client_variables(find_cloud(endpoint, port).endpoint, os.environ)
    if json:
        print_json(variables)
        return
    chosen = shell or parent_shell(os.environ)
    for line in (*exports(variables, chosen), *(wrapper(chosen) if shutil.which("aws") else ())):
        print(line)


def client_variables(endpoint: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables AWS clients need: the endpoint, and region and credentials where ``environ`` has none.

    A profile or real credentials are left alone: the cloud takes any.
    """
    variables = {"AWS_ENDPOINT_URL": endpoint, "SKYGLOBE_ENDPOINT": endpoint}
    if not environ.get("AWS_REGION") and not environ.get("AWS_DEFAULT_REGION"):
        # The CLI and boto3 read the one, most other SDKs the other.
        variables |= {"AWS_REGION": DEFAULT_REGION, "AWS_DEFAULT_REGION": DEFAULT_REGION}
    if not environ.get("AWS_ACCESS_KEY_ID") and not environ.get("AWS_PROFILE"):
        variables |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    return variables


def exports(variables: Mapping[str, str], shell: Shell) -> list[str]:
    """Return the lines that set ``variables`` in a shell."""
    if shell == "fish":
        return [f"set -gx {name} {_fish_quoted(value)};" for name, value in variables.items()]
    if shell == "powershell":
        return ["$Env:{} = '{}'".format(name, value.replace("'", "''")) for name, value in variables.items()]
    return [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]


def wrapper(shell: Shell) -> list[str]:
    """Return a function that hands the endpoint to the AWS CLI as an option.

    Version 1 takes no notice of AWS_ENDPOINT_URL for SQS, RDS, EMR and Health, and would go to AWS itself.
    """
    if shell == "fish":
        return ["function aws; command aws --endpoint-url $AWS_ENDPOINT_URL $argv; end;"]
    return ['aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'] if shell == "sh" else []


def parent_shell(environ: Mapping[str, str]) -> Shell:
    """Guess which shell asks: the process that started this one, else ``$SHELL``."""
    try:
        name = Path(f"/proc/{os.getppid()}/comm").read_text().strip()
    except OSError:  # no Linux
        name = ""
    known = {"fish": "fish", "pwsh": "powershell", "powershell": "powershell"}
    if name in known or name in ("sh", "bash", "zsh", "dash", "ksh"):
        return known.get(name, "sh")  # type: ignore[return-value]
    return "fish" if environ.get("SHELL", "").endswith("/fish") else "sh"


def _fish_quoted(value: str) -> str:
    return "'{}'".format(value.replace("\\", "\\\\").replace("'", "\\'"))
