"""Two servers behind a real nginx, as on any machine of the cluster, without containers and without stickiness."""

import contextlib
import json
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from notifications.tests import crowd
from notifications.tests.sockets.device import access
from notifications.tests.sockets.served import environment

from ..trees import END_S, Place, Running, free_port, until
from .proxy import Nginx, needs_nginx, running

PROXY, CLIENT, FORGED = "127.0.0.9", "127.0.0.5", "203.0.113.7"
PATIENCE_S = 15


@dataclass
class Cluster:
    nginx: Nginx
    servers: list[Running]
    token: dict[str, str]

    def call(self, method: str, path: str, who: str = "", body: Any = None) -> Any:
        """What is answered through nginx; anything but a success fails."""
        connection = HTTPConnection("127.0.0.1", self.nginx.port, timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json"}
        if who:
            headers["Authorization"] = f"Bearer {self.token[who]}"
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status < 300, text
        return json.loads(text)

    def tell_engineer(self, message: str) -> None:
        self.call("POST", "/api/events/", "admin", {"notification_type": "info", "to": _ENGINEERS, "message": message})

    def connections(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "/api/admin/connections/", "admin")["results"]
        return found

    def server_of(self, connection_id: str) -> Running:
        """On which of the two a connection is."""
        (name,) = [one["server"] for one in self.connections() if one["connection_id"] == connection_id]
        (server,) = [server for server in self.servers if name.endswith(f":{server.child.pid}")]
        return server

    @contextlib.contextmanager
    def device(self, port: int, query: str = "", *, address: str = CLIENT) -> Iterator["Device"]:
        """A socket of the engineer's, from `address`, that claims to come from elsewhere."""
        sock = socket.create_connection(("127.0.0.1", port), PATIENCE_S, source_address=(address, 0))
        url = f"ws://127.0.0.1:{port}/ws/notifications/?token={self.token['engineer']}{query}"
        with connect(url, sock=sock, additional_headers={"X-Forwarded-For": FORGED}) as opened:
            yield Device(opened)

    @contextlib.contextmanager
    def stream(self) -> Iterator[HTTPResponse]:
        connection = HTTPConnection("127.0.0.1", self.nginx.port, timeout=PATIENCE_S)
        connection.request("GET", f"/api/notifications/stream/?token={self.token['engineer']}")
        yield connection.getresponse()
        connection.close()


_ENGINEERS = {"roles": ["engineer"]}


@dataclass
class Device:
    socket: ClientConnection

    def frame(self, event: str, fits: Callable[[Any], bool] = lambda data: True) -> Any:
        """The data of the next such frame."""
        while True:
            frame = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if frame["event"] == event and fits(frame["data"]):
                return frame["data"]

    def message(self, text: str) -> Any:
        return self.frame("notification", lambda data: data["message"] == text)


@pytest.fixture
def cluster(transactional_db: None, tmp_path: Path) -> Iterator[Cluster]:
    """On the test's own database, which is prepared already."""
    more = {**environment(), "TRUSTED_PROXIES": PROXY, "NOTIFICATION_ENGINE": "worker"}
    people = {"engineer": crowd.make_person("engineer"), "admin": crowd.make_person(is_staff=True)}
    with contextlib.ExitStack() as stack:
        servers = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            place = Place(tmp_path / name, more["DATABASE_URL"], free_port())
            servers.append(stack.enter_context(place.running("serve", "--skip-checks", under=None, **more)))
        for server in servers:
            server.wait_until_it_answers()
            assert json.loads(server.get("/readyz")[1])["degraded"] == []
        ports = [server.port for server in servers]
        (tmp_path / "nginx").mkdir()
        nginx = stack.enter_context(running(tmp_path / "nginx", port=free_port(), servers=ports, outgoing=PROXY))
        yield Cluster(nginx, servers, {name: access(person) for name, person in people.items()})


@pytest.mark.once
@needs_nginx
def test_two_servers_behind_nginx_are_one(cluster: Cluster) -> None:
    """A socket that loses its server goes on at the other; a stream is not held back; nobody forges an address."""
    with cluster.device(cluster.nginx.port) as device, cluster.stream() as stream:
        connection_id = device.frame("authenticated")["connection_id"]
        device.frame("caught_up")
        read_until(stream, "event: connected")

        cluster.tell_engineer("both are open")
        seen = device.message("both are open")
        read_until(stream, '"message":"both are open"')

        with cluster.device(cluster.servers[0].port, address="127.0.0.1") as direct:  # past nginx, so not believed
            directly = direct.frame("authenticated")["connection_id"]
            addresses = {one["connection_id"]: one["ip"] for one in cluster.connections()}
        assert addresses[connection_id] == CLIENT
        assert addresses[directly] == "127.0.0.1"
        assert FORGED not in addresses.values()

        left = cluster.server_of(connection_id)
        left.child.send_signal(signal.SIGTERM)
        device.frame("reconnect")
        with pytest.raises(ConnectionClosed) as closed:
            device.frame("nothing")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4503
    assert until(lambda: left.child.poll() == 0, END_S)

    cluster.tell_engineer("one is gone")  # nginx finds the other
    with cluster.device(cluster.nginx.port, f"&last_seq={seen['seq']}") as again:
        elsewhere = again.frame("authenticated")["connection_id"]
        assert again.message("one is gone")["seq"] == seen["seq"] + 1
        assert cluster.server_of(elsewhere) is not left
    assert cluster.token["engineer"] not in cluster.nginx.log()


def read_until(stream: HTTPResponse, words: str) -> None:
    """Up to the line that has these words. A stream that is held back runs into the timeout."""
    while words not in stream.readline().decode():
        pass
