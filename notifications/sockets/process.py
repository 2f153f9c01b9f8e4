"""What one server process keeps for all of its connections: the hub, the lease, the limits, acks in batches."""

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from .. import inbox, meters
from ..live import hub as live_hub
from ..live import leases
from ..live.connection import Connection
from ..live.leases import Visitor
from ..live.resume import Backlog, Question, Sent, in_runs
from ..live.threads import Gathering, in_thread
from .frames import Close
from .sign_in import Arrivals, Identity, sign_in

log = logging.getLogger("tidings.sockets")
MOST_PER_USER = 20  # connections in this process
ACKS_EVERY_S = 0.25
MOST_ROWS = 5000  # about so many in one statement
NOTE_SENT_AFTER_S = 2.0  # sent_at of what nobody has acknowledged by then
SLOW_FOR_S = 30.0
WRITE_AGAIN_S = 1.0
LONGEST_RTT_MS = 2**31 - 1  # what the column holds: 24 days
_processes: "WeakKeyDictionary[asyncio.AbstractEventLoop, LiveProcess]" = WeakKeyDictionary()


class Guest:
    """A signed-in connection with who is behind it."""

    def __init__(self, connection: Connection, identity: Identity, visitor: Visitor) -> None:
        self.connection = connection
        self.identity = identity
        self.visitor = visitor
        self.heard_at = time.monotonic()
        self.opening: asyncio.Future[None] | None = None  # being written down as connected

    def ids(self) -> dict[str, Any]:
        """Which one, for a line of the log."""
        visitor = self.visitor
        return {"connection_id": str(visitor.id), "user_id": visitor.user_id, "transport": visitor.transport}

    @property
    def is_written(self) -> bool:
        return self.opening is not None and self.opening.done()


