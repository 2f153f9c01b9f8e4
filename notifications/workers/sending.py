"""The sender: one loop leases, begins and records, many at a time; its threads only talk to providers."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

from django.conf import settings
from django.db import InterfaceError, OperationalError

from .. import transports
from ..delivery import queue
from ..delivery.attempts.attempt import Begun, Outcome
from ..delivery.attempts.beginning import begin
from ..delivery.attempts.pushing_again import push_again
from ..delivery.attempts.recording import record
from ..delivery.queue import Leased
from ..events import Channel
from ..live.threads import unit

T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger("tidings.sender")
LOOK_EVERY_S = 1.0  # what other processes planned, and what falls due
RENEW_EVERY_S = 10.0
STOP_WITHIN_S = 5.0
DATABASE_AWAY = (OperationalError, InterfaceError)
OLDEST_EVERY = 8  # one claim in so many takes whatever has waited longest: nothing urgent starves the rest for ever


class Sender:
    """At most half of its threads serve one channel: a provider that hangs does not hold up the others."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or settings.SENDER_THREADS
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="sender")
        self._under_way: set[Leased] = set()  # each has a thread
        self._ended: SimpleQueue[tuple[Begun, Outcome]] = SimpleQueue()
        self._unrecorded: list[tuple[Begun, Outcome]] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._claims = 0
        self._renewed_at = time.monotonic()

    def start(self) -> "Sender":
        self._thread = threading.Thread(target=self.run, name="sender", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """No new attempt begins; those under way get a moment."""
        self._stopping.set()
        queue.work.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN_S + 2)

    def is_busy(self) -> bool:
        return bool(self._under_way or self._unrecorded)

    def run(self) -> None:
        while not self._stopping.is_set():
            if not self.step():
                queue.work.wait(LOOK_EVERY_S * random.uniform(0.8, 1.2))
                queue.work.clear()
        self._wind_up()

    def step(self) -> bool:
        """Begin what there is room for, then record what has ended; True when there was something to do."""
        try:
            return unit(self._round)
        except Exception as error:  # the database is away: the next round tries again
            log.warning("%s: %s", type(error).__name__, error)
            return False

    def _round(self) -> bool:
        """Threads that are free wait for nothing but their next attempt; what came of the last one is written then."""
        self._take_ended()
        if time.monotonic() - self._renewed_at > RENEW_EVERY_S:
            self._renewed_at = time.monotonic()
            queue.renew([*self._under_way, *(begun.leased for begun, _ in self._unrecorded)])
        if self._begin() and len(self._unrecorded) < self.threads:
            return True  # what has ended waits for more of its kind: a batch costs little more than one
        return self._record()

    # --- beginning ------------------------------------------------------------
    def _begin(self) -> bool:
        free = self.threads - len(self._under_way)
        if not free:
            return False
        self._claims += 1
        leased = queue.claim(self._room(), most=free, oldest_first=self._claims % OLDEST_EVERY == 0)
        pushes = [one for one in leased if one.channel == Channel.WEBSOCKET]
        _each_alone_if_need_be(_push_all, pushes)
        outward = [one for one in leased if one.channel != Channel.WEBSOCKET]
        for begun in _each_alone_if_need_be(begin, outward):
            self._under_way.add(begun.leased)
            self._pool.submit(self._make, begun)
        return bool(leased)

    def _room(self) -> dict[str, int]:
        """How many more each channel may take."""
        busy = Counter(one.channel for one in self._under_way)
        share = max(1, self.threads // 2)
        room = {channel: share - busy[channel] for channel in transports.configured()}
        return {**room, Channel.WEBSOCKET: share}  # that one costs no thread

    def _make(self, begun: Begun) -> None:
        self._ended.put((begun, begun.make()))
        queue.work.set()

    # --- recording ------------------------------------------------------------
    def _record(self) -> bool:
        """What has ended, all of it; while the database is away it is kept. Raises what the database raised."""
        if not self._unrecorded:
            return False
        _each_alone_if_need_be(_record_all, self._unrecorded)
        self._unrecorded = []
        return True

    def _take_ended(self) -> None:
        """Their threads are free again."""
        with suppress(Empty):
            while True:
                begun, outcome = self._ended.get_nowait()
                self._under_way.discard(begun.leased)
                self._unrecorded.append((begun, outcome))

    def _wind_up(self) -> None:
        deadline = time.monotonic() + STOP_WITHIN_S
        while self.is_busy() and time.monotonic() < deadline:
            self._take_ended()
            try:
                if not unit(self._record):
                    queue.work.wait(0.1)
                    queue.work.clear()
            except Exception as error:
                log.warning("not recorded: %s: %s", type(error).__name__, error)
        self._pool.shutdown(wait=False, cancel_futures=True)


def _push_all(leased: list[Leased]) -> list[None]:
    push_again(leased)
    return []


def _record_all(ended: list[tuple[Begun, Outcome]]) -> list[None]:
    record(ended)
    return []


def _each_alone_if_need_be(work: Callable[[list[T]], list[R]], many: list[T]) -> list[R]:
    """All together; if that fails, one by one, so that one that cannot be worked on holds up no other."""
    if not many:
        return []
    try:
        return work(many)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        if len(many) == 1:  # its lease ends, and somebody looks again
            log.warning("%s: %s", type(error).__name__, error)
            return []
        return [made for one in many for made in _each_alone_if_need_be(work, [one])]
