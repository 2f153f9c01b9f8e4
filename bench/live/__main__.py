"""The live path beside its peers: python -m bench.live [--rounds N] [--plots] [Tidings SocketIO …]"""

import argparse
import asyncio
import os
import shutil
import sys

from .. import stage
from ..processes import CLIENT_CORE, Process

STACKS = ("Tidings", "Portable", "Tutorial", "TutorialOnUvicorn", "SocketIO", "Floor", "TidingsStream", "EventStream")


def _asked() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--plots", action="store_true", help="write docs/performance/live-*.svg")
    asked.add_argument("stacks", nargs="*", type=stage.one_of(STACKS), help="none: all")
    return asked.parse_args()


def main() -> None:
    from config.running import embedded
    from config.running.tests import postgres

    asked = _asked()
    os.sched_setaffinity(0, {CLIENT_CORE})  # Postgres, Valkey and the clients stay here; servers have the other core
    os.environ["DATABASE_URL"] = postgres.start()
    folder = stage.set_up()
    program = embedded.find_server()
    if program is None:
        sys.exit("bench: no Valkey for this platform, so nothing to measure")
    url = os.environ["REDIS_URL"] = embedded.socket_url(folder)
    try:
        with Process(embedded.command(program, folder), log=folder / "valkey.log", core=CLIENT_CORE) as valkey:
            if not embedded.wait_until_ready(folder, is_running=lambda: valkey.child.poll() is None):
                sys.exit("bench: Valkey did not start")
            stage.prepare()
            from .page import page, plots
            from .running import run

            found = asyncio.run(run(folder, url, rounds=asked.rounds, only=set(asked.stacks)))
            print("\n".join(page(found)))
            if asked.plots:
                plots(found)
    finally:
        if os.environ.get("KEEP") is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
