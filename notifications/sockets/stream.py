"""Server-Sent Events: the same hub, cursor and limits as the socket, for clients that only read."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import orjson
from django.conf import settings

from .. import meters
from ..live.connection import Connection
from ..live.leases import Visitor
from ..live.resume import Backlog
from .frames import cursor, note_end
from .process import Guest, LiveProcess
from .sign_in import Identity, Refused, sign_in

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
_NOT_SPOKEN = {"reconnect", "ping"}  # the stream pings by its own clock


class StreamWire:
    """Frames as events of a text/event-stream; `id:` is the cursor, so only notifications carry it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.over = asyncio.Event()

    def notification(self, name: str, prev: int, row_id: int, seq: int, body: bytes, again: str | None) -> bytes:
        meters.frames.notifications += 1
        known = f'"again":"{again}",' if again else ""  # a stream has no frame to say it on
        head = f'id: {seq}\nevent: {name}\ndata: {{"id":{row_id},"seq":{seq},{known}'
        return b"%b%b\n\n" % (head.encode(), body)

    def frame(self, event: str, data: dict[str, Any]) -> bytes | None:
        if event == "caught_up":  # what it says of `rev`, a stream says with a ping
            return self.event("ping", {"timestamp": _now(), **data})
        return None if event in _NOT_SPOKEN else self.event(event, data)

    def event(self, event: str, data: dict[str, Any]) -> bytes:
        meters.frames.others += 1
        return b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data, default=str))

    async def send(self, made: bytes) -> None:
        if not self.over.is_set():
            await self._send({"type": "http.response.body", "body": made, "more_body": True})

    def write_now(self, made: bytes) -> bool:
        return False

    async def finish(self) -> None:
        self.over.set()
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def close(self, code: int) -> None:
        self.over.set()  # the client comes back with Last-Event-ID, and is refused then if it must be


class Refusal(Exception):
    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


async def stream(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """The endpoint: an ASGI application, because a Django view would hold on to what its request thread opened."""
    process = LiveProcess.here()
    try:
        epoch = await process.epoch()
        identity = await _who(scope, process)
    except Refusal as refusal:
        return await _refuse(scope, send, refusal)
    wire = StreamWire(send)
    connection = Connection(identity.user_id, wire, process.hub.reader, epoch=epoch)
    guest = Guest(connection, identity, _visitor(scope, connection, identity))
    await send({"type": "http.response.start", "status": 200, "headers": _headers(scope)})
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        await _speak(scope, process, guest, wire, gone)
    finally:
        gone.cancel()
        note_end("sse", connection.code)
        process.leave(guest)


async def _speak(
    scope: dict[str, Any], process: LiveProcess, guest: Guest, wire: StreamWire, gone: asyncio.Future[None]
) -> None:
    connection = guest.connection
    backlog = await process.enter(guest, *_asked_for(scope))
    await wire.send(b"retry: 3000\n\n")
    await wire.send(wire.event("connected", _hello(connection, backlog)))
    connection.begin(backlog)
    over = asyncio.ensure_future(wire.over.wait())
    until = time.monotonic() + settings.SSE_CONNECTION_TIMEOUT
    try:
        while (left := until - time.monotonic()) > 0:
            pause = min(left, settings.SSE_HEARTBEAT_INTERVAL)
            either: list[asyncio.Future[Any]] = [gone, over]
            done, _ = await asyncio.wait(either, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            if gone in done:
                return
            if over in done:
                break
            guest.heard_at = time.monotonic()  # the write below would fail if nobody were there
            connection.ping(wire.event("ping", _ping(process, connection)))
    finally:
        over.cancel()
    connection.end()
    await wire.finish()


def _hello(connection: Connection, backlog: Backlog) -> dict[str, Any]:
    return {
        "user_id": connection.user_id,
        "connection_id": str(connection.id),
        "last_seq": backlog.head,
        "unread_count": backlog.unread_count,
        "rev": backlog.rev,
        "epoch": connection.epoch,
        "heartbeat_s": settings.SSE_HEARTBEAT_INTERVAL,
    }


def _ping(process: LiveProcess, connection: Connection) -> dict[str, Any]:
    return {"timestamp": _now(), "last_seq": connection.covered, "rev": process.hub.rev_of(connection.user_id)}


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _who(scope: dict[str, Any], process: LiveProcess) -> Identity:
    if scope["method"] != "GET":
        raise Refusal(405, "method_not_allowed", f'Method "{scope["method"]}" not allowed.')
    if not sign_in().origin_allowed(scope):
        raise Refusal(403, "origin_not_allowed", "This origin may not read the stream.")
    arrivals = process.arrivals
    if arrivals.crowded:
        raise Refusal(429, "too_many_connections", "Too many are arriving just now.")
    try:
        with arrivals.one_more():
            identity = await arrivals.who(partial(sign_in().from_handshake, scope))
    except Refused as refused:
        raise Refusal(401, refused.code, refused.message) from refused
    if identity is None:
        raise Refusal(401, "not_authenticated", "Authentication credentials were not provided.")
    if process.hub.draining:
        raise Refusal(503, "going_away", "This server is going away.")
    if not process.has_room_for(identity.user_id):
        raise Refusal(429, "too_many_connections", "Close another connection first.")
    return identity


async def _refuse(scope: dict[str, Any], send: Send, refusal: Refusal) -> None:
    body = orjson.dumps({"detail": refusal.text, "code": refusal.code})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="api"'))
    if refusal.status in {429, 503}:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers + _cors(scope)})
    await send({"type": "http.response.body", "body": body})


def _headers(scope: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),  # nginx would keep the events back
        *_cors(scope),
    ]


def _cors(scope: dict[str, Any]) -> list[tuple[bytes, bytes]]:
    """Django's middleware does not run here; a foreign origin was refused before."""
    origin = dict(scope["headers"]).get(b"origin")
    if origin is None or not sign_in().origin_allowed(scope):
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"origin"),
    ]


def _asked_for(scope: dict[str, Any]) -> tuple[int | None, str | None]:
    """(last_seq, epoch): the header of a browser that comes back wins over the URL it repeats."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    header = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
    text = header or query.get("last_event_id", query.get("last_seq", [None]))[-1]
    return cursor(text), query.get("epoch", [None])[-1]


def _visitor(scope: dict[str, Any], connection: Connection, identity: Identity) -> Visitor:
    agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")[:255]
    address = (scope.get("client") or ("", 0))[0] or ""
    return Visitor(connection.id, identity.user_id, identity.username, "sse", address, agent)
