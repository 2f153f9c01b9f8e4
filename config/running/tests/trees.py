"""Real `manage.py` processes for the tests of how Tidings starts and ends."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil

ROOT = Path(__file__).resolve().parents[3]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
OURS = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "TIDINGS_LAYER_PREFIX", "HOST", "PORT", "DEBUG"}
START_S, END_S = 100, 20  # CONTRACT §1 says 10 s; a test is patient, for a loaded machine is slower


def until(happened: Callable[[], bool], within_s: float) -> bool:
    """Whether it happened in time."""
    deadline = time.monotonic() + within_s
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Place:
    """A folder and a database of one test's own."""

    folder: Path
    database_url: str
    port: int

    @property
    def database_name(self) -> str:
        return urlsplit(self.database_url).path.lstrip("/")

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        ours = {"DATA_DIR": str(self.folder), "DATABASE_URL": self.database_url, "PORT": str(self.port)}
        return {**inherited, **ours, **more}

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command that comes to an end by itself."""
        env = self.environment(**more)
        return subprocess.run([*MANAGE, *words], env=env, capture_output=True, text=True, timeout=60)

    @contextlib.contextmanager
    def running(self, *words: str, under: list[str] | None = None, **more: str) -> Iterator["Running"]:
        """A command that goes on; whatever it leaves behind is killed at the end."""
        log = self.folder / "output.log"
        with log.open("wb") as output:
            env = self.environment(**more)
            child = subprocess.Popen([*(under or MANAGE), *words], env=env, stdout=output, stderr=output)
        running = Running(child, log, self.port)
        try:
            yield running
        finally:
            running.kill_all()


@dataclass
class Running:
    child: "subprocess.Popen[bytes]"
    log: Path
    port: int

    def family(self) -> list[psutil.Process]:
        """The process and all that descend from it, now."""
        try:
            top = psutil.Process(self.child.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def member(self, word: str) -> psutil.Process | None:
        """The descendant that is this program or runs this command."""
        for one in self.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                if one.name() == word or word in one.cmdline()[1:]:
                    return one
        return None

    def get(self, path: str) -> tuple[int, str]:
        """Status and body; (0, "") where nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def wait_until_it_answers(self) -> None:
        assert until(lambda: self.get("/healthz")[0] == 200 or self.child.poll() is not None, START_S), self.output()
        assert self.child.poll() is None, self.output()

    def output(self) -> str:
        return self.log.read_text()

    def kill_all(self) -> None:
        for one in reversed(self.family()):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


def gone(processes: list[psutil.Process]) -> bool:
    """psutil compares the start time too: a pid that was given away again is not taken for the old process."""
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)
