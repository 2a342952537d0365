"""Ports that are free."""

from __future__ import annotations

import socket

MAX_TRIES = 100


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
        return True


def free_port_after(host: str, port: int) -> int:
    """Return the next free port above ``port``; 0, which lets the system choose, when there is none near."""
    return next((number for number in range(port + 1, min(port + MAX_TRIES, 65_536)) if is_free(host, number)), 0)
