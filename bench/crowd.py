"""A thousand WebSocket clients in one process: they count what they are sent, and acknowledge as the contract says."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import cast

ACK_AFTER_S = 1.0
_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class Client(asyncio.Protocol):
    """One socket. Frames that hold `wanted` count; `ready` ones tell that the connection is live."""

    def __init__(self, crowd: "Crowd", path: str) -> None:
        self.crowd, self.path = crowd, path
        self.buffer = b""
        self.upgraded = self.is_ready = False
        self.last_seq = 0
        self.unacked = 0
        self.timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self.transport.write(_HANDSHAKE.format(path=self.path, port=self.crowd.port).encode())

    def data_received(self, data: bytes) -> None:
        buffer = self.buffer + data if self.buffer else data
        at = 0
        if not self.upgraded:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                self.buffer = buffer
                return
            if b" 101 " not in buffer[:20]:
                raise RuntimeError(buffer[:300])
            self.upgraded, at = True, end + 4
            if self.crowd.ready is None:
                self.ready()
        size = len(buffer)
        while size - at >= 2:
            length, head = buffer[at + 1] & 127, 2
            if length == 126:
                if size - at < 4:
                    break
                length, head = buffer[at + 2] << 8 | buffer[at + 3], 4
            elif length == 127:
                raise RuntimeError("a frame over 64 KiB")
            if size - at < head + length:
                break
            self.frame(buffer[at] & 15, buffer, at + head, at + head + length)
            at += head + length
        self.buffer = buffer[at:]

    def frame(self, opcode: int, buffer: bytes, start: int, end: int) -> None:
        if opcode == 9:
            return self.write(10, buffer[start:end])
        if opcode == 8:
            self.crowd.closed += 1
            return None
        opening = buffer[start : min(end, start + 120)]
        if self.crowd.wanted in opening:
            self.crowd.counted(opening if self.crowd.on_frame else b"")
            if self.crowd.acks:
                self.note(opening)
        elif self.crowd.ready and not self.is_ready and self.crowd.ready in opening:
            self.ready()
        return None

    def ready(self) -> None:
        self.is_ready = True
        self.crowd.ready_count += 1
        self.crowd.changed.set()

    def note(self, opening: bytes) -> None:
        at = opening.find(b'"seq":') + 6
        self.last_seq = int(opening[at : opening.find(b",", at)])
        self.unacked += 1
        if self.unacked == 64:
            self.ack()
        elif self.timer is None:
            self.timer = self.crowd.loop.call_later(ACK_AFTER_S, self.ack)

    def ack(self) -> None:
        if self.timer:
            self.timer.cancel()
            self.timer = None
        if self.unacked:
            self.write(1, b'{"event":"ack","data":{"up_to_seq":%d,"after_ms":1000}}' % self.last_seq)
            self.unacked = 0

    def write(self, opcode: int, payload: bytes) -> None:
        self.transport.write(bytes((0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0)) + payload)


class Crowd:
    """Clients on `paths`, all connected. `wanted` marks the frames that count, `ready` the one that says "live"."""

    def __init__(
        self,
        port: int,
        *,
        wanted: bytes,
        ready: bytes | None,
        acks: bool = False,
        on_frame: Callable[[bytes], None] | None = None,
    ) -> None:
        self.port, self.wanted, self.ready, self.acks, self.on_frame = port, wanted, ready, acks, on_frame
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()
        self.count = self.expected = self.ready_count = self.closed = 0
        self.done = asyncio.Event()
        self.clients: list[Client] = []

    async def connect(self, paths: Sequence[str], *, at_once: int = 50) -> None:
        for i in range(0, len(paths), at_once):
            for path in paths[i : i + at_once]:
                _, client = await self.loop.create_connection(
                    lambda path=path: Client(self, path), "127.0.0.1", self.port
                )
                self.clients.append(client)
            while self.ready_count < len(self.clients):
                self.changed.clear()
                await asyncio.wait_for(self.changed.wait(), 30)

    def expect(self, frames: int) -> None:
        self.count, self.expected = 0, frames
        self.done.clear()

    def counted(self, opening: bytes) -> None:
        self.count += 1
        if self.on_frame:
            self.on_frame(opening)
        if self.count == self.expected:
            self.done.set()

    async def wait(self, within_s: float = 120) -> float:
        """Seconds until the last expected frame was here. Raises TimeoutError."""
        began = time.perf_counter()
        await asyncio.wait_for(self.done.wait(), within_s)
        return time.perf_counter() - began

    def leave(self) -> None:
        for client in self.clients:
            client.transport.abort()
