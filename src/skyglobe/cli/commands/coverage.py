"""How much of AWS is built."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skyglobe.cli.commands.choosing import Json
from skyglobe.cli.failures import USAGE, Failure
from skyglobe.cli.printing import listing, print_json, say, show


def coverage(
    service: Annotated[
        str | None, typer.Argument(metavar="[SERVICE]", help="One service, operation by operation.")
    ] = None,
    json: Json = False,
) -> None:
    """Count what is built against AWS's own models. Needs no running cloud."""
    from skyglobe.admin.coverage import count_coverage
    from skyglobe.kernel.service import Services

    try:
        counted = count_coverage(Services(), [service] if service is not None else None)
    except KeyError:
        raise Failure(f"AWS has no service {service!r}.", "Names are those of `aws help` and boto3.", USAGE) from None
    if json:
        print_json(counted)
    elif service is not None:
        _show_one(counted.services[0])
    else:
        _show_all(counted)


def _show_all(counted: Any) -> None:
    table = listing("Service", "", "Operations", "", "Members", "", right=("Operations", "Members"))
    for one in counted.services:
        table.add_row(f"[bold]{one.service}[/]", f"[dim]{one.full_name}[/]", *_cells(one))
    table.add_section()
    table.add_row("[bold]all[/]", f"[dim]{len(counted.services)} services built[/]", *_cells(counted))
    show(table)


def _cells(one: Any) -> tuple[str, str, str, str]:
    return (
        f"{one.operations:,}/{one.operations_total:,}",
        _share(one.operations, one.operations_total),
        f"{one.members:,}/{one.members_total:,}",
        _share(one.members, one.members_total),
    )


def _share(part: int, whole: int) -> str:
    share = part / whole if whole else 1.0
    colour = "green" if share >= 0.9 else "yellow" if share >= 0.5 else "red"
    return f"[{colour}]{int(share * 100):3d} %[/]"


def _show_one(one: Any) -> None:
    say(f"[bold]{one.service}[/]  {one.full_name}")
    say(f"{one.operations} of {one.operations_total} operations, {one.members} of {one.members_total} members\n")
    table = listing("", "Operation", "Members", "Without effect", right=("Members",))
    for operation in one.built:
        members = f"{operation.members}/{operation.members_total}"
        table.add_row("[green]✓[/]", operation.name, members, f"[yellow]{', '.join(operation.ignored)}[/]")
    for name in one.missing:
        table.add_row("[red]·[/]", f"[dim]{name}[/]", "", "")
    show(table)
