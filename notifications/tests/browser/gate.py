"""A company's proxy between browser and server, which lets through what the test says."""

import asyncio
import contextlib
import re

_PATH = re.compile(rb"^[A-Z]+ (\S+) ")
_CONNECTION = re.compile(rb"\r\n[Cc]onnection: [^\r]*")


class Gate:
    """Each TCP connection carries one request, so that its first lines say what it is for."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.blocks: set[str] = set()  # of "websocket", "stream"
        self.refused: list[str] = []
        self._open: dict[asyncio.StreamWriter, str] = {}

    async def __aenter__(self) -> "Gate":
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self.block()
        for writer in list(self._open):
            writer.close()
        self._server.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def block(self, *kinds: str) -> None:
        """From now on; what is open of these kinds is cut."""
        self.blocks = set(kinds)
        for writer, kind in list(self._open.items()):
            if kind in self.blocks:
                writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            kind = _kind(head)
            if kind in self.blocks:
                self.refused.append(kind)
                writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            else:
                await self._through(kind, head, reader, writer)
        writer.close()

    async def _through(
        self, kind: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", self._to)
        to_there.write(head if kind == "websocket" else _CONNECTION.sub(b"\r\nConnection: close", head))
        self._open[writer] = kind
        try:
            await asyncio.wait(
                [asyncio.ensure_future(_pump(reader, to_there)), asyncio.ensure_future(_pump(there, writer))],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            del self._open[writer]
            to_there.close()


def _kind(head: bytes) -> str:
    if b"upgrade: websocket" in head.lower():
        return "websocket"
    found = _PATH.match(head)
    return "stream" if found and b"/stream/" in found[1] else "other"


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
