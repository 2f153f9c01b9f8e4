"""An honest client with a ledger: what docs/protocol.md §5 asks of one, and a list of what it has shown."""

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from .acks import Acks

FIRST_S, LONGEST_S = 0.5, 4.0  # back-off with full jitter; client.js waits up to 30 s
HEARTBEATS = 2.5  # of silence, then the link is dead
SIGN_IN_S, PROBED_S = 10.0, 5.0
COME_NO_MORE = {4401, 4403}
GONE = (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, InvalidMessage, EOFError)


class Link:
    """One socket of a device."""

    def __init__(self, socket: ClientConnection, patience_s: float) -> None:
        self.socket = socket
        self.patience_s = patience_s
        self.newest = self.frames = 0
        self.acks = Acks(socket)

    def abort(self) -> None:
        self.socket.transport.abort()


class Device:
    """One of a person's devices. `doors` are the addresses it may go to, in turns."""

    def __init__(self, user_id: int, token: str, doors: Sequence[str], *, seed: int, since: int = 0) -> None:
        self.user_id, self.token, self.doors = user_id, token, doors
        self.since = self.cursor = since
        self.epoch: str | None = None
        self.shown: list[tuple[int, int]] = []  # (seq, id), in the order of showing
        self.badge, self._badge_rev = 0, -1
        self.breaches: list[str] = []  # of the protocol, by the server
        self.codes: Counter[int] = Counter()
        self.connection_id: str | None = None
        self.is_live = False
        self.connects = 0
        self.door = ""
        self.over = False
        self.from_address: str | None = None  # one of loopback's; the server limits each address
        self.longest_s, self.sign_in_s = LONGEST_S, SIGN_IN_S
        self.hurried = False  # the next time it comes back at once
        self._random = random.Random(seed)
        self._turn = seed
        self._tries = 0
        self._resuming = False
        self._chain = 0
        self._link: Link | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # --- coming and going ---------------------------------------------------
    def start(self) -> None:
        self._spawn(self._stay(None))

    async def stop(self) -> None:
        self.over = True
        if self._link:
            self._link.acks.flush()
            await asyncio.sleep(0)
            with contextlib.suppress(*GONE):
                await self._link.socket.close(1000)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def drop(self) -> None:
        """The link is gone at once, as when a network changes."""
        if self._link:
            self._link.abort()

    def probe(self) -> None:
        """The network has changed: is anybody there?"""
        if self._link:
            self._spawn(self._probe(self._link))

    async def _probe(self, link: Link) -> None:
        before = link.frames
        await self._send(link, "ping")
        await asyncio.sleep(PROBED_S)
        if link.frames == before:
            link.abort()

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stay(self, old: Link | None) -> None:
        """Connected, for ever; `old` is left as soon as the new link is signed in."""
        self._chain += 1
        chain = self._chain
        while not self.over and chain == self._chain:
            with contextlib.suppress(*GONE):
                async with self._connected() as socket:
                    await self._listen(Link(socket, self.sign_in_s), old)
            if chain != self._chain:
                return
            self.is_live = False
            await self._pause()

    def _connected(self) -> connect:
        self._turn += 1
        self.door = self.doors[self._turn % len(self.doors)]
        query = f"token={self.token}&last_seq={self.cursor}" + (f"&epoch={self.epoch}" if self.epoch else "")
        where: dict[str, Any] = {"local_addr": (self.from_address, 0)} if self.from_address else {}
        return connect(
            f"ws://{self.door}/ws/notifications/?{query}",
            compression=None,
            ping_interval=None,
            open_timeout=self.sign_in_s,
            close_timeout=0.5,
            proxy=None,
            **where,
        )

    async def _pause(self) -> None:
        longest = min(self.longest_s, FIRST_S * 2**self._tries)
        self._tries += 1
        pause, self.hurried = 0.0 if self.hurried else self._random.random() * longest, False
        await asyncio.sleep(pause)

    async def _listen(self, link: Link, old: Link | None) -> None:
        try:
            while True:
                async with asyncio.timeout(link.patience_s):
                    text = await link.socket.recv()
                link.frames += 1
                await self._take(link, json.loads(text), len(text), old)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            self.codes[code] += 1
            self.over = self.over or code in COME_NO_MORE
        except TimeoutError:
            link.abort()
        finally:
            link.acks.end()

    # --- frames -------------------------------------------------------------
    async def _take(self, link: Link, frame: dict[str, Any], size: int, old: Link | None) -> None:
        event, data = frame["event"], frame["data"]
        if event in {"notification", "system_notification"}:
            await self._notified(link, frame["prev"], data, size)
        elif event == "authenticated":
            await self._signed_in(link, data, old)
        elif event == "caught_up":
            self.cursor, self._resuming, self.is_live = max(self.cursor, data["last_seq"]), False, True
            self._tries = 0
        elif event == "unread_count":
            self._count(data)
        elif event == "reconnect":
            self._spawn(self._make_way(link, data["after_ms"]))
        elif event in {"reset", "error", "authentication_error"}:
            self.breaches.append(f"{event} {data}")

    async def _signed_in(self, link: Link, data: dict[str, Any], old: Link | None) -> None:
        self._link, self._resuming = link, False
        self.connects += 1
        self.epoch, self.connection_id = data["epoch"], data["connection_id"]
        link.patience_s = HEARTBEATS * data["heartbeat_s"]
        self._count(data)
        if old:
            old.acks.flush()
            self._spawn(old.socket.close(1000))

    async def _make_way(self, link: Link, after_ms: int) -> None:
        await asyncio.sleep(after_ms / 1000)
        if self._link is link and not self.over:
            await self._stay(link)

    async def _notified(self, link: Link, prev: int, data: dict[str, Any], size: int) -> None:
        seq = data["seq"]
        if seq <= link.newest:
            self.breaches.append(f"seq {seq} after {link.newest} on one connection")
        link.newest = max(link.newest, seq)
        if prev > self.cursor:
            if not self._resuming:
                self._resuming, link.newest = True, 0  # from here on repeats are its own wish
                await self._send(link, "resume", last_seq=self.cursor)
            return
        link.acks.note(seq, size, urgent=data["requires_acknowledgment"])
        if seq <= self.cursor:
            return
        self.cursor, self._resuming = seq, False  # stored before it is shown
        if data.get("again") != "repush":
            self.shown.append((seq, data["id"]))

    def _count(self, data: dict[str, Any]) -> None:
        if data["rev"] >= self._badge_rev:
            self.badge, self._badge_rev = data["unread_count"], data["rev"]

    async def _send(self, link: Link, event: str, **data: Any) -> None:
        with contextlib.suppress(*GONE):
            await link.socket.send(json.dumps({"event": event, "data": data}))
