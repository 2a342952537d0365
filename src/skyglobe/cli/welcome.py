"""What a cloud in the foreground says when it is ready."""

from __future__ import annotations

import sys

from skyglobe import __version__
from skyglobe.cli.plain import SHELL_LINE, Painter, home_spelled
from skyglobe.cli.settings import Settings


def welcome(settings: Settings) -> str:
    """Return the start message. Its last line is what test containers wait for."""
    paint = Painter(sys.stdout)
    config = settings.config
    kept = home_spelled(config.folder) if config.folder is not None else "in memory: gone when the cloud goes down"
    lines = [
        "",
        f"  {paint('Skyglobe', 'bold', 'cyan')} {__version__}",
        "",
        f"  Endpoint  {paint(config.endpoint, 'bold')}{_listening(settings)}",
        f"  State     {config.store or kept}",
        f"  Clients   {paint(SHELL_LINE, 'green')} in any shell, or {paint('skyglobe aws s3 ls', 'green')}",
        f"  Stop      {paint('Ctrl+C', 'green')}",
        "",
        "Ready.",
    ]
    return "\n".join(lines)


def _listening(settings: Settings) -> str:
    notes = []
    if settings.hosts != ("127.0.0.1",):
        notes.append(f"listening on {', '.join(settings.hosts)}")
    if settings.tls:
        notes.append("also https")
    return f"  ({'; '.join(notes)})" if notes else ""
