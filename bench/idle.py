"""Sockets that only listen: what 10,000 hold in one process, and whether it grows while clients come and go."""

import os
import statistics
import time
from pathlib import Path

from . import stage
from .live.clients import Clients, build
from .live.stacks import Tidings
from .processes import Process

SOCKETS, WAVE = 10_000, 1_000
CHURN_S = 600
WARM_UP_S = 60
SETTLED_S = 5  # what was closed has been cleared away


def table(folder: Path) -> list[str]:
    people = stage.people(SOCKETS)
    stack = Tidings(folder, os.environ["REDIS_URL"], people)
    program = build("clients", folder)
    with stack.start() as server:
        server.wait_for_port(stack.port)
        time.sleep(SETTLED_S)
        alone_kb = server.memory_kb()
        with Clients(program, stack.port, stack.dialect, stack.paths()) as clients:
            time.sleep(SETTLED_S)
            held_kb, connecting_s = server.memory_kb() - alone_kb, clients.connecting_s
            cpu_s = _cpu_of_a_minute(server)
        waves, after_kb = _churn(server, program, stack)
    warm, last = statistics.median(after_kb[: len(after_kb) // 4]), statistics.median(after_kb[-len(after_kb) // 4 :])
    return [
        f"### {SOCKETS:,} idle sockets in one process",
        "",
        f"Accepted in {connecting_s:.1f} s. Each holds {held_kb / SOCKETS:.1f} KB; "
        f"together they cost {cpu_s / 60:.1%} of a core while nothing is sent.",
        f"Then {CHURN_S // 60} minutes of {WAVE:,} that come, stay for a moment and are gone without a word, "
        f"{waves} times: {warm / 1024:.1f} MB in the first quarter, {last / 1024:.1f} MB in the last.",
    ]


def _cpu_of_a_minute(server: Process) -> float:
    before = server.cpu_s()
    time.sleep(60)
    return server.cpu_s() - before


def _churn(server: Process, program: Path, stack: Tidings) -> tuple[int, list[int]]:
    """(how many waves, memory in KB after each of those that followed the warm-up)."""
    paths, after_kb, waves = stack.paths()[:WAVE], [], 0
    began = time.monotonic()
    while (passed := time.monotonic() - began) < WARM_UP_S + CHURN_S:
        with Clients(program, stack.port, stack.dialect, paths):
            time.sleep(1)
        time.sleep(1)
        waves += 1
        if passed > WARM_UP_S:
            after_kb.append(server.memory_kb())
    return waves, after_kb
