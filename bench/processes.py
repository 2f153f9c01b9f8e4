"""Server processes of a benchmark: started, pinned to a core, measured, ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER_CORE, CLIENT_CORE = 0, 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(core: int) -> Callable[[], None]:
    """For a child before it begins: this core is its own, where there are several."""
    cores = {core} if (os.cpu_count() or 1) > 1 else os.sched_getaffinity(0)
    return lambda: os.sched_setaffinity(0, cores)


class Process:
    """A child on a core of its own; ended, with what it started, at the end of the block."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        core: int = SERVER_CORE,
        stdin: int = subprocess.DEVNULL,
        **env: str,
    ) -> None:
        self._log = log.open("ab")
        self.child = subprocess.Popen(
            [str(part) for part in command],
            cwd=ROOT,
            env={**os.environ, **env},
            stdin=stdin,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=pinned(core),
        )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.child.terminate()
        try:
            self.child.wait(15)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        self._log.close()

    def cpu_s(self) -> float:
        """Seconds of CPU, user and system, that the living threads of the process have used."""
        spent = 0
        for task in Path(f"/proc/{self.child.pid}/task").iterdir():
            with suppress(FileNotFoundError):  # a thread that has just ended
                spent += int((task / "schedstat").read_text().split()[0])
        return spent / 1e9

    def memory_kb(self) -> int:
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

    def wait_for_port(self, port: int, within_s: float = 30) -> None:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.child.args} ended with {self.child.returncode}: see {self._log.name}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(f"nothing listens on {port}")


PYTHON = Path(sys.executable)
