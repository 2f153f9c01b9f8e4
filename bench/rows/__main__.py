"""python -m bench.rows [list] [mark_all] [broadcast] …: on a throw-away Postgres, with its settings as they come."""

import argparse
import os
import shutil
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from .. import plots, stage
from .measuring import ROUNDS
from .peers import installed

READ = ("list", "deep_page", "deep_query", "mark_all", "first_page", "middle_page", "unread_page")
WRITTEN = ("broadcast", "one", "one_in_code", "many")
DURABLE = {"autovacuum": "off", "fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.rows", description=__doc__)
    parser.add_argument("names", nargs="*", type=stage.one_of(READ + WRITTEN), help="none: all")
    chosen = parser.parse_args().names
    from config.running.tests.postgres import Postgres

    server = Postgres(**DURABLE)
    server.start()
    os.environ["DATABASE_URL"] = server.url
    os.environ["THROTTLE_READ"] = os.environ["THROTTLE_WRITE"] = "1000000/min"  # they count, and let everything pass
    os.environ.pop("REDIS_URL", None)
    folder = stage.set_up()
    try:
        stage.prepare()
        _run(folder, chosen)
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, chosen: Sequence[str]) -> None:
    from . import reading, writing

    with installed.running(folder, listed=reading.LISTED, unread=reading.UNREAD) as peers:
        for name, benchmark in {**reading.benchmarks(peers), **writing.benchmarks(peers)}.items():
            if not chosen or name in chosen:
                claim = benchmark()
                print("\n".join(["", *claim.lines()]), flush=True)
                plots.save(claim.name, claim.plot())
    print(f"\n{_versions()}. Medians of {ROUNDS} rounds, in turns; in brackets the least and the most.")


def _versions() -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        [server] = cursor.fetchone()
    named = ", ".join(f"{name} {metadata.version(name)}" for name in ("django", "djangorestframework", "psycopg"))
    return f"Postgres {server} with fsync, {named}"


if __name__ == "__main__":
    main()
