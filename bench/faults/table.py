"""The faults as data: what is done, and what must come of it. The order is the order of play."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .plays import killing
from .scene import Scene

BOTH, CLUSTER, EMBEDDED = ("cluster", "embedded"), ("cluster",), ("embedded",)


@dataclass(frozen=True)
class Fault:
    """`expected` is on top of what holds after every fault (judging.py)."""

    name: str
    what: str
    expected: str
    play: Callable[[Scene], Awaitable[str]]
    where: tuple[str, ...]
    quick: bool = True


FAULTS = [
    Fault(
        "server-killed",
        "kill -9 of servers at random moments of a burst",
        "every post is answered in the end, once",
        killing.at_random_moments,
        BOTH,
    ),
    Fault(
        "bell-lost",
        "kill -9 of a server between commit and bell",
        "devices on the other server show it within 30 s (heartbeat)",
        killing.between_commit_and_bell,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "server-killed-with-sockets",
        "kill -9 of a server with 1,000 sockets on two, in a burst",
        "all sockets come back and show each row once",
        killing.with_many_sockets,
        CLUSTER,
        quick=False,
    ),
    Fault(
        "rolling-restart",
        "SIGTERM to one process after the other, under load",
        "each ends by itself within 10 s; nobody misses anything",
        killing.rolling_restart,
        BOTH,
    ),
]


def rows(setting: str, *, quick: bool, only: str | None) -> list[Fault]:
    here = [fault for fault in FAULTS if setting in fault.where]
    if only:
        return [fault for fault in here if fault.name == only]
    return [fault for fault in here if fault.quick or not quick]
