"""The default of a laptop: `manage.py up`, SQLite and the embedded Valkey. One gate for the clients."""

from pathlib import Path

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
            await gate.start()
        for server in self.servers:
            server.start()
            await server.answers()

    def end(self) -> None:
        for gate in self.gates:
            gate.close()
        for part in self.parts:
            part.kill()
