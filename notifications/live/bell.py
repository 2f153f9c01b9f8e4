"""Ringing: a request only drops its rings into a queue; one thread carries them to the channel layer.

A dead or hanging Redis therefore never slows a request, and a ring that is lost costs latency only.
"""

import asyncio
import atexit
import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Any, Protocol

from channels.layers import channel_layers
from django.conf import settings
from django.db import transaction

from .rings import VERSION, Ring, SignOutRing, pack, weight

log = logging.getLogger("tidings.bell")
GROUP = "tidings.bell"
MOST_WAITING = 10_000  # rings; beyond that the oldest go: resume and the head check find their rows
LARGEST_MESSAGE = 256 * 1024  # bytes
SEND_TIMEOUT_S = 2.0
LAST_WORDS_S = 3 * SEND_TIMEOUT_S  # a process that ends waits so long at most: one try, and closing


class Hub(Protocol):
    """A hub of this process, as far as the bell knows it."""

    alive: bool

    def ring_from_thread(self, rings: Sequence[Ring]) -> None: ...


class Bell:
    """At most once, in order per process."""

    def __init__(self) -> None:
        self._waiting: deque[Ring] = deque(maxlen=MOST_WAITING)
        self._work = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._layer: Any = None
        self._ending = False
        self.hubs: list[Hub] = []

    def ring(self, *rings: Ring) -> None:
        """Never blocks, never raises for want of a Redis."""
        self._waiting.extend(rings)
        self._work.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._carry, name="bell", daemon=True)
                self._thread.start()

    def end(self) -> None:
        """The process is about to end: a short command's rings still go out, and no thread is killed in mid-call."""
        self._ending = True
        self._work.set()
        if self._thread:
            self._thread.join(LAST_WORDS_S)

    def _carry(self) -> None:
        with asyncio.Runner() as runner:
            while not self._ending or self._waiting:
                self._work.wait()
                self._work.clear()
                while batch := self._next_batch():
                    runner.run(self._carry_batch(batch))
            runner.run(self._let_go())

    def _next_batch(self) -> list[Ring]:
        batch: list[Ring] = []
        size = 0
        while self._waiting and size < LARGEST_MESSAGE:
            batch.append(self._waiting.popleft())
            size += weight(batch[-1])
        return batch

    async def _carry_batch(self, batch: list[Ring]) -> None:
        deaf = [hub for hub in self.hubs if not hub.alive]
        _ring_here(deaf, batch)
        if not settings.CHANNEL_LAYERS:
            return
        if await self._sent(batch) or (not self._ending and await self._sent(batch)):
            return  # a link that Redis closed meanwhile fails once
        _ring_here([hub for hub in self.hubs if hub not in deaf], batch)

    async def _sent(self, batch: list[Ring]) -> bool:
        try:
            await asyncio.wait_for(self._send(batch), SEND_TIMEOUT_S)
        except Exception as error:  # whatever Redis does, the rows are safe: say it and go on
            log.warning("bell not rung: %s: %s", type(error).__name__, error)
            await self._let_go()
            if self._ending:
                self._waiting.clear()
            return False
        return True

    async def _let_go(self) -> None:
        layer, self._layer = self._layer, None
        if layer is not None:
            await let_go(layer)

    async def _send(self, batch: list[Ring]) -> None:
        if self._layer is None:
            self._layer = channel_layers.make_backend("default")
        await self._layer.group_send(GROUP, message(batch))


async def let_go(layer: Any) -> None:
    """Close a layer that may be broken."""
    try:
        await asyncio.wait_for(layer.flush(), SEND_TIMEOUT_S)
    except Exception as error:  # it is; that is why we leave it
        log.debug("layer not closed: %s", error)


def _ring_here(hubs: Sequence[Hub], batch: Sequence[Ring]) -> None:
    for hub in hubs:
        try:
            hub.ring_from_thread(batch)
        except Exception as error:  # its event loop has ended; the other hubs still want to hear
            log.warning("hub not rung: %s: %s", type(error).__name__, error)


def message(rings: Sequence[Ring]) -> dict[str, Any]:
    return {"type": "bell", "v": VERSION, "rings": [pack(ring) for ring in rings]}


bell = Bell()
atexit.register(bell.end)


def ring_on_commit(*rings: Ring) -> None:
    """Ring when the transaction commits, or now if there is none; a failing bell is not the request's failure."""
    if rings:
        # no partial: it has no __qualname__, which Django wants for the log line of a robust hook that failed
        transaction.on_commit(lambda: bell.ring(*rings), robust=True)


def ring_sign_out(user_id: int) -> None:
    """Have this person's connections looked at again, wherever they are."""
    bell.ring(SignOutRing(user_id))
