"""A steady stream of events: each is posted until it is answered, under one Idempotency-Key."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpx

AT_ONCE = 8
AGAIN_S = 0.25
PATIENCE_S = 8.0
MESSAGE = "The service will be read-only on Saturday between 02:00 and 04:00 UTC."


@dataclass
class Posted:
    """One event: whom it concerns, and what was answered (None: nothing yet)."""

    key: str
    told: frozenset[int]  # whoever must be told
    event_id: str | None = None
    tries: int = 0


@dataclass
class Stream:
    """Posts `per_s` events to one, to some, to all of the crew, at any of `doors`."""

    doors: Sequence[str]
    token: str
    crew: Sequence[int]
    seed: int
    per_s: float
    posted: list[Posted] = field(default_factory=list)
    refusals: Counter[int] = field(default_factory=Counter)  # status: how often; 0: no answer
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._flowing = asyncio.Event()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._turn = 0
        limits = httpx.Limits(max_connections=2 * AT_ONCE)
        self._http = httpx.AsyncClient(timeout=PATIENCE_S, limits=limits, trust_env=False)

    def start(self) -> None:
        self._spawn(self._flow())

    def resume(self) -> None:
        self._flowing.set()

    def pause(self) -> None:
        self._flowing.clear()

    async def aclose(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._http.aclose()

    @property
    def unanswered(self) -> int:
        return sum(one.event_id is None for one in self.posted)

    async def _flow(self) -> None:
        while True:
            await self._flowing.wait()
            self._spawn(self.tell(self._some()))
            await asyncio.sleep(self._random.expovariate(self.per_s))

    def _some(self) -> list[int]:
        dice = self._random.random()
        count = 1 if dice < 0.6 else self._random.randint(3, 10) if dice < 0.9 else len(self.crew)
        return self._random.sample(list(self.crew), min(count, len(self.crew)))

    async def tell(self, people: Sequence[int], *, urgent: bool = False, **more: Any) -> Posted:
        """One event to these; returns when it is answered. `urgent`: ahead of those that wait to be posted."""
        body = {"to": {"users": list(people)}, "channels": ["websocket"], **more}
        return await self.post(body, told=people, urgent=urgent)

    async def post(self, body: dict[str, Any], *, told: Sequence[int], key: str = "", urgent: bool = False) -> Posted:
        one = Posted(key or f"{self.seed}-{len(self.posted)}", frozenset(told))
        self.posted.append(one)
        whole = {"notification_type": "info", "title": f"No. {one.key}", "message": MESSAGE, **body}
        room: AbstractAsyncContextManager[None] = nullcontext() if urgent else self._room
        async with room:
            while one.event_id is None:
                await self._try(one, whole)
        return one

    async def _try(self, one: Posted, body: dict[str, Any]) -> None:
        one.tries += 1
        self._turn += 1
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": one.key}
        url = f"http://{self.doors[self._turn % len(self.doors)]}/api/events/"
        try:
            answer = await self._http.post(url, json=body, headers=headers)
            status = answer.status_code
            if status == 202:
                one.event_id = answer.json()["event_id"]
                return
            if status < 500 and status not in {409, 429}:
                self.wrong.append(f"{status} {answer.text[:200]}")
        except (httpx.HTTPError, ValueError):
            status = 0
        self.refusals[status] += 1
        await asyncio.sleep(AGAIN_S * self._random.uniform(0.5, 1.5))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
