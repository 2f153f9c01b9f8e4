"""A client of the event stream, on the real application, without a transport between."""

import asyncio
import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User

from config.asgi import application
from config.documents.tests import witness
from notifications.live.threads import in_thread

from ..waiting import PATIENCE_S, until
from .device import access

Event = dict[str, Any]
PATH = "/api/notifications/stream/"


class Stream:
    def __init__(self, query: str, *, path: str = PATH, method: str = "GET", **headers: str) -> None:
        pairs = [(b"host", b"testserver"), *((n.replace("_", "-").encode(), v.encode()) for n, v in headers.items())]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": pairs,
            "client": ("10.0.0.1", 50_000),
            "server": ("testserver", 80),
        }
        self._app = ApplicationCommunicator(application, scope)
        self._text = ""
        self._over = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.heard: list[Event] = []

    async def open(self) -> "Stream":
        await self._app.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self._app.receive_output(PATIENCE_S)
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    @classmethod
    async def of(cls, user: User, query: str = "", **headers: str) -> "Stream":
        """Signed in with a token, and answered."""
        return await cls(f"token={await in_thread(access, user)}&{query}", **headers).open()

    async def next(self) -> Event | None:
        """The next event, or None at the end; comments and `retry` are no events."""
        while True:
            block, found, rest = self._text.partition("\n\n")
            if not found:
                if self._over:
                    return None
                await self._more()
                continue
            self._text = rest
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            if "event" in fields:
                self.heard.append({**fields, "data": json.loads(fields["data"])})
                witness.heard("stream", fields["event"], self.heard[-1]["data"])
                return self.heard[-1]

    async def _more(self) -> None:
        message = await self._app.receive_output(PATIENCE_S)
        self._text += message.get("body", b"").decode()
        self._over = not message.get("more_body", False)

    async def event(self, name: str) -> Event:
        """The next of this name; what comes before it is only heard."""
        while True:
            event = await self.next()
            assert event is not None, f"ended before {name}"
            if event["event"] == name:
                return event

    async def end(self) -> list[str]:
        """The names of what was heard until the stream ended."""
        while await self.next() is not None:
            pass
        return [event["event"] for event in self.heard]

    async def body(self) -> Any:
        while not self._over:
            await self._more()
        return json.loads(self._text)

    def ids(self) -> list[int]:
        return [int(event["id"]) for event in self.heard if "id" in event]

    async def shown(self, *ids: int) -> None:
        """Wait until exactly these have been shown."""
        while self.ids() != list(ids):
            assert len(self.ids()) < len(ids), f"{self.ids()} were shown"
            assert await self.next() is not None, "ended"

    async def leave(self) -> None:
        """The client is gone."""
        await self._app.send_input({"type": "http.disconnect"})
        await until(self._app.future.done, "the end of the stream")
        await asyncio.wait([self._app.future])
