"""uvicorn's WebSocket with one door more: text that is framed and written in one step.

The way of ASGI costs a message, a frame object and several checks for each write; a broadcast makes thousands. Whoever
does not find the door in `scope["extensions"]` (another server) goes the way of ASGI.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from notifications.sockets.frames import WRITE_TEXT

_FINAL_TEXT = 0x81  # RFC 6455 §5.2


class FramingProtocol(WebSocketsSansIOProtocol):
    """Only without permessage-deflate, which `serving` has switched off: its frames are made otherwise."""

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):  # else the handshake was refused
            self.scope["extensions"][WRITE_TEXT] = self.write_text  # type: ignore[assignment] # uvicorn types extensions as dicts

    def write_text(self, text: str) -> bool:
        """False, and nothing written: not now; `send` would wait, or knows why never again."""
        if self.close_sent or self.disconnected or not self.handshake_complete or not self.writable.is_set():
            return False
        self.transport.write(framed(text))
        return True


def framed(text: str) -> bytes:
    """One final, unmasked text frame.

    >>> framed("hi")
    b'\\x81\\x02hi'
    """
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((_FINAL_TEXT, size)) + payload
    if size < 65_536:
        return bytes((_FINAL_TEXT, 126)) + size.to_bytes(2, "big") + payload
    return bytes((_FINAL_TEXT, 127)) + size.to_bytes(8, "big") + payload
