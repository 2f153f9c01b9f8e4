"""The senders: threads that make attempts, and one loop that leases work for them and keeps the leases alive."""

import logging
import random
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings

from .. import transports
from ..delivery import queue
from ..delivery.attempt import attempt
from ..delivery.queue import Leased
from ..live.threads import unit

log = logging.getLogger("tidings.sender")
LOOK_EVERY_S = 1.0  # what other processes planned, and what falls due
RENEW_EVERY_S = 10.0
STOP_WITHIN_S = 5.0
OLDEST_EVERY = 8  # one claim in so many takes whatever has waited longest: nothing urgent starves the rest for ever


class Sender:
    """At most half of its threads serve one channel: a provider that hangs does not hold up the others."""

    def __init__(self, threads: int | None = None) -> None:
        self.threads = threads or settings.SENDER_THREADS
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="sender")
        self._under_way: dict[Leased, Future[None]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._claims = 0
        self._renewed_at = time.monotonic()

    def start(self) -> "Sender":
        self._thread = threading.Thread(target=self.run, name="sender", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """No new attempt begins; those under way get a moment, and what had not begun is free again."""
        self._stopping.set()
        queue.work.set()
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(STOP_WITHIN_S + 2)

    def run(self) -> None:
        while not self._stopping.is_set():
            if not self.step():
                queue.work.wait(LOOK_EVERY_S * random.uniform(0.8, 1.2))
                queue.work.clear()
        self._wind_up()

    def step(self) -> bool:
        """Lease what there is room for; True when there was something."""
        try:
            if time.monotonic() - self._renewed_at > RENEW_EVERY_S:
                self._renew()
            most, of_each = self._room()
            if not most:
                return False
            self._claims += 1
            leased = unit(queue.claim, of_each, most=most, oldest_first=self._claims % OLDEST_EVERY == 0)
        except Exception as error:  # the database is away: the next round tries again
            log.warning("nothing claimed: %s: %s", type(error).__name__, error)
            return False
        for one in leased:
            self._begin(one)
        return bool(leased)

    def is_busy(self) -> bool:
        with self._lock:
            return bool(self._under_way)

    def _room(self) -> tuple[int, dict[str, int]]:
        """How many threads are free, and how many of them each channel may take."""
        with self._lock:
            busy = Counter(one.channel for one in self._under_way)
        share = max(1, self.threads // 2)
        return self.threads - busy.total(), {channel: share - busy[channel] for channel in transports.configured()}

    def _begin(self, leased: Leased) -> None:
        with self._lock:
            future = self._pool.submit(self._attempt, leased)
            self._under_way[leased] = future

    def _attempt(self, leased: Leased) -> None:
        try:
            if not self._stopping.is_set():
                unit(attempt, leased)
        except Exception as error:  # its lease ends, and somebody looks again
            log.warning("delivery %s: %s: %s", leased.id, type(error).__name__, error)
        finally:
            with self._lock:
                self._under_way.pop(leased, None)
            queue.work.set()

    def _renew(self) -> None:
        self._renewed_at = time.monotonic()
        with self._lock:
            under_way = list(self._under_way)
        if under_way:
            unit(queue.renew, under_way)

    def _wind_up(self) -> None:
        with self._lock:
            waiting = [one for one, future in self._under_way.items() if future.cancel()]
            running = [future for one, future in self._under_way.items() if one not in waiting]
        try:
            unit(queue.release, waiting)
        except Exception as error:  # the leases end by themselves
            log.warning("leases not released: %s: %s", type(error).__name__, error)
        deadline = time.monotonic() + STOP_WITHIN_S
        for future in running:
            with_time = max(0.0, deadline - time.monotonic())
            try:
                future.result(with_time)
            except Exception as error:
                log.debug("still under way: %s", type(error).__name__)
        self._pool.shutdown(wait=False, cancel_futures=True)
