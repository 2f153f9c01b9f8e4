"""`manage.py serve`: what it refuses, what it does without, how it shares a port and ends."""

import json
import signal
import socket
from http.client import HTTPConnection

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from .trees import END_S, Place, gone, until

SECRET = "a-token-that-nobody-may-log"


def refusal(place: Place, *words: str, **environment: str) -> str:
    """The one line on stderr with which the command ended."""
    done = place.run(*words, **environment)
    assert done.returncode == 1, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""
    return done.stderr


@pytest.mark.once
@pytest.mark.parametrize(
    ("variable", "nonsense", "said"),
    [
        ("DATABASE_URL", "mysql://localhost/x", "DATABASE_URL: scheme 'mysql'"),
        ("DATABASE_URL", "postgres://u@localhost:port/x", "DATABASE_URL is malformed"),
        ("REDIS_URL", "http://localhost", "REDIS_URL: 'http'"),
        ("PORT", "eighty", "PORT='eighty'"),
        ("DEBUG", "perhaps", "DEBUG='perhaps'"),
        ("HOST", "0.0.0.0", "SECRET_KEY is not set"),
    ],
)
def test_nonsense_in_the_environment_is_refused_in_one_line(
    place: Place, variable: str, nonsense: str, said: str
) -> None:
    assert said in refusal(place, "serve", **{variable: nonsense})


@pytest.mark.once
@pytest.mark.parametrize(
    ("command", "url"),
    [
        ("serve", "postgres://u:secret@127.0.0.1:1/x"),
        ("prepare", "postgres://u:secret@127.0.0.1:1/x"),
        ("up", "postgres://u:secret@127.0.0.1:1/x"),
        ("serve", "sqlite:////nowhere/at/all.sqlite3"),
    ],
)
def test_a_database_that_does_not_answer_is_refused_without_its_password(place: Place, command: str, url: str) -> None:
    line = refusal(place, command, DATABASE_URL=url)
    assert "does not answer" in line
    assert "secret" not in line


def test_an_unprepared_database_is_refused(place: Place) -> None:
    assert "Run: manage.py prepare" in refusal(place, "serve")


@pytest.mark.once
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "redis://localhost:port/0", "unix:///nowhere/valkey.sock"])
def test_a_redis_that_was_ordered_and_does_not_answer_is_refused(prepared: Place, url: str) -> None:
    assert "REDIS_URL" in refusal(prepared, "serve", REDIS_URL=url)


@pytest.mark.once
@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_taken_port_is_refused(prepared: Place, command: str) -> None:
    with socket.create_server(("127.0.0.1", prepared.port)):
        assert f"127.0.0.1:{prepared.port}" in refusal(prepared, command)


def test_without_redis_it_says_so_once_and_serves(prepared: Place) -> None:
    with prepared.running("serve") as server:
        server.wait_until_it_answers()
        assert json.loads(server.get("/readyz")[1]) == {"status": "degraded", "degraded": ["redis"]}
        assert server.output().count("No Redis") == 1


@pytest.mark.once
def test_the_workers_share_the_port_and_end_together(prepared: Place) -> None:
    with prepared.running("serve", "--workers", "2") as server:
        server.wait_until_it_answers()
        assert until(lambda: len(server.family()) == 3, 10), server.output()
        family = server.family()
        server.child.send_signal(signal.SIGTERM)
        assert until(lambda: gone(family), END_S), server.output()
        assert server.child.wait() == 0


@pytest.mark.once
def test_a_killed_server_takes_its_workers_with_it(prepared: Place) -> None:
    with prepared.running("serve", "--workers", "2") as server:
        server.wait_until_it_answers()
        family = server.family()
        assert len(family) == 3
        server.child.kill()
        assert until(lambda: gone(family), END_S)


@pytest.mark.once
def test_a_dead_worker_is_replaced(prepared: Place) -> None:
    with prepared.running("serve", "--workers", "2") as server:
        server.wait_until_it_answers()
        assert until(lambda: len(server.family()) == 3, 10)
        dead = server.family()[1]
        dead.kill()
        assert until(lambda: len(server.family()) == 3 and dead not in server.family(), 20), server.output()


@pytest.mark.once
def test_a_token_in_a_query_string_is_never_logged(prepared: Place) -> None:
    with prepared.running("serve", LOG_LEVEL="DEBUG") as server:
        server.wait_until_it_answers()
        for path in ("/healthz", "/nowhere", "/api/notifications/stream/", "/ws/notifications/"):
            server.get(f"{path}?token={SECRET}")
        shake_hands(prepared.port, f"/ws/notifications/?token={SECRET}")
        server.child.send_signal(signal.SIGTERM)
        server.child.wait(END_S)
        assert SECRET not in server.output()


@pytest.mark.once
def test_an_unknown_socket_path_is_a_404(prepared: Place) -> None:
    with prepared.running("serve") as server:
        server.wait_until_it_answers()
        assert shake_hands(prepared.port, "/ws/nowhere/").startswith(b"HTTP/1.1 404 ")
        assert "Traceback" not in server.output()


def test_sigterm_sends_open_sockets_elsewhere_before_the_server_ends(prepared: Place) -> None:
    assert prepared.run("seed_demo").returncode == 0
    with prepared.running("serve") as server:
        server.wait_until_it_answers()
        with connect(f"ws://127.0.0.1:{prepared.port}/ws/notifications/?token={token(prepared.port)}") as device:
            assert until(lambda: json.loads(device.recv(timeout=10))["event"] == "caught_up", END_S)
            server.child.send_signal(signal.SIGTERM)
            assert until(lambda: json.loads(device.recv(timeout=10))["event"] == "reconnect", END_S)
            with pytest.raises(ConnectionClosedError) as closed:
                while True:
                    device.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4503
        assert server.child.wait(END_S) == 0
        assert "Traceback" not in server.output()


def token(port: int) -> str:
    body = json.dumps({"username": "engineer", "password": "demo"})
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/api/token/", body, {"Content-Type": "application/json"})
    answer = json.load(connection.getresponse())
    connection.close()
    return str(answer["access"])


def shake_hands(port: int, path: str) -> bytes:
    """The first bytes of the answer to a WebSocket handshake."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        peer.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        return peer.recv(4096)
