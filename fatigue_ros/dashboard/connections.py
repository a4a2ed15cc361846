"""The connections to the page's server: bounded in number, and in time for those that say nothing.

Each takes a file handle from the process that watches the driver. Who connects without asking for
anything is hung up on soon; when too many are there the oldest that is no open page goes, so that a
newcomer always finds a place.
"""

import asyncio
from collections.abc import Callable

MOST_CONNECTIONS = 128
"""Far below the 1024 file handles that a process usually has."""


class Connections:
    """Makes a protocol for each new connection, as ``loop.create_server`` asks for.

    Args:
        make: makes what speaks HTTP on a connection.
        patience: [s] for the first request.

    Attributes:
        cut_off: [1] how many had to go.
    """

    def __init__(self, make: Callable[[], asyncio.Protocol], patience: float) -> None:
        self._make, self._patience = make, patience
        self._open: dict[asyncio.Transport, _Door] = {}  # the oldest first
        self.cut_off = 0

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    def __call__(self) -> asyncio.Protocol:
        """What listens to a new connection."""
        return _Door(self, self._make())

    def answered(self, transport: asyncio.Transport | None) -> None:
        """Somebody has asked for something."""
        if transport in self._open:
            self._open[transport].silent = False

    def keep(self, transport: asyncio.Transport) -> None:
        """It is an open page: no newcomer takes its place."""
        if transport in self._open:
            self._open[transport].page = True

    def enter(self, transport: asyncio.Transport, door: "_Door") -> None:
        """Take one in, in the place of another where there are too many."""
        if len(self._open) >= MOST_CONNECTIONS:
            self._cut(next(t for t, other in self._open.items() if not other.page))
        self._open[transport] = door
        asyncio.get_running_loop().call_later(self._patience, self._look_at, transport)

    def leave(self, transport: asyncio.Transport) -> None:
        """It is closed."""
        self._open.pop(transport, None)

    def _look_at(self, transport: asyncio.Transport) -> None:
        if transport in self._open and self._open[transport].silent:
            self._cut(transport)

    def _cut(self, transport: asyncio.Transport) -> None:
        self.cut_off += 1
        self._open.pop(transport, None)
        transport.abort()  # close() would wait for whoever does not read


class _Door(asyncio.Protocol):
    """Hands everything on to what speaks HTTP, and knows when the connection ends."""

    def __init__(self, connections: Connections, inner: asyncio.Protocol) -> None:
        self._connections, self._inner = connections, inner
        self.silent, self.page = True, False
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._inner.connection_made(transport)
        self._connections.enter(transport, self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self._transport)
        self._inner.connection_lost(exc)
