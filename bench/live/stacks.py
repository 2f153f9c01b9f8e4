"""The stacks: how each is started, and how a message is put into it. Servers have one core, all else the other."""

import json
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgpack
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from redis.asyncio import Redis

from notifications.live.bell import GROUP, message
from notifications.live.rings import NewRing

from .. import stage
from ..processes import PYTHON, Process, free_port
from .clients import build
from .messages import payload

HERE = Path(__file__).parent


Told = tuple[int, int | None, NewRing | None]  # number, index of the person or None for everybody, our ring


class CannotRun(Exception):
    """Why a peer is left out."""


class Stack(ABC):
    """A server that is started for a block of code. What it is sent has a number, by which the clients know it."""

    name: str
    dialect = "plain"
    keeps_up = True  # with 50,000 deliveries a second; else it is measured at a rate that it can keep

    def __init__(self, folder: Path, redis_url: str, people: Sequence[stage.Person]) -> None:
        self.folder, self.redis_url, self.people = folder, redis_url, people
        self.port = free_port()

    def start(self) -> Process:
        log = self.folder / f"{type(self).__name__}.log"
        return Process(self.command(), log=log, REDIS_URL=self.redis_url, PORT=str(self.port), **self.environment())

    def environment(self) -> dict[str, str]:
        return {}

    @abstractmethod
    def command(self) -> list[str | Path]: ...

    def paths(self) -> list[str]:
        """One for each socket."""
        return [f"/ws/?token={person.token}" for person in self.people]

    async def opened(self) -> None:
        """In the event loop that will send."""
        self.redis = Redis.from_url(self.redis_url)

    async def closed(self) -> None:
        await self.redis.aclose()

    async def send(self, told: Sequence[Told]) -> None:
        """All of them, as fast as they go."""
        async with self.redis.pipeline(transaction=False) as pipeline:
            for one in told:
                pipeline.publish(*self.published(*one))
            await pipeline.execute()

    def published(self, number: int, index: int | None, ring: NewRing | None) -> tuple[str, bytes]:
        """Redis channel and what is published there."""
        raise NotImplementedError


class Tidings(Stack):
    """`manage.py serve` with everything on; its clients acknowledge."""

    name = "Tidings"
    dialect = "tidings"

    def command(self) -> list[str | Path]:
        return [PYTHON, "-m", "bench.live.serve", "--port", str(self.port)]

    def paths(self) -> list[str]:
        return [f"/ws/notifications/?token={person.token}&last_seq={stage.head()}" for person in self.people]

    def published(self, number: int, index: int | None, ring: NewRing | None) -> tuple[str, bytes]:
        assert ring
        return f"tidings__group__{GROUP}", RedisPubSubChannelLayer(hosts=[]).serialize(message([ring]))


class Portable(Tidings):
    """The same without the server's extension: any ASGI server could carry it."""

    name = "Tidings by plain ASGI `send`"
    keeps_up = False

    def command(self) -> list[str | Path]:
        return [*super().command(), "--plain"]


class Tutorial(Stack):
    """The consumer that the Channels tutorial teaches, with the layer and the server that it names."""

    name = "Channels tutorial, Daphne, core layer"
    keeps_up = False
    layer_class: type = RedisChannelLayer

    def command(self) -> list[str | Path]:
        quiet = ["-v", "0", "--websocket_timeout", "-1"]
        return [
            PYTHON,
            "-m",
            "daphne",
            "-b",
            "127.0.0.1",
            "-p",
            str(self.port),
            *quiet,
            "bench.live.tutorial.asgi:application",
        ]

    def environment(self) -> dict[str, str]:
        return {"LAYER": f"{self.layer_class.__module__}.{self.layer_class.__qualname__}", "SECRET_KEY": _secret_key()}

    async def opened(self) -> None:
        self.layer = self.layer_class(hosts=[self.redis_url], prefix="tutorial", capacity=1_000_000)

    async def closed(self) -> None:
        await self.layer.flush()

    async def send(self, told: Sequence[Told]) -> None:
        for number, index, _ in told:
            group = "everybody" if index is None else f"user_{self.people[index].id}"
            await self.layer.group_send(group, {"type": "notify", "payload": payload(number)})


class TutorialOnUvicorn(Tutorial):
    """The same consumer with the better layer on the faster server."""

    name = "Channels tutorial, uvicorn, pub/sub layer"
    layer_class = RedisPubSubChannelLayer

    def command(self) -> list[str | Path]:
        return _uvicorn("bench.live.tutorial.asgi:application", self.port)