class LiveProcess:
    """One per event loop. `here()` makes it on first use."""

    def __init__(self) -> None:
        self.hub = live_hub.Hub()
        self.hub.on_sign_out = self._look_again
        self.hub.on_beat.append(self.check_sign_ins)
        self.guests: dict[uuid.UUID, Guest] = {}
        self.arrivals = Arrivals()
        self.server_id = uuid.uuid4()
        self._epoch: str | None = None
        self._acks: list[inbox.Ack] = []
        self._opening = Gathering[Visitor, None](self._write_opened, within_s=0.01)
        self._closing = Gathering[Visitor, None](self._write_closed, within_s=0.1)
        self._tasks: set[asyncio.Future[Any]] = set()
        self.background(self._every(ACKS_EVERY_S, self.flush))
        self.background(self._every(leases.RENEW_EVERY_S, self.renew))

    @classmethod
    def here(cls) -> "LiveProcess":
        loop = asyncio.get_running_loop()
        if loop not in _processes:
            _processes[loop] = cls()
        return _processes[loop]

    async def epoch(self) -> str:
        if self._epoch is None:
            epoch = str(await in_thread(live_hub.read_epoch))
            await in_thread(leases.open_server, self.server_id)
            self._epoch = epoch  # last: whoever does not wait here finds this server written down
        return self._epoch

    def background(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("%s: %s", type(error).__name__, error)

    async def _insist(self, write: Callable[[], Awaitable[object]], *, unless: Callable[[], bool] = bool) -> None:
        """The database may be away for a while: it is tried again, unless it does not matter any more."""
        while not unless():
            try:
                await write()
                return
            except Exception as error:
                log.debug("not written: %s: %s", type(error).__name__, error)
                await asyncio.sleep(WRITE_AGAIN_S)

    # --- coming and going ---------------------------------------------------
    async def enter(self, guest: Guest, last_seq: int | None, epoch: str | None) -> Backlog:
        """Take a connection in: from now on it hears. The backlog is its first answer.

        The cursor it came with acknowledges, unless the answer is a reset.
        """
        connection = guest.connection
        self.guests[connection.id] = guest
        await self.hub.join(connection)
        guest.opening = asyncio.ensure_future(self._opening.ask(guest.visitor))
        meters.opened.labels(guest.visitor.transport).inc()
        log.info("connection opened", extra=guest.ids())
        backlog = await self.ask(guest, last_seq, epoch)
        await asyncio.shield(guest.opening)
        self.hub.note_rev(connection.user_id, backlog.rev)
        return backlog

    async def ask(self, guest: Guest, last_seq: int | None, epoch: str | None) -> Backlog:
        connection = guest.connection
        question = Question(connection.user_id, last_seq, connection.namespace)
        backlog = await self.hub.reader.ask(question)
        if epoch is not None and epoch != await self.epoch():
            backlog.too_far = True
        if last_seq is not None and not backlog.too_far and last_seq > backlog.delivered_floor:
            self.acknowledge_cursor(connection, last_seq)
        return backlog

    async def standing(self, guest: Guest, last_seq: int | None) -> Backlog:
        """How this person's inbox stands just now, for a connection that goes on as it is."""
        connection = guest.connection
        question = Question(connection.user_id, connection.covered, connection.namespace)
        backlog = await self.hub.reader.ask(question)
        if last_seq is not None and last_seq <= backlog.head:
            self.acknowledge_cursor(connection, last_seq)
        return backlog

    def acknowledge_cursor(self, connection: Connection, last_seq: int) -> None:
        """A cursor says that everything up to it has arrived. When it leaves first, the next cursor says it again.

        Until it is written no ack of this connection raises the delivered floor: the rows below would be passed over.
        """
        connection.owed_cursors += 1
        self.background(self._write_cursor(connection, last_seq))

    async def _write_cursor(self, connection: Connection, last_seq: int) -> None:
        write = partial(inbox.acknowledge, connection.user_id, up_to_seq=last_seq, namespace=connection.namespace)
        await self._insist(lambda: in_thread(write), unless=lambda: connection.closed)
        connection.owed_cursors -= 1

    def leave(self, guest: Guest) -> None:
        if self.guests.pop(guest.connection.id, None):
            self.hub.leave(guest.connection)
            log.info("connection closed", extra={**guest.ids(), "code": guest.connection.code})
            self.background(self._write_off(guest))

    async def _write_off(self, guest: Guest) -> None:
        if guest.opening:  # one that is closed first would stay in the list for ever
            await asyncio.wait([guest.opening])
        await self._insist(lambda: self._closing.ask(guest.visitor))

    def has_room_for(self, user_id: int) -> bool:
        return len(self.hub.people.get(user_id, ())) < MOST_PER_USER

    def _write_opened(self, visitors: Sequence[Visitor]) -> Sequence[None]:
        leases.opened(self.server_id, visitors)
        return [None] * len(visitors)

    def _write_closed(self, visitors: Sequence[Visitor]) -> Sequence[None]:
        leases.closed(visitors)
        return [None] * len(visitors)

    # --- acknowledgements ---------------------------------------------------
    def acknowledged(self, connection: Connection, taken: Sequence[Sent], after_ms: int, *, cumulative: bool) -> None:
        """Keep for the next batch. The newest frame tells the round-trip time of all that one ack covers."""
        if not taken:
            return
        unacked = connection.unacked
        if cumulative and unacked.forgotten:
            self.acknowledge_cursor(connection, unacked.forgotten)
            unacked.forgotten = 0
        clock = time.monotonic()
        _, newest, _, written_at = taken[-1]
        rtt_ms = min(max(0, round((clock - written_at) * 1000) - after_ms), LONGEST_RTT_MS)
        meters.frames.rtts_ms[rtt_ms] += 1
        may_raise = cumulative and connection.complete and not connection.owed_cursors
        floor = newest if may_raise else 0
        for run in in_runs(taken):
            self._acks.append(inbox.Ack(connection.user_id, *_span(run, clock), rtt_ms, floor))

    async def flush(self) -> None:
        """One statement for all the acks of a moment; those of a busy inbox wait for the next."""
        meters.frames.hand_over()
        if batch := self._next_acks():
            try:
                self._acks += await in_thread(inbox.record_acks, batch)
            except Exception:
                self._acks = batch + self._acks
                raise
        if unnoted := self._unnoted():
            clock = time.monotonic()
            spans = [(one.user_id, *_span(run, clock)) for one, runs in unnoted for run in runs]
            written = await in_thread(inbox.record_sent, spans)
            for one, runs in unnoted:
                if one.user_id in written:
                    one.unacked.note(runs[-1][-1])

    def _next_acks(self) -> list[inbox.Ack]:
        rows = count = 0
        while count < len(self._acks) and rows < MOST_ROWS:
            rows += self._acks[count].last_seq - self._acks[count].first_seq + 1
            count += 1
        batch, self._acks = self._acks[:count], self._acks[count:]
        return batch

    def _unnoted(self) -> list[tuple[Connection, list[list[Sent]]]]:
        """Runs of frames that nobody has acknowledged for a while."""
        before = time.monotonic() - NOTE_SENT_AFTER_S
        found: list[tuple[Connection, list[list[Sent]]]] = []
        rows = 0
        for guest in self.guests.values():
            if old := guest.connection.unacked.unnoted(before):
                found.append((guest.connection, in_runs(old)))
                rows += len(old)
            if rows >= MOST_ROWS:
                break
        return found

    # --- keeping watch ------------------------------------------------------
    async def _every(self, seconds: float, job: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await job()
            except Exception as error:  # the database is away: the next round tries again
                log.warning("%s: %s: %s", job.__name__, type(error).__name__, error)

    async def renew(self) -> None:
        """Renew the lease; close who has become too slow, or whose sign-in has run out."""
        now, clock = datetime.now(UTC), time.monotonic()
        for guest in list(self.guests.values()):
            behind, expires_at = guest.connection.behind_since, guest.identity.expires_at
            if behind and clock - behind > SLOW_FOR_S:
                self.turn_out(guest, Close.TOO_SLOW)
            elif expires_at and expires_at <= now:
                self.turn_out(guest, Close.NOT_AUTHENTICATED)
        seen = [id_ for id_, guest in self.guests.items() if clock - guest.heard_at < leases.RENEW_EVERY_S]
        here = [guest.visitor for guest in self.guests.values() if guest.is_written]
        await in_thread(leases.renew, self.server_id, here, seen)

    async def check_sign_ins(self) -> None:
        """With each heartbeat: who was revoked, deactivated or is no longer staff."""
        await self._check(list(self.guests.values()))

    def _look_again(self, user_id: int) -> None:
        self.background(self._check([g for g in self.guests.values() if g.identity.user_id == user_id]))

    async def _check(self, guests: Sequence[Guest]) -> None:
        lapsed = await in_thread(sign_in().lapsed, list({guest.identity for guest in guests}))
        for guest in guests:
            if guest.identity in lapsed:
                self.turn_out(guest, Close.NOT_AUTHENTICATED)

    def turn_out(self, guest: Guest, code: Close) -> None:
        """Beside everything else: a reader who is stuck does not take the close frame either."""
        self.background(guest.connection.close(code))

    async def drain(self, within_s: float) -> None:
        await self.hub.drain(within_s)
        await self.flush()
        self.stop()  # another renewal would bring the lease back
        await in_thread(partial(leases.close_server, self.server_id))

    def stop(self) -> None:
        """Nothing runs by itself any more: this event loop is about to end."""
        self.hub.stop()
        for task in self._tasks:
            task.cancel()


def _span(run: Sequence[Sent], clock: float) -> tuple[int, int, datetime]:
    """First and last seq, and when they were written. `clock` is the monotonic now."""
    (_, first, _, written_at), (_, last, _, _) = run[0], run[-1]
    return first, last, datetime.now(UTC) - timedelta(seconds=clock - written_at)


async def drain(within_s: float) -> None:
    """Send everybody of this process elsewhere: called before the server shuts down."""
    process = _processes.get(asyncio.get_running_loop())
    if process:
        await process.drain(within_s)
