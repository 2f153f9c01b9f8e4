"""One open connection's place in its person's sequence. It sends each row once, in order, and knows when it missed one.

`covered`: every row up to here was sent or rightly left out. `shown`: the last seq this client was sent, which is
the `prev` of the next frame. `rung`: the highest seq a bell has told of. There is no queue of notifications: what
cannot be sent now is read from the database later.
"""

import asyncio
import logging
import time
import types
import uuid
from collections.abc import Coroutine, Generator
from typing import Any, Protocol

from .resume import Backlog, Question, Row, Sent, Unacked
from .threads import Gathering

log = logging.getLogger("tidings.live")
MOST_HELD = 64  # other frames, kept until the client has what came before them
READ_AGAIN_S = 1.0  # after a failed read


class Wire(Protocol):
    """How a transport writes; `send` may pause for a slow reader. What it makes of a frame is bytes to all others."""

    def notification(self, name: str, prev: int, row_id: int, seq: int, body: bytes, again: str | None) -> bytes: ...

    def frame(self, event: str, data: dict[str, Any]) -> bytes | None:
        """None: not spoken here."""

    def write_now(self, made: bytes) -> bool:
        """True: written, in one step. False: go the way of `send`."""

    async def send(self, made: bytes) -> None: ...

    async def close(self, code: int) -> None: ...