class SocketIO(Stack):
    """socket.io 4 with its Redis adapter, WebSocket only, uncompressed; sent to as its own Redis emitter does."""

    name = "socket.io 4, Redis adapter"
    dialect = "socket.io"

    def command(self) -> list[str | Path]:
        return [_node(), self._installed() / "server.js"]

    def environment(self) -> dict[str, str]:
        return {"SECRET_KEY": _secret_key()}

    def _installed(self) -> Path:
        target = self.folder / "socketio"
        if not target.exists():
            if shutil.which("npm") is None:
                raise CannotRun("there is no npm")
            shutil.copytree(HERE / "socketio", target)
            done = subprocess.run(["npm", "ci", "--silent", "--no-audit"], cwd=target, capture_output=True, text=True)
            if done.returncode:
                raise CannotRun(f"npm ci failed: {done.stderr.strip()[-200:]}")
        return target

    def paths(self) -> list[str]:
        return [f"/socket.io/?EIO=4&transport=websocket&token={person.token}" for person in self.people]

    def published(self, number: int, index: int | None, ring: NewRing | None) -> tuple[str, bytes]:
        rooms = [] if index is None else [f"user:{self.people[index].id}"]
        packet = {"type": 2, "data": ["notification", payload(number)], "nsp": "/"}
        channel = "socket.io#/#" + "".join(f"{room}#" for room in rooms)
        return channel, msgpack.packb(["emitter", packet, {"rooms": rooms, "flags": {}, "except": []}])


class Floor(Stack):
    """C, epoll, one send() for each delivery; no Redis, no sign-in, no protocol."""

    name = "C, epoll: the floor"

    def command(self) -> list[str | Path]:
        return [build("floor", self.folder), str(self.port)]

    def start(self) -> Process:
        self.process = Process(self.command(), log=self.folder / "floor.log", stdin=subprocess.PIPE)
        return self.process

    async def opened(self) -> None: ...

    async def closed(self) -> None: ...

    async def send(self, told: Sequence[Told]) -> None:
        pipe: Any = self.process.child.stdin
        for number, index, _ in told:
            body = json.dumps(payload(number), separators=(",", ":")).encode()
            pipe.write(b"all %d\n" % len(body) if index is None else b"one %d %d\n" % (index, len(body)))
            pipe.write(body)
        pipe.flush()


class TidingsStream(Tidings):
    """The same server, read as Server-Sent Events; a stream acknowledges with its next cursor."""

    name = "Tidings, SSE"
    dialect = "sse"
    keeps_up = False  # measured at the peer's rate

    def paths(self) -> list[str]:
        head = stage.head()
        return [f"/api/notifications/stream/?token={person.token}&last_event_id={head}" for person in self.people]


class EventStream(Stack):
    """django-eventstream with its Redis, as its README has it, on uvicorn."""

    name = "django-eventstream, uvicorn"
    dialect = "sse"
    keeps_up = False
    packages = (
        "django-eventstream==5.3.4",
        "django-grip==3.5.2",
        "gripcontrol==4.4.0",
        "pubcontrol==3.5.0",
        "werkzeug",
    )

    def command(self) -> list[str | Path]:
        return _uvicorn("bench.live.eventstream.asgi:application", self.port)

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self._installed())}

    def _installed(self) -> Path:
        target = self.folder / "eventstream"
        if not target.exists():
            command = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, *self.packages]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise CannotRun(f"pip: {done.stderr.strip()[-200:]}")
        return target

    def paths(self) -> list[str]:
        return [f"/events/?channel=everybody&channel=person-{person.id}" for person in self.people]

    def published(self, number: int, index: int | None, ring: NewRing | None) -> tuple[str, bytes]:
        channel = "everybody" if index is None else f"person-{self.people[index].id}"
        event = {"channel": channel, "event_type": "notification", "data": json.dumps(payload(number)), "pub_id": None}
        return "events_channel", json.dumps(event).encode()


SOCKETS: tuple[type[Stack], ...] = (Tidings, Portable, Tutorial, TutorialOnUvicorn, SocketIO, Floor)
STREAMS: tuple[type[Stack], ...] = (TidingsStream, EventStream)


def _uvicorn(application: str, port: int) -> list[str | Path]:
    options = [
        "--ws",
        "websockets-sansio",
        "--ws-per-message-deflate",
        "false",
        "--lifespan",
        "off",
        "--log-level",
        "warning",
    ]
    return [PYTHON, "-m", "uvicorn", application, "--port", str(port), "--loop", "uvloop", *options]


def _node() -> str:
    if node := shutil.which("node"):
        return node
    raise CannotRun("there is no node")


def _secret_key() -> str:
    """The one that the people's tokens are signed with."""
    from django.conf import settings

    return str(settings.SECRET_KEY)
