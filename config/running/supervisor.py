"""One process that starts the others, watches them, and ends them in order."""

import contextlib
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType

from . import processes

RESTART_PAUSE_S = 2.0
IMPATIENT_S = 1.0  # Ctrl-C again after this: no more good-byes. Sooner it is one request that came on two ways
END_S = 8.0  # with the stores' last second all is gone within 10 s: CONTRACT §1


@dataclass(frozen=True, eq=False)
class Part:
    """A long-running child.

    When a vital one ends, everything ends with its exit code; the others are started again after a pause.
    A store is ended last, so that what uses it can say good-bye.
    """

    name: str
    command: Sequence[str | Path]
    vital: bool = False
    store: bool = False
    fds: Sequence[int] = ()
    log: Path | None = None


@dataclass
class Tree:
    """The running parts. A context manager: leaving it ends every child, for whatever reason it is left."""

    running: dict[Part, processes.Child] = field(default_factory=dict)
    fallen: dict[Part, float] = field(default_factory=dict)  # part → when to start it again
    asked_at: float | None = None  # when somebody first wanted us to end
    is_unwanted: Callable[[], bool] = lambda: False  # another way of asking, looked at now and then

    def __enter__(self) -> "Tree":
        self._awake, wake = socket.socketpair()
        self._wake = wake
        for end in (self._awake, wake):
            end.setblocking(False)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that it wakes us
        for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if not (ending == signal.SIGHUP and signal.getsignal(ending) == signal.SIG_IGN):  # nohup
                signal.signal(ending, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        stores = [child for part, child in self.running.items() if part.store]
        others = [child for part, child in self.running.items() if not part.store]
        processes.stop(others, within_s=END_S)
        processes.stop(stores, within_s=1)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self.asked_at is None:
            self.asked_at = now
        elif signum == signal.SIGINT and now - self.asked_at > IMPATIENT_S:
            for child in self.running.values():
                child.kill()

    @property
    def asked(self) -> bool:
        """Whether somebody wants us to end."""
        return self.asked_at is not None or self.is_unwanted()

    def is_running(self, part: Part) -> bool:
        return part in self.running and self.running[part].poll() is None

    def start(self, part: Part) -> None:
        self.running[part] = processes.spawn(part.command, pass_fds=part.fds, log=part.log)

    def run(self, part: Part) -> int:
        """Run it to its end: the exit code, or 0 at once when we are asked to end."""
        self.start(part)
        child = self.running[part]
        while child.poll() is None:
            if self.asked:
                return 0
            self._sleep(1)
        del self.running[part]
        return _exit_code(child)

    def watch(self, look: Callable[[], None] = lambda: None) -> int:
        """Until we are asked to end (0) or a vital part has ended (its exit code). `look` is called now and then."""
        while not self.asked:
            for part, child in self._ended():
                say(f"{part.name} has ended with exit code {_exit_code(child)}")
                if part.vital:
                    return _exit_code(child)
                self.fallen[part] = time.monotonic() + RESTART_PAUSE_S
            self._start_again()
            look()
            self._sleep(0.2)
        return 0

    def _ended(self) -> Iterator[tuple[Part, processes.Child]]:
        for part, child in list(self.running.items()):
            if child.poll() is not None:
                del self.running[part]
                yield part, child

    def _start_again(self) -> None:
        for part, due in list(self.fallen.items()):
            if time.monotonic() >= due:
                del self.fallen[part]
                say(f"{part.name} is started again")
                self.start(part)

    def _sleep(self, seconds: float) -> None:
        """Until a signal comes (a child's end is one), `seconds` at most."""
        if self.asked:
            return
        select.select([self._awake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            self._awake.recv(4096)


def _exit_code(child: processes.Child) -> int:
    """As a shell would say it: 128 + n for one that signal n has ended."""
    return child.returncode if child.returncode >= 0 else 128 - child.returncode


def say(line: str) -> None:
    print(f"tidings: {line}", file=sys.stderr, flush=True)
