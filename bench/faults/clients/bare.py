"""Sockets that are not honest clients: one that never reads, and one that sends what a test tells it to."""

import asyncio
import base64
import json
import os
import socket
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 30.0


async def open_deaf(port: int, token: str, last_seq: int) -> socket.socket:
    """A WebSocket that is signed in and never read from; its kernel takes next to nothing for it."""
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(one, ("127.0.0.1", port))
    key = base64.b64encode(os.urandom(16)).decode()
    path = f"/ws/notifications/?token={token}&last_seq={last_seq}"
    head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    await loop.sock_sendall(one, f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    return one


class Bare:
    """Hears and says what it is told; acknowledges nothing by itself."""

    def __init__(self, address: str, token: str, last_seq: int = 0) -> None:
        self._url = f"ws://{address}/ws/notifications/?token={token}&last_seq={last_seq}"
        self.heard: list[dict[str, Any]] = []
        self.code: int | None = None

    async def __aenter__(self) -> "Bare":
        self._socket: ClientConnection = await connect(
            self._url, compression=None, ping_interval=None, proxy=None, close_timeout=0.5
        )
        self._listening = asyncio.ensure_future(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._socket.close()
        await self._listening

    async def _listen(self) -> None:
        try:
            while True:
                self.heard.append(json.loads(await self._socket.recv()))
        except ConnectionClosed as closed:
            self.code = closed.rcvd.code if closed.rcvd else 1006

    async def say(self, event: str, **data: Any) -> None:
        await self._socket.send(json.dumps({"event": event, "data": data}))

    def has(self, event: str, count: int = 1) -> bool:
        return [frame["event"] for frame in self.heard].count(event) >= count

    def seqs(self) -> list[int]:
        return [frame["data"]["seq"] for frame in self.heard if frame["event"].endswith("notification")]
