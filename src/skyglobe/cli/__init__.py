"""The command line. ``skyglobe up`` goes a short way of its own, everything else through typer."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that ``arguments`` (those of the process by default) name, and exit with its status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    from skyglobe.cli.failures import Failure

    try:
        sys.exit(_run(words))
    except Failure as failure:
        from skyglobe.cli.plain import print_failure

        print_failure(failure)
        sys.exit(failure.code)
    except KeyboardInterrupt:
        sys.exit(130)  # as shells tell of SIGINT
    except BrokenPipeError:
        # Whoever read our output (head, less) has had enough; keep the interpreter from flushing into the void.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)  # as shells tell of SIGPIPE


def _run(words: list[str]) -> int:
    if words[:1] == ["up"]:
        from skyglobe.cli.options import read_options

        options = read_options(words[1:])
        if options is not None:
            from skyglobe.cli.up import up

            return up(options)
    from skyglobe.cli.app import run

    return run(words)
