"""The cluster: Postgres, Valkey, two servers, two workers; a proxy before each server, and one to Valkey for each."""

from pathlib import Path

from config.running.tests.postgres import Postgres

from .parts import Part, Server, free_port, manage
from .proxy import Proxy
from .stores import Valkey


class Cluster:
    """`gates` is where clients connect; `bells` are the links to Valkey, the last one the workers'."""

    name = "cluster"

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.postgres = Postgres(synchronous_commit="on")
        self.postgres.start()
        self.valkey = Valkey(folder)
        self.bells = [Proxy(self.valkey.port) for _ in range(3)]
        self.env = {**env, "NOTIFICATION_ENGINE": "worker", "DATABASE_URL": self.url("faults")}
        self.servers = [self._server(name, bell) for name, bell in zip("AB", self.bells, strict=False)]
        self.workers = [self._worker(number) for number in (1, 2)]
        self.gates = [Proxy(server.port) for server in self.servers]

    def url(self, who: str) -> str:
        return f"{self.postgres.url}&application_name={who}"

    def _server(self, name: str, bell: Proxy) -> Server:
        port = free_port()
        who = f"server-{name}"
        env = {**self.env, "DATABASE_URL": self.url(who), "REDIS_URL": f"redis://{bell.address}"}
        return Server(who, manage("serve", "--port", str(port)), port=port, log=self.folder / f"{who}.log", env=env)

    def _worker(self, number: int) -> Part:
        who = f"worker-{number}"
        env = {**self.env, "DATABASE_URL": self.url(who), "REDIS_URL": f"redis://{self.bells[2].address}"}
        return Part(who, manage("worker"), log=self.folder / f"{who}.log", env=env)

    @property
    def parts(self) -> list[Part]:
        return [*self.servers, *self.workers]

    async def start(self) -> None:
        """Whatever is not running; all proxies work."""
        self.valkey.start()
        for proxy in [*self.bells, *self.gates]:
            proxy.work()
        for part in self.parts:
            part.start()
        for server in self.servers:
            await server.answers()

    def end(self) -> None:
        for proxy in [*self.bells, *self.gates]:
            proxy.close()
        for part in [*self.parts, self.valkey]:
            part.kill()
        self.postgres.remove()
