"""Listening sockets: binding them with errors people can act on, accepting, telling TLS from plain HTTP."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable, Iterable

BACKLOG = 1024
"""Connections the kernel holds while the loop is busy; it cuts this down to net.core.somaxconn."""
ACCEPTS_PER_TURN = 64
"""So that a storm of connections does not starve those at work."""
TLS_HANDSHAKE = b"\x16"
"""The first byte of every TLS connection: the record type "handshake" (RFC 8446, 5.1). No HTTP method starts so."""

_SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_ABSENT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class CannotListen(OSError):
    """An address cannot be listened on; the message says why and what to do."""


def bind(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets for every address of ``host``, all on one port; ``port`` 0 takes a free one.

    An address family the machine lacks is left out as long as one remains. Raises ``CannotListen``.
    """
    listeners: list[socket.socket] = []
    absent: OSError | None = None
    for family, address in _addresses(host, port):
        chosen = listeners[0].getsockname()[1] if listeners and port == 0 else port
        try:
            listeners.append(_listener(family, address, chosen))
        except OSError as error:
            if error.errno in _ABSENT:
                absent = error
                continue
            _close_all(listeners)
            raise _explained(error, address, chosen) from error
    if not listeners:
        raise CannotListen(f"{host} is no address of this machine: {absent}")
    return listeners


def _addresses(host: str, port: int) -> list[tuple[int, str]]:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotListen(f"{host!r} is not a known host name or address: {error.strerror}") from error
    return list(dict.fromkeys((int(family), str(address[0])) for family, _, _, _, address in found))


def _listener(family: int, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _explained(error: OSError, address: str, port: int) -> CannotListen:
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    if error.errno == errno.EADDRINUSE:
        return CannotListen(
            f"{where} is taken: another program listens there. "
            f"Stop it (`ss -ltnp 'sport = :{port}'` names it), or choose another port."
        )
    if error.errno == errno.EACCES:
        return CannotListen(f"{where} needs more rights: ports below 1024 are the administrator's. Choose another.")
    return CannotListen(f"cannot listen on {where}: {error.strerror}")


def _close_all(listeners: Iterable[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


class Listener:
    """Accepts connections on one listening socket and passes each on with its address and whether it speaks TLS.

    With ``sniff``, a connection is passed on once its first byte is there: 0x16 means TLS. Until then it costs
    a socket and no more; ``drop_silent`` closes those that never say anything.
    """

    def __init__(
        self,
        listener: socket.socket,
        loop: asyncio.AbstractEventLoop,
        accepted: Callable[[socket.socket, str, bool], None],
        *,
        sniff: bool,
    ) -> None:
        self.address: tuple[str, int] = listener.getsockname()[:2]
        self._listener = listener
        self._loop = loop
        self._accepted = accepted
        self._sniff = sniff
        self._silent: dict[socket.socket, tuple[str, float]] = {}
        self._resting = True
        self.resume()

    def resume(self) -> None:
        """Accept again, after a rest for want of descriptors."""
        if self._resting:
            self._resting = False
            self._loop.add_reader(self._listener, self._accept)

    def close(self) -> None:
        """Stop accepting, and close the connections that have not spoken."""
        if not self._resting:
            self._loop.remove_reader(self._listener)
        self._listener.close()
        self.drop_silent(float("inf"))

    def drop_silent(self, before: float) -> None:
        """Close connections that were accepted before an instant (loop time) and have not sent a byte."""
        for client in [client for client, (_, since) in self._silent.items() if since <= before]:
            del self._silent[client]
            self._loop.remove_reader(client)
            client.close()

    @property
    def silent(self) -> int:
        """How many connections have not sent a byte yet."""
        return len(self._silent)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                client, address = self._listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # gone again while it waited
                continue
            except OSError as error:
                if error.errno not in _SCARCE:
                    raise
                self._resting = True
                self._loop.remove_reader(self._listener)
                return
            self._take(client, str(address[0]))

    def _take(self, client: socket.socket, address: str) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._sniff:
            self._accepted(client, address, False)
            return
        self._silent[client] = address, self._loop.time()
        self._loop.add_reader(client, self._peek, client)

    def _peek(self, client: socket.socket) -> None:
        try:
            first = client.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        self._loop.remove_reader(client)
        address, _ = self._silent.pop(client)
        if first:
            self._accepted(client, address, first == TLS_HANDSHAKE)
        else:
            client.close()
