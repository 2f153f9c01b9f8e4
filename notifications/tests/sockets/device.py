"""One device of a person: a socket on the real application, without a transport between."""

import asyncio
import json
from typing import Any

from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import User

from config.asgi import application
from config.documents.tests import witness
from config.sign_in import tokens
from notifications.live.threads import in_thread

from ..waiting import PATIENCE_S, until

Frame = dict[str, Any]
OURS = "http://testserver"


def access(user: User) -> str:
    return tokens.issue(user)["access"]


class Device:
    def __init__(self, path: str, headers: dict[str, str], subprotocols: list[str], address: str, app: Any) -> None:
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self._socket = WebsocketCommunicator(app, path, [(b"host", b"testserver"), *pairs], subprotocols)
        self._socket.scope["client"] = (address, 50_000)
        self.heard: list[Frame] = []
        self.code: int | None = None
        self.subprotocol: str | None = None
        self._seen = 0
        self._odd: list[Any] = []  # of frames that no client may send

    @classmethod
    async def open(
        cls,
        query: str = "",
        *,
        path: str = "/ws/notifications/",
        subprotocols: list[str] | None = None,
        address: str = "10.0.0.1",
        application: Any = application,
        **headers: str,
    ) -> "Device":
        """Accepted; nothing is said of who it is."""
        device = cls(f"{path}?{query}", headers, subprotocols or [], address, application)
        accepted, device.subprotocol = await device._socket.connect(timeout=PATIENCE_S)
        assert accepted, "refused at the handshake"
        return device

    @classmethod
    async def of(cls, user: User, query: str = "", **how: Any) -> "Device":
        """Signed in with a token."""
        return await cls.open(f"token={await in_thread(access, user)}&{query}", **how)

    async def send(self, event: str, ref: Any = None, **data: Any) -> None:
        frame = {"event": event, "data": data, **({} if ref is None else {"ref": ref})}
        if not witness.asked(frame):
            self._odd.append(ref)
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self._socket.send_to(text)

    async def send_bytes(self, data: bytes) -> None:
        await self._socket.send_to(bytes_data=data)

    async def next(self) -> Frame | None:
        """The next frame, or None when the server has closed."""
        message = await self._socket.receive_output(PATIENCE_S)
        if message["type"] == "websocket.close":
            self.code = message.get("code", 1000)
            witness.closed(self.code)
            return None
        frame: Frame = json.loads(message["text"])
        witness.heard("server", frame["event"], frame)
        if frame.get("ref") is not None and frame["ref"] in self._odd and frame["event"] != "error":
            witness.obeyed(frame)
        self.heard.append(frame)
        return frame

    async def arrived(self) -> list[Frame]:
        """What is here already."""
        await asyncio.sleep(0)
        known = len(self.heard)
        while self.is_open and not self._socket.output_queue.empty():
            await self.next()
        return self.heard[known:]

    async def frame(self, event: str) -> Frame:
        """The next frame of this event; what comes before it is only heard."""
        while True:
            frame = await self.next()
            assert frame is not None, f"closed with {self.code} before {event}"
            if frame["event"] == event:
                return frame

    async def data(self, event: str) -> Any:
        return (await self.frame(event))["data"]

    async def closed(self) -> int:
        """The close code; frames before it are heard."""
        while self.code is None:
            await self.next()
        return self.code

    async def pong(self) -> list[str]:
        """The events heard since the last call: a ping is answered after everything that was asked before it."""
        await self.send("ping", ref="pong?")
        while (await self.frame("pong")).get("ref") != "pong?":
            pass
        events = [frame["event"] for frame in self.heard[self._seen : -1]]
        self._seen = len(self.heard)
        return events

    def notifications(self) -> list[Frame]:
        return [frame for frame in self.heard if frame["event"] in {"notification", "system_notification"}]

    def seqs(self) -> list[int]:
        return [frame["data"]["seq"] for frame in self.notifications()]

    async def shown(self, *seqs: int) -> None:
        """Wait until exactly these have been shown."""
        while self.seqs() != list(seqs):
            assert len(self.seqs()) < len(seqs), f"{self.seqs()} were shown"
            assert await self.next() is not None, f"closed with {self.code}"

    async def leave(self) -> None:
        """The client is gone."""
        if not self._socket.future.done():
            await self._socket.send_input({"type": "websocket.disconnect", "code": 1001})
        await until(self._socket.future.done, "the end of the consumer")
        if self._socket.future.cancelled() is False and (error := self._socket.future.exception()):
            raise error

    async def vanish(self) -> None:
        """As Daphne ends: the application is cancelled without a disconnect."""
        self._socket.future.cancel()
        await asyncio.wait([self._socket.future])

    @property
    def is_open(self) -> bool:
        return not self._socket.future.done() and self.code is None


async def refused(query: str = "", *, path: str = "/ws/notifications/", **headers: str) -> int:
    """The handshake is refused; the code that stands for a 403."""
    device = Device(f"{path}?{query}", headers, [], "10.0.0.1", application)
    accepted, code = await device._socket.connect(timeout=PATIENCE_S)
    assert not accepted
    return int(code or 0)
