"""Snapshots: putting the cloud on a shelf."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.failures import Failure
from skyglobe.cli.plain import home_spelled
from skyglobe.cli.ports import free_port_after
from skyglobe.cli.printing import listing, print_json, say, show, spoken_bytes, spoken_instant, working
from skyglobe.cli.remote import Cloud, find_cloud, segment
from skyglobe.cli.runtime import home

app = typer.Typer(help="Save the cloud's state, go back to it, start others from it.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME")]


@app.command()
def save(
    name: Name,
    replace: Annotated[bool, typer.Option("--replace", metavar=" ", help="Overwrite one of the same name.")] = False,
    endpoint: Endpoint = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Save the cloud's state. Requests are served meanwhile."""
    with working(f"Saving {name} …"):
        saved = find_cloud(endpoint, port).ask("POST", "snapshots", {"name": name, "replace": replace})
    _tell(f"Saved [bold]{name}[/]: {_size(saved)}.", saved, json)


@app.command()
def load(name: Name, endpoint: Endpoint = None, port: Port = None, json: Json = False) -> None:
    """Go back to a saved state, the clock included. What there is now is gone."""
    with working(f"Loading {name} …"):
        loaded = find_cloud(endpoint, port).ask("POST", f"snapshots/{segment(name)}/load")
    shown = spoken_instant(datetime.fromtimestamp(loaded["cloud_time_ms"] / 1000, UTC))
    _tell(f"Loaded [bold]{name}[/]: {_size(loaded)}; the clock shows {shown}.", loaded, json)


@app.command("list")
def list_(endpoint: Endpoint = None, port: Port = None, json: Json = False) -> None:
    """List the snapshots, oldest first."""
    told = find_cloud(endpoint, port).ask("GET", "snapshots")
    if json:
        print_json(told)
        return
    if not told["snapshots"]:
        say("There are no snapshots. Make one: [green]skyglobe snapshot save NAME[/]")
        return
    table = listing("Name", "Saved", "Records", "Blobs", "Size", right=("Records", "Blobs", "Size"))
    for snapshot in told["snapshots"]:
        table.add_row(
            f"[bold]{snapshot['name']}[/]",
            spoken_instant(snapshot["created_at"]),
            f"{snapshot['records']:,}",
            f"{snapshot['blobs']:,}",
            spoken_bytes(snapshot["bytes"]),
        )
    show(table)


@app.command()
def delete(name: Name, endpoint: Endpoint = None, port: Port = None) -> None:
    """Delete a snapshot."""
    find_cloud(endpoint, port).ask("DELETE", f"snapshots/{segment(name)}")
    say(f"Deleted [bold]{name}[/].")


@app.command()
def fork(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="The present state without.")] = None,
    port: Annotated[int | None, typer.Option("--port", metavar="PORT", help="The second cloud's port.")] = None,
    folder: Annotated[Path | None, typer.Option(metavar="FOLDER", help="The second cloud's folder.")] = None,
    endpoint: Endpoint = None,
    json: Json = False,
) -> None:
    """Start a second cloud in the background, in the state of a snapshot or of the present."""
    from skyglobe.cli.background import spawn
    from skyglobe.cli.settings import settings_from

    cloud = find_cloud(endpoint, None)
    own_port = cloud.running.port if cloud.running is not None else 4566
    chosen = port or free_port_after("127.0.0.1", own_port)
    target = (folder or home(os.environ) / "forks" / f"{name or 'present'}-{chosen}").expanduser().absolute()
    options: dict[str, Any] = {"port": str(chosen), "folder": str(target)}
    settings = settings_from(options, {}, target)
    with working("Forking …"):
        cloud.ask("POST", "forks", {"folder": str(target), **({"snapshot": name} if name else {})})
        try:
            pid, _ = spawn(settings, options)
        except Failure:
            shutil.rmtree(target, ignore_errors=True)
            raise
    told = {"pid": pid, "endpoint": settings.config.endpoint, "folder": str(target)}
    text = (
        f"A second cloud is up at [bold]{told['endpoint']}[/] (process {pid}).\n"
        f"  State    {home_spelled(target)}\n"
        f'  Clients  [green]eval "$(skyglobe env --port {chosen})"[/]\n'
        f"  Stop     [green]skyglobe down --port {chosen}[/]"
    )
    _tell(text, told, json)


@app.command()
def export(
    name: Name,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="NAME.tar without.")] = None,
    endpoint: Endpoint = None,
    port: Port = None,
) -> None:
    """Write a snapshot to one tar file."""
    target = file or Path(f"{name}.tar")
    cloud = find_cloud(endpoint, port)
    with working(f"Exporting {name} …"):
        _download(cloud, f"snapshots/{segment(name)}/export", target)
    say(f"Exported [bold]{name}[/] to {target}: {spoken_bytes(target.stat().st_size)}.")


def _download(cloud: Cloud, path: str, target: Path) -> None:
    partial = target.with_name(f".{target.name}.part")
    try:
        with cloud.open("GET", path) as response, partial.open("wb") as output:
            shutil.copyfileobj(response, output)
        partial.replace(target)
    except OSError as error:
        raise Failure(f"{target} cannot be written: {error.strerror}.") from None
    finally:
        partial.unlink(missing_ok=True)


def _tell(text: str, content: Any, json: bool) -> None:
    if json:
        print_json(content)
    else:
        say(text)


def _size(snapshot: dict[str, Any]) -> str:
    blobs = f" and {snapshot['blobs']:,} blobs" if snapshot["blobs"] else ""
    return f"{snapshot['records']:,} records{blobs}, {spoken_bytes(snapshot['bytes'])}"
