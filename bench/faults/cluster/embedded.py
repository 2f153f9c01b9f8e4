"""The default of a laptop: `manage.py up`, SQLite and the embedded Valkey. One gate for the clients."""

import contextlib
from pathlib import Path

import psutil

from .parts import Part, Server, free_port, manage
from .proxy import Proxy


class Embedded:
    name = "embedded"

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = {**env, "DATABASE_URL": "", "REDIS_URL": ""}
        port = free_port()
        up = Server("up", manage("up", "--port", str(port)), port=port, log=folder / "up.log", env=self.env)
        self.servers: list[Server] = [up]
        self.gates = [Proxy(port)]

    @property
    def database(self) -> Path:
        return self.folder / "tidings.sqlite3"

    def family(self) -> list[psutil.Process]:
        """`up` and all that descends from it, now."""
        top = psutil.Process(self.servers[0].pid)
        return [top, *top.children(recursive=True)]

    def child(self, word: str) -> psutil.Process:
        """The descendant that is this program. Raises LookupError."""
        for one in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if one.name() == word:
                    return one
        raise LookupError(word)

    @property
    def parts(self) -> list[Part]:
        return [*self.servers]

    def another_server(self) -> Server:
        """A second one on the same SQLite file, beside `up`."""
        port = free_port()
        return Server(
            "second", manage("serve", "--port", str(port)), port=port, log=self.folder / "second.log", env=self.env
        )

    async def start(self) -> None:
        """Whatever is not running; the gate is open."""
        for gate in self.gates:
            gate.work()
        for server in self.servers:
            server.start()
            await server.answers()

    def end(self) -> None:
        for gate in self.gates:
            gate.close()
        for part in self.parts:
            part.kill()
