"""So long and no longer. Sockets have timeouts per step: a server that sends a byte now and then outlasts them all."""

import heapq
import os
import queue
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType


class Deadline:
    """A with-block's time. When it is over, the connection that was given to `hold` is shut, from another thread."""

    def __init__(self, total_s: float) -> None:
        self._ends = time.monotonic() + total_s
        self._held: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Deadline":
        _watch.add(self._ends, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._held:
                self._held.close()
                self._held = None

    def left_s(self, at_most: float | None = None) -> float:
        """What is left of it, and never nothing: zero would mean "do not wait" to a socket."""
        left = max(self._ends - time.monotonic(), 0.001)
        return left if at_most is None else min(left, at_most)

    def hold(self, connection: socket.socket) -> None:
        """A handle of our own on the connection: TLS takes the socket's away in mid-handshake."""
        with self._lock:
            if self._held:
                self._held.close()
            self._held = connection.dup()
        if time.monotonic() >= self._ends:
            self.cut()

    def cut(self) -> None:
        """Its time is over. Nothing happens when it has ended before."""
        with self._lock:
            if self._held:
                with suppress(OSError):  # closed already
                    self._held.shutdown(socket.SHUT_RDWR)


class _Watch:
    """One thread for all deadlines: a timer's thread for each attempt would cost more than the attempt."""

    def __init__(self) -> None:
        self._next: list[tuple[float, int, Deadline]] = []  # a heap; what ended in time is left in it, and cuts nothing
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, ends: float, deadline: Deadline) -> None:
        with self._changed:
            heapq.heappush(self._next, (ends, id(deadline), deadline))
            if self._next[0][2] is deadline:
                self._changed.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, name="deadlines", daemon=True)
                self._thread.start()

    def _keep(self) -> None:
        while True:
            self._next_over().cut()

    def _next_over(self) -> Deadline:
        with self._changed:
            while not self._next or (left := self._next[0][0] - time.monotonic()) > 0:
                self._changed.wait(left if self._next else None)
            return heapq.heappop(self._next)[2]


_watch = _Watch()


def _begin_anew() -> None:
    """A forked process (Celery's) has no thread of its parent's, and its lock may be held for ever."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_begin_anew)


def resolve(host: str, port: int, *, within_s: float) -> list[str]:
    """Every address of the host, as the system's resolver gives them. Raises OSError; it has no timeout of its own."""
    with suppress(OSError, UnicodeError):  # a number is known at once
        return _addresses(host, port, socket.AI_NUMERICHOST)
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found.put(_addresses(host, port))
        except OSError as error:
            found.put(error)
        except UnicodeError:  # a label that is too long or empty
            found.put(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = found.get(timeout=within_s)
    except queue.Empty:
        raise TimeoutError("the name was not resolved in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _addresses(host: str, port: int, flags: int = 0) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(row[4][0]) for row in rows))
