"""uvicorn's WebSocket with one door more: text that is framed at once and written with whatever else is due.

The way of ASGI costs a message, a frame object and several checks for each write; a broadcast makes thousands. What is
written to one socket in one round of the event loop leaves it in one system call, the dearest part of all. Whoever
does not find the door in `scope["extensions"]` (another server) goes the way of ASGI.
"""

from functools import lru_cache
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from notifications.sockets.frames import WRITE_TEXT

FULL = 32 * 1024  # bytes; beyond that the socket is asked at once whether it takes more
_FINAL_TEXT = 0x81  # RFC 6455 §5.2


class FramingProtocol(WebSocketsSansIOProtocol):
    """Only without permessage-deflate, which `serving` has switched off: its frames are made otherwise."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due = bytearray()

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):  # else the handshake was refused
            self.scope["extensions"][WRITE_TEXT] = self.write_text  # type: ignore[assignment] # uvicorn types extensions as dicts

    def write_text(self, text: bytes) -> bool:
        """UTF-8. False, and nothing written: not now; `send` would wait, or knows why never again."""
        if self.close_sent or self.disconnected or not self.handshake_complete or not self.writable.is_set():
            return False
        due = self._due
        if not due:
            self.loop.call_soon(self._write_due)
        due += head_of(len(text))
        due += text
        if len(due) > FULL:
            self._write_due()
        return True

    def _write_due(self) -> None:
        due, self._due = self._due, bytearray()
        if due and not (self.close_sent or self.disconnected or self.transport.is_closing()):
            self.transport.write(due)

    async def send(self, event: Any) -> None:
        self._write_due()  # first what came first
        await super().send(event)

    def connection_lost(self, exc: Exception | None) -> None:
        """Lets go of what leads back here: else the memory of a crowd that has left waits for the garbage collector."""
        super().connection_lost(exc)
        self.conn.parser.close()
        if hasattr(self, "scope"):
            self.scope["extensions"].pop(WRITE_TEXT, None)

    def shutdown(self) -> None:
        self._write_due()
        super().shutdown()


@lru_cache(maxsize=1024)
def head_of(size: int) -> bytes:
    """What stands before the payload of one final, unmasked text frame of so many bytes.

    >>> head_of(2)
    b'\\x81\\x02'
    >>> head_of(700)
    b'\\x81~\\x02\\xbc'
    """
    if size < 126:
        return bytes((_FINAL_TEXT, size))
    if size < 65_536:
        return bytes((_FINAL_TEXT, 126)) + size.to_bytes(2, "big")
    return bytes((_FINAL_TEXT, 127)) + size.to_bytes(8, "big")
