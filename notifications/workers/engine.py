"""What every server and worker process runs: the sweep and the senders. Any number of processes may."""

from ..delivery import queue
from .loop import Worker, sweep
from .sending import Sender


class Engine:
    """Threads of this process; start them once."""

    def __init__(self) -> None:
        self._sweep, self._sender = Worker(), Sender()

    def start(self) -> "Engine":
        self._sweep.start()
        self._sender.start()
        return self

    def stop(self) -> None:
        """Bounded: what is still under way after a few seconds is left to its lease."""
        self._sender.stop()
        self._sweep.stop()


def do_what_is_due() -> None:
    """Everything that is due now, its consequences included, and no more."""
    while sweep():
        pass
    sender = Sender()
    while sender.step() or sender.is_busy():
        queue.work.wait(0.05)
        queue.work.clear()
    sender.stop()
