"""The full command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from skyglobe.cli.commands import aws, clock, coverage, explain, policy, running, shell, snapshots, trace
from skyglobe.cli.commands.upping import up

app = typer.Typer(
    name="skyglobe",
    help="A whole AWS cloud in one Python program.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 1 it failed, 2 misspelled, 3 no cloud is running, 4 port or folder in use.",
)

app.command(rich_help_panel="The cloud")(up)
app.command(rich_help_panel="The cloud")(running.down)
app.command(rich_help_panel="The cloud")(running.status)
app.command(rich_help_panel="The cloud")(running.reset)
app.command(rich_help_panel="Its time and state")(clock.turn)
app.add_typer(snapshots.app, name="snapshot", rich_help_panel="Its time and state")
app.command(rich_help_panel="Its clients")(shell.env)
app.command(
    rich_help_panel="Its clients",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)(aws.aws)
app.command(rich_help_panel="Its clients")(trace.trace)
app.command(rich_help_panel="Its clients")(explain.explain)
app.add_typer(policy.app, name="policy", rich_help_panel="Its clients")
app.command(rich_help_panel="Its clients")(coverage.coverage)


def _print_version(asked: bool) -> None:
    if asked:
        from skyglobe import __version__

        print(f"skyglobe {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def run(words: Sequence[str]) -> int:
    """Run the command ``words`` name; return its exit status. Raises ``Failure``."""
    try:
        app(list(words), prog_name="skyglobe")
    except SystemExit as over:
        return over.code if isinstance(over.code, int) else 0
    return 0
