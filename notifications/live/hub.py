"""One per process: which connections are here, and one ear on the channel layer for all of them."""

import asyncio
import contextlib
import logging
import random
import secrets
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from channels.layers import channel_layers
from django.conf import settings

from .. import meters
from ..models import Inbox, Installation
from .bell import GROUP, bell, let_go, message
from .connection import Connection
from .resume import reader
from .rings import VERSION, ChangeRing, NewRing, Nonce, Ring, SignOutRing, unpack
from .threads import in_thread

log = logging.getLogger("tidings.hub")
HEARTBEAT_S = 25  # ± 20 %
READY_WITHIN_S = 2.0
WITHOUT_BELL_S = 1.0  # how often heads are checked while nothing rings
HEADS_PER_QUERY = 5000
DRAIN_BATCH = 500  # connections
STUCK_READER_S = 0.5  # who does not even take its close frame cannot hold up the others
GOING_AWAY = 4503

Standing = tuple[int, int, int]  # last_seq, rev, unread_count


class Hub:
    """Everything here runs on one event loop; `ring_from_thread` alone may be called from elsewhere."""

    nonce_every_s, deaf_after_s = 5.0, 10.0
    badge_every_s = 0.25
    late_bell_s = 1.0  # a change that the database has and no bell told of may still be on its way

    def __init__(self) -> None:
        self.alive = False  # the bell is heard
        self.draining = False
        self.reader = reader()
        self.people: dict[int, set[Connection]] = {}
        self.on_sign_out: Callable[[int], None] = lambda user_id: None
        self.on_beat: list[Callable[[], Awaitable[None]]] = []  # what else belongs to a heartbeat
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._rung_at = 0.0
        self._nonce = secrets.token_hex(8)
        self._first_heard = asyncio.Event()
        self._badges: dict[int, Standing] = {}
        self._revs: dict[int, int] = {}
        bell.hubs.append(self)
        self._tasks = [asyncio.ensure_future(job()) for job in (self._listen, self._beat)]

    def stop(self) -> None:
        if self in bell.hubs:
            bell.hubs.remove(self)
        for task in self._tasks:
            task.cancel()

    # --- who is here --------------------------------------------------------
    async def join(self, connection: Connection) -> None:
        """From now on the connection hears; the bell is connected, or known not to be."""
        self.people.setdefault(connection.user_id, set()).add(connection)
        if settings.CHANNEL_LAYERS and not self._first_heard.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._first_heard.wait(), READY_WITHIN_S)

    def leave(self, connection: Connection) -> None:
        connection.end()
        here = self.people.get(connection.user_id)
        if here:
            here.discard(connection)
            if not here:
                del self.people[connection.user_id]
                self._revs.pop(connection.user_id, None)

    def connections(self) -> list[Connection]:
        return [connection for here in self.people.values() for connection in here]

    def note_rev(self, user_id: int, rev: int) -> None:
        """What a person's first device knows; a later one may know of a change that the first has still to hear."""
        self._revs.setdefault(user_id, rev)

    def rev_of(self, user_id: int) -> int:
        return self._revs.get(user_id, 0)

    async def drain(self, within_s: float) -> None:
        """Ask everybody to come back elsewhere, then close in batches."""
        self.draining = True
        leaving = self.connections()
        for connection in leaving:
            connection.tell("reconnect", {"after_ms": random.randint(0, int(within_s * 1000))})
        batches = range(0, len(leaving), DRAIN_BATCH)
        for i in batches:
            await asyncio.sleep(within_s / len(batches))
            closing = [asyncio.ensure_future(c.close(GOING_AWAY)) for c in leaving[i : i + DRAIN_BATCH]]
            await asyncio.wait(closing, timeout=STUCK_READER_S)

    # --- hearing ------------------------------------------------------------
    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended, and everybody here with it
            self._loop.call_soon_threadsafe(self.hear, rings)

    def hear(self, rings: Sequence[Ring | None]) -> None:
        for ring in rings:
            match ring:
                case NewRing():
                    self._hear_new(ring)
                case ChangeRing():
                    self._hear_change(ring)
                case SignOutRing():
                    self.on_sign_out(ring.user_id)
                case Nonce(value) if value == self._nonce:
                    self._hear_myself()

    def _hear_new(self, ring: NewRing) -> None:
        body = ring.tail[1:] if ring.tail else None
        for user_id, row_id, seq, unread_count, rev in ring.heads:
            here = self.people.get(user_id)
            if not here:
                continue
            for connection in here:
                connection.hear(ring.name, ring.namespace, row_id, seq, body, ring.again)
            self._hear_standing(user_id, (seq, rev, unread_count))

    def _hear_change(self, ring: ChangeRing) -> None:
        for connection in self.people.get(ring.user_id, ()):
            for event, data in ring.frames:
                connection.tell(event, data)
        self._hear_standing(ring.user_id, (ring.last_seq, ring.rev, ring.unread_count))

    def _hear_standing(self, user_id: int, standing: Standing) -> None:
        """Each change raises `rev` by one: where one is left out, its bell was lost (or is late: a reload too many)."""
        if standing[1] > self._revs.get(user_id, standing[1]) + 1:
            self._miss_change(user_id)
        self._badge(user_id, standing)

    def _find_change(self, user_id: int, standing: Standing) -> None:
        """The database had it, and no bell has told of it since: it was lost."""
        if self._is_news(user_id, standing):
            self._miss_change(user_id)
            self._badge(user_id, standing)

    def _is_news(self, user_id: int, standing: Standing) -> bool:
        return standing[1] > self._revs.get(user_id, standing[1])

    def _miss_change(self, user_id: int) -> None:
        for connection in tuple(self.people.get(user_id, ())):
            connection.miss_change()

    # --- the badge ----------------------------------------------------------
    def _badge(self, user_id: int, standing: Standing) -> None:
        """At most one in 250 ms; the last always comes."""
        if user_id not in self.people or standing[1] <= self._revs.get(user_id, -1):
            return
        if not self._badges:
            self._loop.call_later(self.badge_every_s, self._send_badges)
        self._badges[user_id] = standing
        self._revs[user_id] = standing[1]

    def _send_badges(self) -> None:
        badges, self._badges = self._badges, {}
        for user_id, (last_seq, rev, unread) in badges.items():
            for connection in self.people.get(user_id, ()):
                connection.tell("unread_count", {"unread_count": unread, "last_seq": last_seq, "rev": rev})

    # --- the ear ------------------------------------------------------------
    async def _listen(self) -> None:
        """Listen for ever; a silent or broken link is given up and made anew."""
        while settings.CHANNEL_LAYERS:
            layer = channel_layers.make_backend("default")
            try:
                await self._listen_on(layer)
            except Exception as error:
                log.warning("the bell is silent: %s: %s", type(error).__name__, error)
            self.alive = False
            await let_go(layer)
            await asyncio.sleep(random.uniform(0.5, 1.5))

    async def _listen_on(self, layer: Any) -> None:
        channel = await layer.new_channel()
        await asyncio.wait_for(layer.group_add(GROUP, channel), self.deaf_after_s)
        self._heard_at = time.monotonic()
        ear = asyncio.ensure_future(self._receive(layer, channel))
        try:
            while time.monotonic() - self._heard_at < self.deaf_after_s:
                # by another connection than the one that listens: a half-open link keeps quiet for ever
                self._rung_at = time.monotonic()
                await asyncio.wait_for(layer.group_send(GROUP, message([Nonce(self._nonce)])), self.nonce_every_s)
                done, _ = await asyncio.wait([ear], timeout=self.nonce_every_s)
                if done:
                    ear.result()
            log.warning("nothing heard for %.0f s", self.deaf_after_s)
        finally:
            ear.cancel()

    async def _receive(self, layer: Any, channel: str) -> None:
        while True:
            heard = await layer.receive(channel)
            if heard.get("v") != VERSION:
                continue
            try:
                self.hear([unpack(packed) for packed in heard["rings"]])
            except Exception:  # one bad ring must not deafen the process
                log.exception("a ring was not understood")

    def _hear_myself(self) -> None:
        self._heard_at = time.monotonic()
        meters.bell_lag.observe(self._heard_at - self._rung_at)
        if not self.alive:
            self.alive = True
            if self._first_heard.is_set():  # it was away: what it lost is found now
                self._tasks.append(asyncio.ensure_future(self.check_heads(ping=False)))
            self._first_heard.set()

    # --- the heartbeat ------------------------------------------------------
    async def _beat(self) -> None:
        """Each 25 s ± 20 %, and each second while there is no bell."""
        due = self._next_beat()
        while True:
            await asyncio.sleep(WITHOUT_BELL_S)
            meters.ear_seconds.labels("hearing" if self.alive else "deaf").inc(WITHOUT_BELL_S)
            now = time.monotonic()
            if self.alive and now < due:
                continue
            try:
                await self.check_heads(ping=now >= due)
                if now >= due:
                    due = self._next_beat()
                    for job in self.on_beat:
                        await job()
            except Exception as error:
                log.warning("heads not checked: %s: %s", type(error).__name__, error)

    def _next_beat(self) -> float:
        return time.monotonic() + HEARTBEAT_S * random.uniform(0.8, 1.2)

    async def check_heads(self, *, ping: bool) -> None:
        """One query for everybody here: finds rows and changes whose bell was lost."""
        people = list(self.people)
        for i in range(0, len(people), HEADS_PER_QUERY):
            for user_id, standing in (await in_thread(standings, people[i : i + HEADS_PER_QUERY])).items():
                if self._is_news(user_id, standing):
                    self._loop.call_later(self.late_bell_s, self._find_change, user_id, standing)
                for connection in tuple(self.people.get(user_id, ())):
                    connection.check_head(standing[0])
                    if ping:
                        connection.tell("ping", {"last_seq": standing[0], "rev": standing[1]})


def standings(user_ids: Sequence[int]) -> dict[int, Standing]:
    """One query for any number of people."""
    found = Inbox.objects.filter(pk__in=user_ids).values_list("user_id", "last_seq", "rev", "unread_count")
    nothing_yet = dict.fromkeys(user_ids, (0, 0, 0))
    return nothing_yet | {user_id: (last_seq, rev, unread) for user_id, last_seq, rev, unread in found}


def read_epoch() -> uuid.UUID:
    return Installation.objects.get_or_create(pk=1)[0].epoch
