"""python -m bench.scaling.weighing: bytes on disk for a notification, on a throw-away Postgres."""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from io import StringIO

PEOPLE, SINGLES, BROADCASTS = 5_000, 1_500, 6
MESSAGE = "Your parcel is on its way, and this is a sentence of the usual length that says so."
Sizes = dict[str, int]


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.scaling.weighing", description=__doc__).parse_args()
    from config.running.tests.postgres import Postgres

    server, folder = Postgres(), tempfile.mkdtemp(prefix="tidings-weighing-")
    try:
        server.start()
        os.environ |= {"DATABASE_URL": server.url, "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "config.settings"}
        _run()
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


def _run() -> None:
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from notifications.dispatch import notify
    from notifications.events import Audience, Event

    call_command("prepare", verbosity=0)
    User.objects.bulk_create(User(username=f"person{number}", password="!") for number in range(PEOPLE))
    people = list(User.objects.values_list("pk", flat=True))

    def singles() -> None:
        for number in range(SINGLES):
            audience = Audience(users=[people[number % 500]])
            notify(Event(kind="general", audience=audience, title="Shipped", message=MESSAGE))

    def broadcasts() -> None:
        for _ in range(BROADCASTS):
            call_command("broadcast", MESSAGE, title="Shipped", stdout=StringIO())

    _weigh("one event for one person", SINGLES, singles)
    _weigh(f"one event for {PEOPLE:,}", PEOPLE * BROADCASTS, broadcasts)


def _weigh(what: str, count: int, write: Callable[[], None]) -> None:
    before = _sizes()
    write()
    grown = {table: (size - before[table]) / count for table, size in _sizes().items() if size > before[table]}
    parts = ", ".join(f"{table} {share:,.0f}" for table, share in grown.items())
    print(f"{what}: {sum(grown.values()):,.0f} bytes a notification ({parts})", flush=True)


def _sizes() -> Sizes:
    """Each table of the engine with its indexes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
            "WHERE relkind = 'r' AND relname LIKE 'notifications%'"
        )
        return {name.removeprefix("notifications_"): size for name, size in cursor.fetchall()}


if __name__ == "__main__":
    main()
