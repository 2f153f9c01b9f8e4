"""The real server: uvicorn as `serve` configures it, in a thread of the test's process; or a process of its own."""

import asyncio
import contextlib
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect

from config.running import processes, serving
from notifications.live.threads import in_thread
from notifications.sockets.process import LiveProcess

from ..waiting import PATIENCE_S, until, wind_up
from .device import access

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[3]


class Server(uvicorn.Server):
    """Without what `serve` does to its process: signals, an alarm, a limit."""

    loop: asyncio.AbstractEventLoop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        LiveProcess.here().stop()
        await wind_up()

    def do(self, work: Callable[[LiveProcess], Awaitable[T]]) -> T:
        """Something with the live process, on its own event loop."""

        async def there() -> T:
            return await work(LiveProcess.here())

        return asyncio.run_coroutine_threadsafe(there(), self.loop).result(PATIENCE_S)


class Served:
    def __init__(self, address: str, server: Server | None = None) -> None:
        self.address, self._server = address, server
        self._clients: list[ClientConnection] = []

    async def open(self, query: str = "", path: str = "/ws/notifications/", **how: Any) -> ClientConnection:
        url = f"ws://{self.address}{path}?{query}"
        self._clients.append(await connect(url, compression=None, open_timeout=PATIENCE_S, **how))
        return self._clients[-1]

    async def connect(self, user: User, **how: Any) -> ClientConnection:
        """Signed in with a token."""
        return await self.open(f"token={await in_thread(access, user)}", **how)

    async def do(self, work: Callable[[LiveProcess], Awaitable[T]]) -> T:
        """Something with the live process, on its own event loop."""
        assert self._server
        return await in_thread(self._server.do, work)

    async def leave(self) -> None:
        for client in self._clients:
            await client.close()


@contextlib.asynccontextmanager
async def in_a_thread(*, send_buffer: int | None = None) -> AsyncIterator[Served]:
    listener = serving.bind("127.0.0.1", 0)
    if send_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    serving.listen(listener)
    server = Server(serving._config())
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="server")
    thread.start()
    served = Served(serving.address_of(listener), server)
    try:
        yield served
    finally:
        await served.leave()
        server.should_exit = True
        await until(lambda: not thread.is_alive(), "the end of the server")


@contextlib.asynccontextmanager
async def in_a_process(*command: str) -> AsyncIterator[tuple[Served, processes.Child]]:
    """A command with `{port}` in it, on the database and Valkey of this test."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    words = [sys.executable, *(word.format(port=port) for word in command)]
    child = processes.spawn(words, cwd=ROOT, env={**os.environ, **environment()})
    served = Served(f"127.0.0.1:{port}")
    try:
        await until(lambda: _answers(port) or child.poll() is not None, "the server", 60)
        assert child.poll() is None
        yield served, child
    finally:
        await served.leave()
        if child.poll() is None:
            child.kill()
        child.wait(PATIENCE_S)


def environment() -> dict[str, str]:
    """What a process of ours needs to work on this test's database, and to be heard on its Valkey."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
    layer: Any = settings.CHANNEL_LAYERS["default"]
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL or "",
        "SECRET_KEY": settings.SECRET_KEY,
        "TIDINGS_LAYER_PREFIX": layer["CONFIG"]["prefix"],
    }


def _answers(port: int) -> bool:
    client = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status == 200
    except OSError:
        return False
    finally:
        client.close()
