"""TCP in between: it passes, swallows without a FIN, cuts, or refuses. A process of its own, so that no load on the
suite's own can hold up a link between two others.
"""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import cast

import uvloop

from config.running import processes

from .parts import ROOT

OBEYED_S = 30.0


class Proxy:
    """Listens on loopback and carries to `port`. What it does to a link it does to both directions.

    Each method returns when the proxy has done it.
    """

    def __init__(self, port: int) -> None:
        ours, its = socket.socketpair()
        with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener, its:
            self.port = int(listener.getsockname()[1])
            fds = (listener.fileno(), its.fileno())
            words = [sys.executable, "-m", __name__, str(port), *map(str, fds)]
            self._child = processes.spawn(words, cwd=ROOT, pass_fds=fds)
        ours.settimeout(OBEYED_S)
        self._orders = ours

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def work(self) -> None:
        """It passes and admits, whatever was done to it. Links that lost bytes stay silent, as half-open ones do."""
        self._tell("work")

    def swallow(self) -> None:
        """From now on bytes vanish, also on new links, and nobody is told."""
        self._tell("swallow")

    def refuse(self) -> None:
        """All links end with a reset, and nobody is let in until `work`."""
        self._tell("refuse")

    def close(self) -> None:
        self._orders.close()
        self._child.kill()
        self._child.wait()

    def _tell(self, order: str) -> None:
        self._orders.sendall(f"{order}\n".encode())
        if not self._orders.recv(1):
            raise RuntimeError(f"the proxy on port {self.port} has ended")


class _Carrier:
    """What runs in that process."""

    def __init__(self, to_port: int) -> None:
        self.to_port = to_port
        self.passing, self.refusing = True, False
        self._links: set[_End] = set()

    async def serve(self, listener: socket.socket, orders: socket.socket) -> None:
        """Until nobody is there to give orders."""
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: _End(self), sock=listener)
        reader, writer = await asyncio.open_connection(sock=orders)
        while order := await reader.readline():
            getattr(self, order.decode().strip())()
            writer.write(b".")

    def work(self) -> None:
        if not self.passing:
            for end in self._links:
                end.is_deaf = True
        self.passing, self.refusing = True, False

    def swallow(self) -> None:
        self.passing = False

    def refuse(self) -> None:
        self.refusing = True
        for end in list(self._links):
            end.abort()

    def joined(self, end: "_End") -> None:
        self._links.add(end)

    def left(self, end: "_End") -> None:
        self._links.discard(end)


class _End(asyncio.Protocol):
    """One side of a link; `other` is the far one."""

    def __init__(self, carrier: _Carrier, other: "_End | None" = None) -> None:
        self._carrier, self._other = carrier, other
        self._early: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._dialling: asyncio.Task[None] | None = None
        self.is_deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        if self._carrier.refusing:
            self._transport.abort()
            return
        self._carrier.joined(self)
        if self._other is None:
            self._dialling = asyncio.ensure_future(self._dial())
        elif self._other._transport is None or self._other._transport.is_closing():
            self._transport.abort()

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        far: Callable[[], _End] = lambda: _End(self._carrier, self)  # noqa: E731
        try:
            _, self._other = await loop.create_connection(far, "127.0.0.1", self._carrier.to_port)
        except OSError:
            self.abort()
            return
        for data in self._early:
            self._carry(data)
        self._early.clear()

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._early.append(data)
        else:
            self._carry(data)

    def _carry(self, data: bytes) -> None:
        if not self._carrier.passing or self.is_deaf or self._other is None:
            return
        if (far := self._other._transport) and not far.is_closing():
            far.write(data)

    def pause_writing(self) -> None:
        """The reader on this side is slow: so is then the writer on the other."""
        if self._other and self._other._transport and not self._other._transport.is_closing():
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other and self._other._transport and not self._other._transport.is_closing():
            self._other._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._carrier.left(self)
        silent = not self._carrier.passing or self.is_deaf
        if self._other and self._other._transport and not silent:
            self._other._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()
        if self._other and self._other._transport:
            self._other._transport.abort()


def main() -> None:
    to_port, listener, orders = map(int, sys.argv[1:])
    uvloop.run(_Carrier(to_port).serve(socket.socket(fileno=listener), socket.socket(fileno=orders)))


if __name__ == "__main__":
    main()
