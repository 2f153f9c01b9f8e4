"""What Redis may do to us: fall silent, hang, come back empty. No socket closes and nothing is lost (DESIGN §9)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from redis import asyncio as aioredis

from config.running import embedded, processes
from notifications.live.bell import GROUP, Bell, bell
from notifications.live.hub import Hub
from notifications.live.rings import Ring
from notifications.live.threads import in_thread

from .. import crowd
from ..conftest import Listener
from ..lost import send_silently
from ..waiting import until, wind_up
from .test_hub import connect

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]
NOTICED_WITHIN_S = 40  # 10 s of silence, a send that hangs for 5 s, and a busy machine


class Valkey:
    """One of this test's own, to be killed and started again, empty."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: processes.Child | None = None

    @property
    def url(self) -> str:
        return embedded.socket_url(self._folder)

    @property
    def path(self) -> str:
        return self.url.removeprefix("unix://")

    def start(self) -> None:
        program = embedded.find_server()
        assert program
        child = processes.spawn(embedded.command(program, self._folder), log=embedded.log_file(self._folder))
        assert embedded.wait_until_ready(self._folder, is_running=lambda: child.poll() is None)
        self._child = child

    def kill(self) -> None:
        if self._child:
            self._child.kill()
            self._child.wait()
        Path(self.path).unlink(missing_ok=True)


class Proxy:
    """TCP in front of it. Once it swallows, bytes vanish both ways and nobody is told: a link that is half open."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"redis://{host}:{port}"

    async def aclose(self) -> None:
        if self._server:
            self._server.close()

    def swallow(self) -> None:
        self._passing.clear()

    def work_again(self) -> None:
        """For new links: what was swallowed is gone."""
        self._passing = asyncio.Event()
        self._passing.set()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = self._passing
        far_reader, far_writer = await asyncio.open_unix_connection(self._path)
        pipes = [self._pipe(reader, far_writer, passing), self._pipe(far_reader, writer, passing)]
        try:
            with contextlib.suppress(ConnectionError):
                await asyncio.gather(*pipes)
        finally:
            for end in (writer, far_writer):
                end.transport.abort()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event) -> None:
        while data := await reader.read(65_536):
            if passing.is_set():
                writer.write(data)
                await writer.drain()
        writer.write_eof()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    made = Valkey(tmp_path)
    made.start()
    yield made
    made.kill()


def layer_at(url: str, settings: Any) -> None:
    host = {**settings.CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0], "address": url}
    backend = settings.CHANNEL_LAYERS["default"]["BACKEND"]
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": backend, "CONFIG": {"hosts": [host], "prefix": "fault"}}}


class Elsewhere:
    """Another process: it commits, and rings over the layer alone."""

    def __init__(self, listener: Listener) -> None:
        self._bell, self._listener = Bell(), listener
        self._rung: list[Ring] = []

    def send(self, user: User) -> None:
        crowd.send(user)
        rings = self._listener.heard()
        self._bell.ring(*rings[len(self._rung) :])
        self._rung = rings


@pytest.fixture
def elsewhere(listener: Listener) -> Elsewhere:
    return Elsewhere(listener)


@contextlib.asynccontextmanager
async def hub_apart() -> AsyncIterator[Hub]:
    """A quick one that the test's own bell does not ring directly: as if everything came from other processes."""
    hub = Hub()
    hub.nonce_every_s, hub.deaf_after_s = 1.0, 2.0
    bell.hubs.remove(hub)
    yield hub
    hub.stop()
    await wind_up()


@pytest.fixture
def person(transactional_db: None) -> User:
    return crowd.make_person()


async def test_an_idle_hub_still_hears(hub: Hub, settings: Any, person: User) -> None:
    """redis-py 8 ended an idle receive after 5 s (trap 1): two nonces lie as far apart as that."""
    assert hub.nonce_every_s == 5
    redis = aioredis.Redis.from_url(settings.REDIS_URL)
    ear = redis.pubsub(ignore_subscribe_messages=True)
    prefix = settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"]
    await ear.subscribe(f"{prefix}__group__{GROUP}")
    wire = await connect(hub, person)
    nonces = 0
    async with asyncio.timeout(NOTICED_WITHIN_S):
        while nonces < 2:
            nonces += await ear.get_message(timeout=hub.nonce_every_s) is not None
    await ear.aclose()
    await redis.aclose()
    await in_thread(crowd.send, person)
    await until(lambda: wire.seqs() == [1], "the notification")
    assert hub.alive


async def test_a_redis_that_is_killed_and_comes_back_empty_loses_nothing(
    valkey: Valkey, settings: Any, person: User, elsewhere: Elsewhere
) -> None:
    layer_at(valkey.url, settings)
    async with hub_apart() as hub:
        wire = await connect(hub, person)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1], "the first")
        valkey.kill()
        await in_thread(elsewhere.send, person)
        await until(lambda: not hub.alive, "noticing", NOTICED_WITHIN_S)
        await until(lambda: wire.seqs() == [1, 2], "the one that nobody rang")
        valkey.start()
        await until(lambda: hub.alive, "hearing again", NOTICED_WITHIN_S)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1, 2, 3], "the one after")
        assert wire.codes == []
        wire.assert_in_order()


async def test_the_first_ring_after_a_short_restart_is_heard_elsewhere(
    valkey: Valkey, settings: Any, person: User, elsewhere: Elsewhere
) -> None:
    """The bell's own link was closed meanwhile, and it learns of that by using it."""
    layer_at(valkey.url, settings)
    async with hub_apart() as hub:
        wire = await connect(hub, person)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1], "the first")
        valkey.kill()
        valkey.start()
        ear = aioredis.Redis.from_url(valkey.url)
        await until(lambda: _somebody_listens(ear), "the hub listening again", NOTICED_WITHIN_S)
        await ear.aclose()
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1, 2], "the second")


async def _somebody_listens(redis: "aioredis.Redis") -> bool:
    ((_, count),) = await redis.pubsub_numsub(f"fault__group__{GROUP}")
    return bool(count)


async def test_a_half_open_link_is_noticed_and_made_anew(
    valkey: Valkey, settings: Any, person: User, elsewhere: Elsewhere
) -> None:
    proxy = Proxy(valkey.path)
    layer_at(await proxy.start(), settings)
    async with hub_apart() as hub, contextlib.aclosing(proxy):
        wire = await connect(hub, person)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1], "the first")
        proxy.swallow()
        await until(lambda: not hub.alive, "noticing", NOTICED_WITHIN_S)
        await in_thread(send_silently, person)
        await until(lambda: wire.seqs() == [1, 2], "the one that nobody could ring")
        proxy.work_again()
        await until(lambda: hub.alive, "hearing again", NOTICED_WITHIN_S)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1, 2, 3], "the one after")
        wire.assert_in_order()


async def test_without_any_redis_everything_still_arrives(settings: Any, person: User, elsewhere: Elsewhere) -> None:
    settings.CHANNEL_LAYERS = {}
    async with hub_apart() as hub:
        wire = await connect(hub, person)
        await in_thread(elsewhere.send, person)
        await until(lambda: wire.seqs() == [1], "the notification")
        assert not hub.alive


async def test_a_hub_that_cannot_hear_is_rung_by_its_own_process(settings: Any, person: User, tmp_path: Path) -> None:
    layer_at(f"unix://{tmp_path}/nobody.sock", settings)
    hub = Hub()
    wire = await connect(hub, person)
    await in_thread(crowd.send, person)
    await until(lambda: wire.seqs() == [1], "the notification")
    assert not hub.alive
    hub.stop()
    await wind_up()
