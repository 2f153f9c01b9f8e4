"""The WebSocket endpoint: who are you, what did you miss, and then frames both ways."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings

from .. import inbox
from ..events import ADMIN
from ..live.connection import Connection
from ..live.leases import Visitor
from ..live.resume import Backlog
from ..live.threads import in_thread
from ..models import NotificationLog
from . import frames
from .asking import request
from .frames import BadFrame, Close, Frame, SocketWire, cursor, frame_text, parse, whole
from .process import Guest, LiveProcess
from .sign_in import Identity, Refused, sign_in

log = logging.getLogger("tidings.sockets")


class NotificationConsumer(AsyncConsumer):
    """One socket. `namespace` None shows all that the person may see; "/admin" is for staff."""

    channel_layer_alias = None  # the hub listens for all consumers of the process
    namespace: str | None = None
    sign_in_within_s = 10.0

    def __init__(self, namespace: str | None = None) -> None:
        self.namespace = namespace
        self.guest: Guest | None = None
        self.allowance = frames.Allowance()
        self.leaving = False
        self.unsigned = False
        self.timeout: asyncio.TimerHandle | None = None

    async def __call__(self, *application: Any) -> None:
        try:
            await super().__call__(*application)
        finally:  # however it ends: an error brings no disconnect, and Daphne cancels without one
            if hasattr(self, "process"):
                self.signed()
                if self.guest:
                    self.process.leave(self.guest)

    async def dispatch(self, message: dict[str, Any]) -> None:
        # the stock one hops through the process's single thread for every message: one slow query stalls all
        await getattr(self, message["type"].replace(".", "_"))(message)

    # --- coming -------------------------------------------------------------
    async def websocket_connect(self, message: dict[str, Any]) -> None:
        if not settings.WEBSOCKET_NOTIFICATION_ENABLED or not sign_in().origin_allowed(self.scope):
            await self.base_send({"type": "websocket.close"})  # before accept: a 403
            raise StopConsumer
        self.process = LiveProcess.here()
        self.wire = SocketWire(self.base_send, self.scope.get("extensions", {}).get(frames.WRITE_TEXT))
        self.address = (self.scope.get("client") or ("", 0))[0] or ""
        await self.base_send({"type": "websocket.accept", "subprotocol": sign_in().subprotocol(self.scope)})
        if self.process.hub.draining:
            return await self.close(Close.GOING_AWAY)
        if not self.process.arrivals.has_room_for(self.address):
            return await self.close(Close.TOO_MANY)
        self.unsigned = True
        self.process.arrivals.unsigned[self.address] += 1
        await self.offered(partial(sign_in().from_handshake, self.scope), self.asked_for())

    def asked_for(self) -> tuple[int | None, str | None]:
        """(last_seq, epoch) of the query."""
        query = parse_qs(self.scope.get("query_string", b"").decode("latin-1"))
        return cursor(query.get("last_seq", [None])[-1]), query.get("epoch", [None])[-1]

    async def offered(self, who: Callable[[], Identity | None], asked: tuple[int | None, str | None]) -> None:
        """Sign in with what was offered; with nothing, wait for `authenticate`."""
        try:
            with self.process.arrivals.one_more() as arrivals:
                identity = await arrivals.who(who)
                if identity:
                    return await self.enter(identity, *asked)
            self.timeout = asyncio.get_running_loop().call_later(self.sign_in_within_s, self.too_late)
        except Refused as refused:
            await self.refuse(Close.NOT_AUTHENTICATED, refused.code, refused.message)
        except Exception:  # the database is away: half signed in is worse than coming back
            log.exception("not let in")
            await self.close(Close.GOING_AWAY)

    def too_late(self) -> None:
        self.process.background(self.refuse(Close.SILENT, "timeout", "No authenticate in time."))

    async def enter(self, identity: Identity, last_seq: int | None, epoch: str | None) -> None:
        if self.namespace == ADMIN and not identity.is_staff:
            return await self.refuse(Close.NOT_ALLOWED, "not_staff", "This endpoint is for staff.")
        epoch_now = await self.process.epoch()
        if self.leaving or self.process.hub.draining:  # while it was being looked up
            return await self.close(Close.GOING_AWAY)
        if not self.process.has_room_for(identity.user_id):
            return await self.refuse(Close.TOO_MANY, "too_many_connections", "Close another connection first.")
        self.signed()
        reader = self.process.hub.reader
        connection = Connection(identity.user_id, self.wire, reader, epoch=epoch_now, namespace=self.namespace)
        self.guest = Guest(connection, identity, self.visitor(connection, identity))
        backlog = await self.process.enter(self.guest, last_seq, epoch)
        await self.welcome(backlog)
        connection.begin(backlog)

    async def welcome(self, standing: Backlog, ref: Any = None) -> None:
        assert self.guest
        identity, connection = self.guest.identity, self.guest.connection
        await self.reply(
            "authenticated",
            {
                "user_id": identity.user_id,
                "connection_id": str(connection.id),
                "last_seq": standing.head,
                "unread_count": standing.unread_count,
                "rev": standing.rev,
                "epoch": connection.epoch,
                "expires_at": identity.expires_at.isoformat().replace("+00:00", "Z") if identity.expires_at else None,
                "heartbeat_s": 25,
            },
            ref,
        )

    def visitor(self, connection: Connection, identity: Identity) -> Visitor:
        headers = dict(self.scope.get("headers", []))
        agent = headers.get(b"user-agent", b"").decode("latin-1")[:255]
        return Visitor(connection.id, identity.user_id, identity.username, "websocket", self.address, agent)

    def signed(self) -> None:
        """No longer one of those who have not said who they are."""
        if self.timeout:
            self.timeout.cancel()
        if self.unsigned:
            self.unsigned = False
            self.process.arrivals.unsigned[self.address] -= 1

    # --- leaving ------------------------------------------------------------
    async def refuse(self, code: Close, word: str, text: str) -> None:
        await self.reply("authentication_error", {"code": word, "message": text})
        await self.close(code)

    async def close(self, code: Close) -> None:
        if self.leaving:
            return
        self.leaving = True
        if self.guest:
            await self.guest.connection.close(code)
        else:
            await self.wire.close(code)

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        frames.note_left(message.get("code"), after_us=self.is_over())
        raise StopConsumer

    # --- frames -------------------------------------------------------------
    async def websocket_receive(self, message: dict[str, Any]) -> None:
        if self.is_over():
            return
        text = message.get("text")
        size = len(text.encode()) if text is not None else len(message.get("bytes") or b"")
        if size > frames.MOST_BYTES:
            return await self.close(Close.TOO_LARGE)
        frame = None
        try:
            frame = parse(text) if text is not None else None
            if frame is None:
                raise BadFrame("invalid_frame", "Frames are text.")
            await self.obey(frame)
        except BadFrame as bad:
            await self.complain(bad.code, bad.text, frame.ref if frame else None)
        except Exception:
            log.exception("frame not obeyed")
            await self.complain("unavailable", "This did not work just now; try again.", frame.ref if frame else None)

    async def obey(self, frame: Frame) -> None:
        nonsense = None
        try:
            if frame.event == "ack" and self.guest and self.acknowledge_sent(frame):
                return  # an ack that advances costs no allowance
        except BadFrame as bad:
            nonsense = bad
        if not self.allowance.take():
            return await self.close(Close.TOO_MANY)
        if nonsense:
            raise nonsense
        if not self.guest and frame.event not in {"authenticate", "disconnect"}:
            raise BadFrame("not_authenticated", "Send authenticate first.")
        obey = self.OBEY.get(frame.event)
        if obey is None:
            raise BadFrame("unknown_event", f"There is no event {frame.event[:50]!r}.")
        if self.guest:
            self.guest.heard_at = time.monotonic()
        await obey(self, frame)

    async def complain(self, code: str, text: str, ref: Any) -> None:
        """Costs allowance too: a flood of nonsense ends with 4429."""
        await self.reply("error", {"code": code, "message": text, **({} if ref is None else {"ref": ref})}, ref)
        if code in {"invalid_json", "invalid_frame"} and not self.allowance.take():
            await self.close(Close.TOO_MANY)

    async def reply(self, event: str, data: dict[str, Any], ref: Any = None) -> None:
        if self.is_over():
            return
        try:
            await self.base_send({"type": "websocket.send", "text": frame_text(event, data, ref).decode()})
        except OSError:  # ASGI 2.4: the client has left; its disconnect is on its way
            self.leaving = True

    def is_over(self) -> bool:
        return self.leaving or (self.guest is not None and self.guest.connection.closed)

    async def authenticate(self, frame: Frame) -> None:
        token = frame.data.get("token")
        if not isinstance(token, str) or not token:
            raise BadFrame("invalid", "token: must be a text.")
        who = partial(sign_in().from_token, token)
        last_seq = whole(frame.data, "last_seq", required=False)
        if self.guest is None:
            return await self.offered(who, (last_seq, frame.data.get("epoch")))
        try:
            identity = await self.process.arrivals.who(who)
        except Refused as refused:
            raise BadFrame(refused.code, refused.message) from refused
        if identity.user_id != self.guest.identity.user_id:
            raise BadFrame("wrong_user", "This token is another person's.")
        if self.namespace == ADMIN and not identity.is_staff:
            return await self.refuse(Close.NOT_ALLOWED, "not_staff", "This endpoint is for staff.")
        self.guest.identity = identity
        await self.welcome(await self.process.standing(self.guest, last_seq), frame.ref)

    async def resume(self, frame: Frame) -> None:
        assert self.guest
        last_seq = whole(frame.data, "last_seq")
        backlog = await self.process.ask(self.guest, last_seq, frame.data.get("epoch"))
        self.guest.connection.begin(backlog)

    def acknowledge_sent(self, frame: Frame) -> bool:
        """False: nothing that this connection was sent and has not acknowledged before."""
        assert self.guest
        connection = self.guest.connection
        after_ms = whole(frame.data, "after_ms", required=False) or 0
        if "id" in frame.data:
            taken = connection.acked_one(whole(frame.data, "id", least=1) or 0)
        else:
            taken = connection.acked(whole(frame.data, "up_to_seq") or 0)
        self.guest.heard_at = time.monotonic()
        self.process.acknowledged(connection, taken, after_ms, cumulative="id" not in frame.data)
        return bool(taken)

    async def ack(self, frame: Frame) -> None:
        """Nothing advanced: a repeat, or (by id) something that this connection was never sent."""
        assert self.guest
        if "id" not in frame.data:
            return
        mine = NotificationLog.objects.filter(
            pk=frame.data["id"], recipient_id=self.guest.identity.user_id, deleted_at=None
        )
        seq = await in_thread(lambda: mine.values_list("seq", flat=True).first())
        if seq is None or seq > self.guest.connection.shown:
            raise BadFrame("not_found", f"id: {frame.data['id']} was not sent here.")

    async def mark_as_read(self, frame: Frame) -> None:
        await self.change(frame, inbox.mark_as_read, [whole(frame.data, "id", least=1) or 0])

    async def mark_all_as_read(self, frame: Frame) -> None:
        up_to_seq = whole(frame.data, "up_to_seq", required=False)
        await self.change(frame, partial(inbox.mark_all_as_read, up_to_seq=up_to_seq))

    async def seen(self, frame: Frame) -> None:
        await self.change(frame, partial(inbox.mark_seen, up_to_seq=whole(frame.data, "up_to_seq") or 0))

    async def change(self, frame: Frame, verb: Callable[..., int], *args: Any) -> None:
        """A verb of the inbox; what it changed comes to all devices, this one too. Who gave a `ref` hears how many."""
        assert self.guest
        try:
            count = await in_thread(verb, self.guest.identity.user_id, *args)
        except inbox.NotFound as missing:
            raise BadFrame("not_found", f"id: {missing}.") from missing
        if frame.ref is not None:
            await self.reply(frame.event, {"count": count}, frame.ref)

    async def ping(self, frame: Frame) -> None:
        await self.reply("pong", {}, frame.ref)

    async def pong(self, frame: Frame) -> None:
        """A life sign; it was noted already."""

    async def disconnect(self, frame: Frame) -> None:
        await self.close(Close.BYE)

    _VERBS = (authenticate, resume, ack, mark_as_read, mark_all_as_read, seen, ping, pong, disconnect, request)
    OBEY: ClassVar[dict[str, Callable[[Any, Frame], Awaitable[None]]]] = {verb.__name__: verb for verb in _VERBS}
