"""Why a request was allowed or denied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from skyglobe.cli.commands.choosing import Endpoint, Json, Port
from skyglobe.cli.failures import Failure
from skyglobe.cli.printing import console, print_json, say, spoken_instant
from skyglobe.cli.remote import find_cloud, segment

_LAYERS = {
    "rcp": "Resource control policies",
    "scp": "Service control policies",
    "endpoint": "VPC endpoint policy",
    "trust": "Trust policy of the role",
    "resource": "Policy of the resource",
    "identity": "Identity-based policies",
    "boundary": "Permissions boundary",
    "session": "Session policies",
}
_COLOURS = {"denies": "red", "allows": "green", "allows nothing": "yellow", "none": "dim"}
_MARKS = {"denies": "[red]✗[/]", "allows": "[green]✓[/]", "does not apply": "[dim]·[/]"}
_NAMELESS = ("resource", "trust")
"""Kinds of policies that are known by what they belong to."""
_OUTCOMES = {"allowed": "[green]Allowed[/]", "denied": "[red]Denied[/]", "undecided": "[yellow]Not decided[/]"}


def explain(
    request_id: Annotated[
        str | None,
        typer.Argument(metavar="[REQUEST-ID]", help="As x-amzn-requestid or `skyglobe trace` tells it."),
    ] = None,
    endpoint: Endpoint = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Tell why a request was allowed or denied; without an id, the last one that was denied."""
    cloud = find_cloud(endpoint, port)
    if request_id:
        explained = cloud.ask("GET", f"explain/{segment(request_id)}")
    else:
        explained = cloud.ask("GET", "explain")["explanation"]
        if explained is None:
            raise Failure("No request has been denied by policies since this cloud was started.")
    if json:
        print_json(explained)
        return
    for line in lines_of(explained):
        _print(line)


def _print(line: str) -> None:
    """Print a line; on a terminal what is too long goes on below, as far in as it began."""
    if not console.is_terminal:
        say(line)
        return
    text = line.lstrip(" ")
    console.print(Padding(text, (0, 0, 0, len(line) - len(text))) if text else "")


def lines_of(explained: dict[str, Any]) -> Iterator[str]:
    """Yield an explanation line by line, with rich's markup."""
    request = explained["request"]
    status = f"{request['status']} {request['error']}".strip()
    yield f"{_OUTCOMES[explained['outcome']]}  [bold]{request['service']}.{request['operation']}[/]  {status}"
    when = spoken_instant(request["at"])
    yield f"[dim]{escape(request['caller'])}, {request['region']}, {when}, request {request['request_id']}[/]"
    if not explained["permissions"]:
        yield ""
        yield "No policy was asked: it was answered before that, or needs no permission."
    for permission in explained["permissions"]:
        yield ""
        yield from _permission(permission)


def _permission(permission: dict[str, Any]) -> Iterator[str]:
    colour = "green" if permission["outcome"] == "allowed" else "red"
    yield f"[bold {colour}]{permission['action']}[/] on [bold]{escape(permission['resource'])}[/]"
    yield f"{escape(permission['reason'])}"
    if permission["layers"]:
        yield ""
    for layer in permission["layers"]:
        yield from _layer(layer)
    for number, remedy in enumerate(permission["remedies"], 1):
        if number == 1:
            yield ""
            yield "[bold]What would have allowed it[/]"
        yield f"  {number}. {escape(remedy)}"


def _layer(layer: dict[str, Any]) -> Iterator[str]:
    verdict = layer["verdict"]
    name = _LAYERS[layer["layer"]] + (f" of {layer['place']}" if layer["place"] else "")
    mark = "[bold]◀ decided here[/]" if layer["decided"] else ""
    dim = ("[dim]", "[/]") if verdict == "none" else ("", "")
    yield f"  {dim[0]}{name:<28}{dim[1]} [{_COLOURS[verdict]}]{verdict}[/] {mark}".rstrip()
    for policy in layer["policies"]:
        yield from _policy(policy)


def _policy(policy: dict[str, Any]) -> Iterator[str]:
    where = policy["arn"] or (f"{policy['kind']}, {policy['of']}" if policy["kind"] not in _NAMELESS else policy["of"])
    yield f"      [bold]{escape(policy['name'])}[/] [dim]{escape(where)}[/]"
    if policy["unreadable"]:
        yield f"        [red]✗[/] It cannot be read, and so denies everything: {escape(policy['unreadable'])}"
        return
    silent = 0
    for statement in policy["statements"]:
        if any(misfit["element"] == "Action" for misfit in statement["misfits"]):
            silent += 1
        else:
            yield from _statement(statement)
    if silent:
        yield f"        [dim]· {silent} statement{'s' if silent > 1 else ''} of other actions[/]"


def _statement(statement: dict[str, Any]) -> Iterator[str]:
    sid = f" {escape(statement['sid'])}" if statement["sid"] else ""
    head = f"        {_MARKS[statement['verdict']]} {statement['number']}.{sid} {statement['effect']}"
    if not statement["misfits"]:
        yield f"{head}: [{_COLOURS[statement['verdict']]}]{statement['verdict']}[/]"
    for one in statement["met"]:
        yield f"          [dim]for {_met(one)}[/]"
    for misfit in statement["misfits"]:
        yield f"{head}: {_misfit(misfit)}"


def _met(condition: dict[str, Any]) -> str:
    expected = escape(", ".join(condition["expected"]))
    return f"{escape(condition['key'])} was {_actual(condition)}: {condition['operator']} {expected}"


def _actual(condition: dict[str, Any]) -> str:
    return "absent" if condition["actual"] is None else escape(", ".join(condition["actual"]) or "empty")


def _misfit(misfit: dict[str, Any]) -> str:
    expected = escape(", ".join(misfit["expected"]))
    if misfit["element"] != "Condition":
        return f"[yellow]{misfit['operator']}[/] is {expected}"
    return f"[yellow]{escape(misfit['key'])}[/] was [yellow]{_actual(misfit)}[/], not {misfit['operator']} {expected}"
