"""What a play has: the processes, the people with their devices, the stream, and a place for what went wrong."""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from . import books
from .clients.device import Device
from .clients.people import People
from .clients.provider import Provider
from .clients.stream import Stream
from .cluster.embedded import Embedded
from .cluster.parts import Server
from .cluster.scattered import Cluster

P = ParamSpec("P")
R = TypeVar("R")
LOOK_EVERY_S = 0.1
DEVICES_EACH = 2


@dataclass
class Scene:
    setting: Cluster | Embedded
    people: People
    provider: Provider
    quick: bool
    seed: int = 1
    devices: list[Device] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    memory: dict[int, int] = field(default_factory=dict)  # pid: bytes after warm-up

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        doors = [server.address for server in self.setting.servers]
        crew = [person.id for person in self.people.crew]
        self.stream = Stream(doors, self.people.control.token, crew, self.seed, 10 if self.quick else 20)
        self.gates = [gate.address for gate in self.setting.gates]

    @property
    def cluster(self) -> Cluster:
        assert isinstance(self.setting, Cluster)
        return self.setting

    @property
    def embedded(self) -> Embedded:
        assert isinstance(self.setting, Embedded)
        return self.setting

    @property
    def servers(self) -> list[Server]:
        return self.setting.servers

    def start_devices(self) -> None:
        for i, person in enumerate(self.people.crew):
            for k in range(DEVICES_EACH):
                self.devices.append(Device(person.id, person.token, self.gates, seed=DEVICES_EACH * i + k))
        for device in self.devices:
            device.start()

    # --- finding out ----------------------------------------------------------
    def expect(self, holds: bool, otherwise: str) -> None:
        """Note what is not as it should be."""
        if not holds:
            self.findings.append(otherwise)

    async def until(self, holds: Callable[[], bool], what: str, within_s: float) -> bool:
        """Wait for it; a finding, and False, when it does not come in time."""
        deadline = time.monotonic() + within_s
        while not holds():
            if time.monotonic() > deadline:
                self.findings.append(f"{what}: not within {within_s:.0f} s")
                return False
            await asyncio.sleep(LOOK_EVERY_S)
        return True

    async def until_found(self, find: Callable[[], str | None], what: str, within_s: float) -> bool:
        """The same with the database: `find` says in a thread what is still in the way, None when nothing is."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                missing = await ask(find)
            except Exception as error:  # the database may be away just now
                missing = f"{type(error).__name__}: {error}"
            if missing is None:
                return True
            if time.monotonic() > deadline:
                self.findings.append(f"{what}: not within {within_s:.0f} s: {missing}")
                return False
            await asyncio.sleep(2 * LOOK_EVERY_S)

    async def flow(self, seconds: float) -> None:
        """The stream goes on for a while."""
        self.stream.resume()
        await asyncio.sleep(seconds)

    async def reaches(self, within_s: float) -> float:
        """Seconds until an event that is posted now is shown on all the devices of one of the crew."""
        person = self.people.crew[self.random.randrange(len(self.people.crew))]
        began = time.monotonic()
        posted = await self.stream.tell([person.id], urgent=True)
        mine = [device for device in self.devices if device.user_id == person.id]
        head = await ask(books.seq_of, posted.event_id or "", person.id)
        await self.until(lambda: all(one.cursor >= head for one in mine), "an event shown", within_s)
        return time.monotonic() - began

    def weigh_anew(self) -> None:
        """What the servers hold now is where they are after warm-up."""
        self.memory = {server.pid: server.memory() for server in self.servers}

    async def all_live(self, devices: Sequence[Device] | None = None, within_s: float = 60) -> bool:
        them = self.devices if devices is None else devices
        return await self.until(lambda: all(one.is_live for one in them), "every device live", within_s)


async def ask(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Something with the database, in a thread; its connection is closed afterwards."""

    def there() -> R:
        from django.db import connection

        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    return await asyncio.to_thread(there)
