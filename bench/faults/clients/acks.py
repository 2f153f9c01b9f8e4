"""Acknowledging: at once after a quiet second, else once a second, each 64 frames or 64 KB (docs/protocol.md §5)."""

import asyncio
import contextlib
import json

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

EVERY_S, FRAMES, CHARACTERS = 1.0, 64, 65_536


class Acks:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._loop = asyncio.get_running_loop()
        self._up_to = self._frames = self._characters = 0
        self._newest_at = self._heard_at = self._sent_at = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def note(self, seq: int, characters: int, *, urgent: bool) -> None:
        """This frame was taken."""
        now = self._loop.time()
        quiet, self._heard_at = now - self._heard_at >= EVERY_S, now
        self._up_to = max(self._up_to, seq)
        self._frames += 1
        self._characters += characters
        self._newest_at = now
        if quiet or urgent or self._frames >= FRAMES or self._characters >= CHARACTERS:
            self.flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(max(0.0, self._sent_at + EVERY_S - now), self.flush)

    def flush(self) -> None:
        self.end()
        if not self._frames:
            return
        self._sent_at = self._loop.time()
        waited = max(0, round((self._sent_at - self._newest_at) * 1000))
        text = json.dumps({"event": "ack", "data": {"up_to_seq": self._up_to, "after_ms": waited}})
        self._frames = self._characters = 0
        task = asyncio.ensure_future(self._send(text))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, text: str) -> None:
        with contextlib.suppress(ConnectionClosed, OSError):
            await self._socket.send(text)

    def end(self) -> None:
        """The timer only; what is unacknowledged the next cursor acknowledges."""
        if self._timer:
            self._timer.cancel()
        self._timer = None
