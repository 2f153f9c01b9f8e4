"""TCP in between: it passes, swallows without a FIN, cuts, or refuses."""

import asyncio
import socket
from collections.abc import Callable
from typing import cast


class Proxy:
    """Listens on loopback and carries to `port`. What it does to a link it does to both directions."""

    def __init__(self, port: int) -> None:
        self.to_port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = int(self._listener.getsockname()[1])
        self.passing, self.refusing = True, False
        self._links: set[_End] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """It works, whatever was done to it."""
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _End(self), sock=self._listener)
        if not self.passing:
            self.work_again()
        self.admit()

    def swallow(self) -> None:
        """From now on bytes vanish, also on new links, and nobody is told."""
        self.passing = False

    def work_again(self) -> None:
        """The links that lost bytes never come back: they stay silent, as half-open ones do. New ones work."""
        for end in self._links:
            end.is_deaf = True
        self.passing = True

    def cut(self) -> None:
        """All links end with a reset."""
        for end in list(self._links):
            end.abort()

    def refuse(self) -> None:
        """Cut, and let nobody in until `admit`."""
        self.refusing = True
        self.cut()

    def admit(self) -> None:
        self.refusing = False

    def close(self) -> None:
        self.cut()
        if self._server:
            self._server.close()

    def joined(self, end: "_End") -> None:
        self._links.add(end)

    def left(self, end: "_End") -> None:
        self._links.discard(end)


class _End(asyncio.Protocol):
    """One side of a link; `other` is the far one."""

    def __init__(self, proxy: Proxy, other: "_End | None" = None) -> None:
        self._proxy, self._other = proxy, other
        self._early: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._dialling: asyncio.Task[None] | None = None
        self.is_deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        if self._proxy.refusing:
            self._transport.abort()
            return
        self._proxy.joined(self)
        if self._other is None:
            self._dialling = asyncio.ensure_future(self._dial())
        elif self._other._transport is None or self._other._transport.is_closing():
            self._transport.abort()

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        far: Callable[[], _End] = lambda: _End(self._proxy, self)  # noqa: E731
        try:
            _, self._other = await loop.create_connection(far, "127.0.0.1", self._proxy.to_port)
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
        if not self._proxy.passing or self.is_deaf or self._other is None or self._other._transport is None:
            return
        self._other._transport.write(data)

    def pause_writing(self) -> None:
        """The reader on this side is slow: so is then the writer on the other."""
        if self._other and self._other._transport and not self._other._transport.is_closing():
            self._other._transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other and self._other._transport and not self._other._transport.is_closing():
            self._other._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self._proxy.left(self)
        silent = not self._proxy.passing or self.is_deaf
        if self._other and self._other._transport and not silent:
            self._other._transport.close()

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()
        if self._other and self._other._transport:
            self._other._transport.abort()
