"""The other side of SMS and webhooks: takes every message, counts it, and answers when it is allowed to."""

import asyncio
import json
from collections import Counter
from urllib.parse import parse_qs

ANSWER = b'{"sid": "SM1"}'


class Provider:
    """`taken` counts by number or webhook id; a message counts once its last byte is here."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()
        self.held: set[str] = set()  # those that wait for their answer
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self, port: int) -> None:
        self.port = port
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, backlog=128)

    def hold(self) -> None:
        self._may_answer.clear()

    def go_on(self) -> None:
        self._may_answer.set()

    def close(self) -> None:
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        named = {name.lower(): value for name, value in fields.items()}
        body = await reader.readexactly(int(named.get("content-length", 0)))
        message = named.get("webhook-id") or parse_qs(body.decode())["To"][0]
        self.taken[message] += 1
        self.held.add(message)
        await self._may_answer.wait()
        self.held.discard(message)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(f"Content-Length: {len(ANSWER)}\r\n\r\n".encode() + ANSWER)
        await writer.drain()
        return bool(json.loads(ANSWER))
