"""So long and no longer. Sockets have timeouts per step: a server that sends a byte now and then outlasts them all."""

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
        self._timer = threading.Timer(total_s, self._cut)
        self._timer.daemon = True
        self._held: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
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
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            if self._held:
                with suppress(OSError):  # closed already
                    self._held.shutdown(socket.SHUT_RDWR)


def resolve(host: str, port: int, *, within_s: float) -> list[str]:
    """Every address of the host, as the system's resolver gives them. Raises OSError; it has no timeout of its own."""
    found: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))
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
