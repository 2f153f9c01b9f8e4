"""Every stack through every play, in turns, so that the noise of the machine falls on all of them."""

import asyncio
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .. import stage
from .clients import Clients, Stalled, build
from .messages import Numbered, Written
from .plays import BURST, FLAT_OUT, SINGLES, STEADY, WARM_UP, Cost, Play
from .stacks import SOCKETS, STREAMS, CannotRun, Stack, Tidings

PEOPLE = 1000
ROUNDS = 3


@dataclass
class Found:
    """Of one stack: costs of each play by round, CPU µs of accepting a socket, bytes held for each idle one."""

    plays: dict[str, list[Cost]] = field(default_factory=lambda: defaultdict(list))
    accept_us: list[float] = field(default_factory=list)
    idle_kb: list[float] = field(default_factory=list)


async def run(folder: Path, redis_url: str, *, rounds: int = ROUNDS, only: set[str] | None = None) -> dict[str, Found]:
    clients = build("clients", folder)
    people = await asyncio.to_thread(stage.people, PEOPLE)
    found: dict[str, Found] = defaultdict(Found)
    left_out: set[type[Stack]] = set()
    for _ in range(rounds):
        for made in (*SOCKETS, *STREAMS):
            if made in left_out or (only and made.__name__ not in only):
                continue
            stack = made(folder, redis_url, people)
            try:
                await _round(stack, clients, found[stack.name])
            except CannotRun as reason:
                left_out.add(made)
                print(f"{stack.name} is left out: {reason}", file=sys.stderr)
            except Stalled as reason:
                print(f"{stack.name} has lost messages, and a round: {reason}", file=sys.stderr)
    return found


async def _round(stack: Stack, program: Path, found: Found) -> None:
    with stack.start() as server:
        await asyncio.to_thread(server.wait_for_port, stack.port)
        await asyncio.sleep(1)
        before, kb = server.cpu_s(), server.memory_kb()
        with Clients(program, stack.port, stack.dialect, stack.paths()) as clients:
            await asyncio.sleep(1)
            found.accept_us.append((server.cpu_s() - before) / PEOPLE * 1e6)
            found.idle_kb.append((server.memory_kb() - kb) / PEOPLE)
            messages = await asyncio.to_thread(_messages, stack)
            await stack.opened()
            for name, cost in (await Play(stack, server, clients, messages).run()).items():
                found.plays[name].append(cost)
            await stack.closed()


def _messages(stack: Stack) -> Numbered:
    """For all plays; the singles' rows among them."""
    if not isinstance(stack, Tidings):
        return Numbered(PEOPLE)
    return Written(PEOPLE, WARM_UP + BURST + STEADY + (FLAT_OUT + SINGLES) // PEOPLE)
