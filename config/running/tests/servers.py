"""Real servers for the test run: one Valkey and, if asked for, one Postgres, in a folder that is gone afterwards.

They must be there before the settings are read, so config/running/tests/settings.py starts them; pytest-xdist's
workers inherit the environment and use the same ones.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config.running import embedded, processes

from . import postgres

HERE = "TIDINGS_TEST_FOLDER"


def folder() -> Path:
    """The folder of this test run; the first call starts the servers."""
    if HERE not in os.environ:
        os.environ[HERE] = str(_start())
    return Path(os.environ[HERE])


def _start() -> Path:
    root = Path(tempfile.mkdtemp(prefix="tidings-test-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    os.environ["REDIS_URL"] = _valkey(root)
    os.environ.pop("DATABASE_URL", None)
    if os.environ.get("TIDINGS_TEST_DATABASE") == "postgres":
        os.environ["DATABASE_URL"] = postgres.start()
    return root


def _valkey(root: Path) -> str:
    program = embedded.find_server()
    if program is None:
        raise SystemExit("The tests need a real Valkey, and there is none for this platform: install valkey-server.")
    child = processes.spawn(embedded.command(program, root), log=embedded.log_file(root))
    atexit.register(processes.stop, [child], within_s=5)
    if not embedded.wait_until_ready(root, is_running=lambda: child.poll() is None):
        raise SystemExit(f"Valkey did not start: {embedded.log_file(root).read_text()}")
    return embedded.socket_url(root)
