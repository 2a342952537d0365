"""The ports of clusters: what is open is made to be what the store says is to be open."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl

from skyglobe.engines.addresses import move_address
from skyglobe.kernel.kernel import Kernel
from skyglobe.kernel.scope import Scope
from skyglobe.services.dax import dax
from skyglobe.services.dax.changing import place_of
from skyglobe.services.dax.connection import Connection
from skyglobe.services.dax.memory import ClusterMemory
from skyglobe.services.dax.records import Cluster, Listener, clusters, listeners

MAX_MOVES = 200
"""Addresses that are tried for one port: other clouds of this machine may have taken some."""
_BACKLOG = 128

_log = logging.getLogger(__name__)


class Server:
    """One open port and the connections to it."""

    def __init__(self, servers: Servers, listener: Listener) -> None:
        self.servers = servers
        self.kernel = servers.kernel
        self.listener = listener
        self.connections: set[Connection] = set()
        self.place = ("", 0)
        self._server: asyncio.Server | None = None

    async def listen(self, place: tuple[str, int], tls: ssl.SSLContext | None) -> None:
        """Open the port. Raises ``OSError``."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), *place, family=socket.AF_INET, backlog=_BACKLOG, ssl=tls
        )
        self.place = place

    def become(self, listener: Listener) -> None:
        """Go on as the node that started anew: connections to the one before are cut."""
        self.listener = listener
        self.cut()

    def cut(self) -> None:
        for connection in list(self.connections):
            connection.cut()

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()


class Servers:
    """All ports of all clusters, and what the clusters hold in memory."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._open: dict[str, Server] = {}
        self._memories: dict[int, ClusterMemory] = {}
        self._reconciling = asyncio.Lock()
        self._tls: tuple[tuple[str, ...], ssl.SSLContext] | None = None
        kernel.when_exchanged.append(self._forget)

    def memory_of(self, cluster: Cluster, region: str) -> ClusterMemory:
        """Return a cluster's memory; an empty one if its nodes lost it."""
        found = self._memories.get(cluster.number)
        if found is None or found.version != cluster.memory:
            found = self._memories[cluster.number] = ClusterMemory(self.kernel, cluster, region)
        return found

    async def reconcile(self) -> None:
        """Close what is not to be open any more, and open what is. Raises ``OSError`` when a port cannot be opened."""
        async with self._reconciling:
            wanted, living = await self.kernel.transact(_wanted)
            for name in [name for name in self._open if name not in wanted]:
                self._open.pop(name).close()
            for number in [number for number in self._memories if number not in living]:
                del self._memories[number]
            for name, listener in wanted.items():
                server = self._open.get(name)
                if server is None:
                    self._open[name] = await self._listen(listener)
                elif server.listener != listener:
                    server.become(listener)

    async def stop(self) -> None:
        """Close all ports; the next start of the cloud opens them again."""
        for server in self._open.values():
            server.close()
        self._open.clear()

    async def _listen(self, listener: Listener) -> Server:
        server = Server(self, listener)
        name, is_tls = listener.name, listener.is_tls
        for _ in range(MAX_MOVES):
            place = await self.kernel.transact(lambda scope: place_of(scope, name, is_tls=is_tls))
            try:
                await server.listen(place, await self._certified(place[0]) if is_tls else None)
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise
                await self.kernel.transact(lambda scope: move_address(scope, name))
            else:
                return server
        raise OSError(errno.EADDRINUSE, f"no address is free for {name}")

    async def _certified(self, address: str) -> ssl.SSLContext:
        """Return a context for all addresses that are known: clients check each node by its cluster's name."""
        from skyglobe.engines.tls import local_context  # few clusters are encrypted

        names = {address, *(server.place[0] for server in self._open.values() if server.listener.is_tls)}
        if self._tls is None or not names <= set(self._tls[0]):
            known = tuple(sorted(names | set(self._tls[0] if self._tls is not None else ())))
            made = await asyncio.to_thread(local_context, self.kernel.folder / "dax-tls", known)
            self._tls = known, made
        return self._tls[1]

    def _forget(self) -> None:
        """The store has other content: nothing that is remembered is of it, and other ports may be to be open."""
        self._memories.clear()
        for server in self._open.values():
            server.cut()
        self.kernel.spawn(self.reconcile())


def _wanted(scope: Scope) -> tuple[dict[str, Listener], set[int]]:
    """Return what is to be open, and the numbers of the clusters there are."""
    wanted = {listener.name: listener for listener in listeners.scan(scope)}
    living = set()
    for listener in wanted.values():
        cluster = clusters.find(scope.within(listener.account, listener.region), listener.cluster)
        if cluster is not None:
            living.add(cluster.number)
    return wanted, living


def servers_of(kernel: Kernel) -> Servers:
    """Return the ports of a cloud."""
    return kernel.companions.of("dax", lambda: Servers(kernel))


@dax.opening
async def open_again(kernel: Kernel) -> None:
    """Open the ports of all clusters there are."""
    await servers_of(kernel).reconcile()
