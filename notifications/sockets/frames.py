"""The socket's vocabulary: frames in and out, and every close code. docs/protocol.md §5 is its promise."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import orjson

from .. import meters

MOST_BYTES = 64 * 1024
WRITE_TEXT = "tidings.write_text"  # in scope["extensions"]: a server that frames and writes text in one step
FRAMES_PER_S, FRAME_BURST = 20.0, 100.0
HIGHEST_SEQ = 2**63 - 1


class Close(IntEnum):
    """Why the server closes. 4401 and 4403: do not come back without a new sign-in; all others: come back."""

    BYE = 1000  # the client asked
    NOT_AUTHENTICATED = 4401  # refused, expired or revoked
    NOT_ALLOWED = 4403
    SILENT = 4408  # no `authenticate` in time
    TOO_SLOW = 4409  # resume and go on
    TOO_LARGE = 4413
    TOO_MANY = 4429  # frames or connections
    GOING_AWAY = 4503


SPOKEN = frozenset(
    (
        "authenticate",
        "resume",
        "ack",
        "mark_as_read",
        "mark_all_as_read",
        "seen",
        "request",
        "ping",
        "pong",
        "disconnect",
    )
)  # by clients
_CODES = frozenset((*Close, 1001, 1005, 1006, 1009, 1011, 1012))  # RFC 6455 §7.4.1, as far as they come from outside


class BadFrame(Exception):
    """A frame that cannot be obeyed; the client gets `error`, and the connection stays."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


@dataclass(frozen=True, slots=True)
class Frame:
    event: str
    data: dict[str, Any]
    ref: Any


def note_left(code: int | None, *, after_us: bool) -> None:
    """The socket is gone. Where we closed it, that was counted."""
    if not after_us:
        note_end("websocket", code)


def note_end(transport: str, code: int | None) -> None:
    meters.closed.labels(transport, code if code in _CODES else "other").inc()


def parse(text: str) -> Frame:
    """What the client said. Raises BadFrame."""
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadFrame("invalid_json", f"Not JSON: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("event"), str):
        raise BadFrame("invalid_frame", 'A frame is {"event": "…", "data": {…}}.')
    data = said.get("data", {})
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise BadFrame("invalid_frame", "data: must be an object.")
    if isinstance(said.get("ref"), dict | list):  # it is written back: a deep one cannot be
        raise BadFrame("invalid_frame", "ref: must be a text or a number.")
    meters.frames.received[said["event"] if said["event"] in SPOKEN else "unknown"] += 1
    return Frame(said["event"], data, said.get("ref"))


def frame_text(event: str, data: dict[str, Any], ref: Any = None) -> bytes:
    """Made to be written at once: it is counted here."""
    meters.frames.others += 1
    made = {"event": event, "data": data}
    if ref is not None:
        made["ref"] = ref
    return orjson.dumps(made, default=str)


def whole(data: dict[str, Any], name: str, *, least: int = 0, required: bool = True) -> int | None:
    """A whole number of the frame. Raises BadFrame that names it."""
    value = data.get(name)
    if value is None and not required:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= HIGHEST_SEQ:
        raise BadFrame("invalid", f"{name}: must be a whole number of at least {least}.")
    return value


def cursor(text: str | None) -> int | None:
    """`last_seq` as it stands in a query or a header: what is no cursor is none."""
    if text is None or not text.isascii() or not text.isdecimal() or len(text) > 18:
        return None
    return int(text)


class SocketWire:
    """Frames as WebSocket text, in UTF-8. What is made here is written at once, so it is counted here."""

    def __init__(
        self, send: Callable[[dict[str, Any]], Awaitable[None]], write_text: Callable[[bytes], bool] | None = None
    ) -> None:
        self._send = send
        self.write_now = write_text or _never  # the server's extension, where it has one

    def notification(self, name: str, prev: int, row_id: int, seq: int, body: bytes, again: str | None) -> bytes:
        meters.frames.notifications += 1
        known = f'"again":"{again}",' if again else ""
        head = f'{{"event":"{name}","prev":{prev},{known}"data":{{"id":{row_id},"seq":{seq},'
        return b"%b%b}" % (head.encode(), body)

    def frame(self, event: str, data: dict[str, Any]) -> bytes:
        return frame_text(event, data)

    async def send(self, made: bytes) -> None:
        await self._send({"type": "websocket.send", "text": made.decode()})

    async def close(self, code: int) -> None:
        note_end("websocket", code)
        with contextlib.suppress(OSError):  # ASGI 2.4: the client has left
            await self._send({"type": "websocket.close", "code": int(code)})


def _never(made: bytes) -> bool:
    return False


@dataclass(slots=True)
class Allowance:
    """20 frames a second, with bursts of 100."""

    left: float = FRAME_BURST
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        now = time.monotonic()
        self.left = min(FRAME_BURST, self.left + (now - self.at) * FRAMES_PER_S)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
