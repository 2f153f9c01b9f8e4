"""What every server and worker process runs: the sweep and the senders. Any number of processes may."""

from ..delivery import queue
from .loop import Worker, sweep
from .sending import Sender


class Engine:
    """Threads of this process; start them once. Without `sends` it only sweeps: other processes send."""

    def __init__(self, *, sends: bool = True) -> None:
        self._threads: list[Worker | Sender] = [Sender(), Worker()] if sends else [Worker()]

    def start(self) -> "Engine":
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Bounded: what is still under way after a few seconds is left to its lease."""
        for thread in self._threads:
            thread.stop()


def do_what_is_due() -> None:
    """Everything that is due now, its consequences included, and no more."""
    while sweep():
        pass
    sender = Sender()
    while sender.step() or sender.is_busy():
        queue.work.wait(0.05)
        queue.work.clear()
    sender.stop()