class Connection:
    """Lives on one event loop; every method runs there."""

    def __init__(
        self,
        user_id: int,
        wire: Wire,
        reader: Gathering[Question, Backlog],
        *,
        epoch: str,
        namespace: str | None = None,
    ) -> None:
        self.id = uuid.uuid4()
        self.user_id = user_id
        self.wire = wire
        self.namespace = namespace  # None: all of them
        self.epoch = epoch
        self.covered = self.shown = self.rung = 0
        self.begun = False  # the first answer is still awaited
        self.live = False
        self.complete = namespace is None  # no row since the delivered floor was kept from this connection
        self.owed_cursors = 0  # cursors that are not yet written as acknowledgements
        self.closed = False
        self.code: int | None = None  # with which the server closed it
        self.unacked = Unacked()
        self.behind_since: float | None = None
        self._reader = reader
        self._held: list[bytes] = []
        self._lost = self._lost_said = 0  # frames that were not told, and how many of them `caught_up` has made good
        self._owes_caught_up = False
        self._catching: asyncio.Task[None] | None = None
        self._stuck: asyncio.Task[None] | None = None

    # --- hearing ------------------------------------------------------------
    def hear(
        self, name: str, namespace: str, row_id: int, seq: int, body: bytes | None, again: str | None = None
    ) -> None:
        """A bell rang for this person."""
        if seq <= self.covered or self.closed:
            return  # a repeat
        if seq > self.rung:
            self.rung = seq
        if not self.live:
            return  # the catch-up that is under way reads up to `rung`
        if seq - 1 > self.covered or self._is_full():
            self.catch_up()
        elif self.namespace is not None and self.namespace != namespace:
            self.covered = seq
        elif body is None:
            self.catch_up()
        else:
            self._write(self._shown(name, row_id, seq, body, again))

    def check_head(self, head: int) -> None:
        """The database's head, from the heartbeat: finds what every bell may have lost.

        A lower one was read before the last bell, or comes from a restored backup: reading again tells.
        """
        if head != self.covered:
            self.rung = max(self.rung, head)
            self.catch_up()

    def tell(self, event: str, data: dict[str, Any]) -> None:
        """Any other frame. It waits for the rows that came before it, and while a reader is stuck."""
        made = self.wire.frame(event, data)
        if made is None or self.closed:
            return
        if self.live and not self._stuck:
            self._write(made)
        elif len(self._held) < MOST_HELD and self._lost == self._lost_said:
            self._held.append(made)
        else:
            self.miss_change()

    def miss_change(self) -> None:
        """Some frame cannot be told: `caught_up` will say the `rev` of now, and by that the client knows to reload."""
        self._lost += 1
        self._owes_caught_up = True
        self.catch_up()

    def ping(self, made: bytes) -> None:
        """A life sign of the transport's own; a stuck reader does not need one."""
        if not self._stuck and not self.closed:
            self._write(made)

    # --- catching up --------------------------------------------------------
    def begin(self, backlog: Backlog) -> None:
        """Send what this answer holds, then go live. A client that resumes begins anew: repeats are its own wish."""
        if self._catching:
            self._catching.cancel()
        self.begun, self.live, self._owes_caught_up = True, False, True
        self.covered = self.shown = backlog.start
        self.unacked.clear()
        self.behind_since = None
        self._catching = asyncio.ensure_future(self._catch_up(backlog))

    def catch_up(self) -> None:
        """Read what was missed, unless the client must first take what it was sent."""
        if not self.begun or self._catching or self.closed:
            return
        self.live = False
        if self._is_full():
            self.behind_since = self.behind_since or time.monotonic()
            return
        self._catching = asyncio.ensure_future(self._catch_up(None))

    async def _catch_up(self, backlog: Backlog | None) -> None:
        known = (0, 0)  # what the bells had said before the answer was read: only newer news needs another
        try:
            while not self.closed:
                if backlog is None:
                    known = (self.rung, self._lost)
                    backlog = await self._read()
                if backlog.too_far:
                    await self._reset(backlog.head)
                elif not await self._send_rows(backlog.rows):
                    self.behind_since = time.monotonic()
                    return
                self.covered = max(self.covered, backlog.head)
                if self._owes_caught_up and self._is_up_to_date(known):
                    await self._say_caught_up(backlog)
                if self._is_up_to_date(known):
                    self._go_live()
                    return
                backlog = None
        except Exception as error:  # the transport is gone; its disconnect is on its way
            log.debug("backlog not sent: %s", error)
        finally:
            if self._catching is asyncio.current_task():  # else a resume has begun anew
                self._catching = None

    def _is_up_to_date(self, known: tuple[int, int]) -> bool:
        """A bell that the database knows nothing of, although it was read later, is not waited for."""
        return self.rung <= max(self.covered, known[0]) and self._lost == max(self._lost_said, known[1])

    def _go_live(self) -> None:
        self.rung = self.covered
        self.live = True
        self._tell_held()

    def _tell_held(self) -> None:
        while self._held and not self._stuck:
            self._write(self._held.pop(0))

    async def _read(self) -> Backlog:
        while True:
            try:
                return await self._reader.ask(Question(self.user_id, self.covered, self.namespace))
            except Exception as error:
                log.warning("backlog not read: %s: %s", type(error).__name__, error)
                await asyncio.sleep(READ_AGAIN_S)

    async def _send_rows(self, rows: list[Row]) -> bool:
        """False when the client must acknowledge before it gets more."""
        for row in rows:
            if row.seq <= self.covered:
                continue
            if self._is_full():
                return False
            await self.wire.send(self._shown(row.name, row.id, row.seq, row.body, row.again))
        return True

    async def _reset(self, head: int) -> None:
        self.complete = False
        self.covered = self.shown = head
        self.unacked.clear()
        self.behind_since = None
        await self._say("reset", {"last_seq": head, "epoch": self.epoch})

    async def _say_caught_up(self, standing: Backlog) -> None:
        lost, self._lost_said = self._lost - self._lost_said, self._lost
        self._owes_caught_up = False
        now = {"last_seq": self.covered, "rev": standing.rev}
        await self._say("caught_up", now)
        if lost:  # the badge may have been among it
            await self._say("unread_count", {"unread_count": standing.unread_count, **now})

    async def _say(self, event: str, data: dict[str, Any]) -> None:
        if made := self.wire.frame(event, data):
            await self.wire.send(made)

    # --- acknowledging ------------------------------------------------------
    def acked(self, up_to_seq: int) -> list[Sent]:
        """What this newly acknowledges of what this connection was sent; room for more may have come."""
        taken = self.unacked.take_up_to(up_to_seq)
        self._room()
        return taken

    def acked_one(self, row_id: int) -> list[Sent]:
        taken = self.unacked.take_one(row_id)
        self._room()
        return taken

    def _room(self) -> None:
        if self.behind_since and not self._is_full():
            self.behind_since = None
            self.catch_up()

    # --- writing ------------------------------------------------------------
    def _shown(self, name: str, row_id: int, seq: int, body: bytes, again: str | None) -> bytes:
        made = self.wire.notification(name, self.shown, row_id, seq, body, again)
        self.covered = self.shown = seq
        self.unacked.add(row_id, seq, len(body))
        return made

    def _write(self, made: bytes) -> None:
        """Write now if the socket takes it, without a task: this is the path every frame goes."""
        if self.wire.write_now(made):
            return
        sending = self.wire.send(made)
        try:
            pause = sending.send(None)
        except StopIteration:
            return
        except Exception as error:  # the transport is gone; its disconnect is on its way
            log.debug("write failed: %s", error)
            return
        self._stuck = asyncio.ensure_future(_rest(sending, pause))
        self._stuck.add_done_callback(self._unstuck)

    def _unstuck(self, done: asyncio.Task[None]) -> None:
        self._stuck = None
        if not done.cancelled() and done.exception():
            log.debug("write failed: %s", done.exception())
        elif self.live:
            self._tell_held()
        else:
            self._room()

    def _is_full(self) -> bool:
        return self._stuck is not None or self.unacked.is_full

    async def close(self, code: int) -> None:
        if not self.closed:
            self.code = code
            self.end()
            await self.wire.close(code)

    def end(self) -> None:
        """Nothing more goes out."""
        self.closed, self.live = True, False
        self._held.clear()
        for task in (self._catching, self._stuck):
            if task:
                task.cancel()


@types.coroutine
def _rest(coroutine: Coroutine[Any, Any, None], pause: Any) -> Generator[Any, Any, None]:
    """Go on, in a task, with a coroutine that has already run to its first pause."""
    try:
        yield pause
        yield from coroutine
    finally:
        coroutine.close()
