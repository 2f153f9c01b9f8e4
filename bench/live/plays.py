"""What each stack is put through, one after the other on the same open sockets, and what it cost."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..processes import Process
from .clients import Clients
from .messages import Numbered
from .stacks import Stack, Told

WARM_UP = 2  # broadcasts
STEADY_HZ, STEADY = 50, 200  # broadcasts a second, and how many
SLOW_HZ, SLOW = 2, 12  # for who does not keep up
BURST = 100  # broadcasts queued at once
SLOW_BURST = 8  # django-eventstream drops what is beyond 10 for one client
SINGLES_HZ, SINGLES = 1000, 5000
SLOW_SINGLES_HZ, SLOW_SINGLES = 500, 2000
FLAT_OUT = 5000
AT_ONCE = 100  # of those that are sent flat out
SETTLED_S = 1.5  # the last acks belong to the work


@dataclass
class Cost:
    """Of one play: server CPU for each delivery, and milliseconds from the sending to each client."""

    us: float
    ms: list[float] = field(default_factory=list)

    @property
    def p50(self) -> float:
        return statistics.median(self.ms)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.ms, n=100)[98]


class Play:
    """One stack, open and connected."""

    def __init__(self, stack: Stack, server: Process, clients: Clients, messages: Numbered) -> None:
        self.stack, self.server, self.clients, self.messages = stack, server, clients, messages

    async def run(self) -> dict[str, Cost]:
        await self.warm_up()
        fast = self.stack.keeps_up
        return {
            "burst": await self.together(self.to_all(BURST if fast else SLOW_BURST), AT_ONCE),
            "steady": await self.paced(self.to_all(STEADY if fast else SLOW), STEADY_HZ if fast else SLOW_HZ),
            "flat out": await self.together(self.to_one(FLAT_OUT if fast else SLOW_SINGLES), AT_ONCE),
            "singles": await self.paced(
                self.to_one(SINGLES if fast else SLOW_SINGLES), SINGLES_HZ if fast else SLOW_SINGLES_HZ
            ),
        }

    async def warm_up(self) -> None:
        await self.together(self.to_all(WARM_UP), AT_ONCE)

    def to_all(self, count: int) -> list[Told]:
        return [(number, None, ring) for number, ring in (self.messages.to_all() for _ in range(count))]

    def to_one(self, count: int) -> list[Told]:
        return [one for _ in range(0, count, self.messages.people) for one in self.messages.to_each()][:count]

    async def together(self, told: Sequence[Told], at_once: int) -> Cost:
        """As fast as they go."""
        batches = [told[i : i + at_once] for i in range(0, len(told), at_once)]
        return await self.measured(told, lambda: self._send(batches, every_s=0))

    async def paced(self, told: Sequence[Told], hz: int) -> Cost:
        return await self.measured(told, lambda: self._send([[one] for one in told], every_s=1 / hz))

    async def _send(self, batches: Iterable[Sequence[Told]], *, every_s: float) -> dict[int, int]:
        """When each number was sent, in ns."""
        sent: dict[int, int] = {}
        began = time.monotonic()
        for i, batch in enumerate(batches):
            if (early := began + i * every_s - time.monotonic()) > 0:
                await asyncio.sleep(early)
            now = time.monotonic_ns()
            sent.update((number, now) for number, _, _ in batch)
            await self.stack.send(batch)
        return sent

    async def measured(self, told: Sequence[Told], send: Callable) -> Cost:
        deliveries = sum(self.clients.count if index is None else 1 for _, index, _ in told)
        self.clients.expect(deliveries)
        before = self.server.cpu_s()
        sent = await send()
        await asyncio.to_thread(self.clients.wait)
        await asyncio.sleep(SETTLED_S)
        spent = self.server.cpu_s() - before
        came = self.clients.samples()
        assert len(came) == deliveries, f"{self.stack.name}: {len(came)} came of {deliveries}"
        return Cost(spent / deliveries * 1e6, [(at - sent[number]) / 1e6 for number, at in came])
