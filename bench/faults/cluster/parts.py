"""One process of ours: started, killed, ended, measured, by its pid."""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from config.running import processes

ROOT = Path(__file__).resolve().parents[3]
MARK = "TIDINGS_FAULTS_RUN"  # in the environment of all that this run starts: what has it at the end was left over
START_S, END_S = 120.0, 15.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Part:
    """A command that goes on. Killed when we end, however we end."""

    def __init__(self, name: str, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> None:
        self.name, self.command, self.log, self.env = name, command, log, dict(env)
        self.child: processes.Child | None = None

    @property
    def pid(self) -> int:
        assert self.child
        return self.child.pid

    @property
    def is_running(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def start(self, **more: str) -> None:
        if not self.is_running:
            self.child = processes.spawn(self.command, log=self.log, cwd=ROOT, env={**os.environ, **self.env, **more})

    def kill(self) -> None:
        """As the OOM killer does it."""
        self.signal(signal.SIGKILL)
        if self.child:
            self.child.wait()

    def signal(self, sent: signal.Signals) -> None:
        if self.child and self.child.poll() is None:
            self.child.send_signal(sent)

    async def end(self) -> tuple[int, float]:
        """SIGTERM: its exit code, and how many seconds it took. Killed after 15."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        while self.is_running and time.monotonic() - began < END_S:  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # a process says nothing when it ends
        took = time.monotonic() - began
        if self.is_running:
            self.kill()
        return (self.child.returncode if self.child else 0), took

    def memory(self) -> int:
        """Bytes that are resident, of it and all that it started."""
        try:
            top = psutil.Process(self.pid)
            return sum(one.memory_info().rss for one in [top, *top.children(recursive=True)])
        except psutil.NoSuchProcess:
            return 0


def manage(*words: str) -> list[str | Path]:
    return [sys.executable, ROOT / "manage.py", *words]


class Server(Part):
    """A part that answers HTTP on `port`."""

    def __init__(
        self, name: str, command: Sequence[str | Path], *, port: int, log: Path, env: Mapping[str, str]
    ) -> None:
        super().__init__(name, command, log=log, env=env)
        self.port = port

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def answers(self) -> None:
        """Wait until it does. Raises RuntimeError when it has ended, or takes too long."""
        deadline = time.monotonic() + START_S
        while not await asyncio.to_thread(_is_alive, self.port):
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not answer: see {self.log}")
            await asyncio.sleep(0.1)


def _is_alive(port: int) -> bool:
    client = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        client.request("GET", "/healthz")
        return client.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        client.close()


def left_over(mark: str) -> list[psutil.Process]:
    """Whatever of this run is still there."""
    found = []
    for one in psutil.process_iter():
        try:
            if one.pid != os.getpid() and one.environ().get(MARK) == mark and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
