"""One event for many people, on Postgres: our expansion beside bulk_create and django-notifications' notify.send.

The same people and the same text for all three, each in a database of its own on one server, one after the other, in
turns. notify.send runs in a process of its own: its app has the name of ours.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from . import stage

PEER = "django-notifications-community==1.12"
PEOPLE = 20_000
BY_THE_PEER = 2_000  # it takes a while
ROUNDS = 5
Rates = dict[str, list[float]]


def run() -> list[str]:
    """The table. Measured in a process of its own: this one's database is another."""
    os.sched_setaffinity(0, range(os.cpu_count() or 1))  # Postgres has the other core
    said = subprocess.run([sys.executable, "-m", "bench.expansion"], stdout=subprocess.PIPE, text=True, check=True)
    return said.stdout.splitlines()


def measure(folder: Path) -> Rates:
    """Rows a second of each."""
    stage.people(PEOPLE)
    peer = _install(folder)
    rates: Rates = {"expansion": [], "bulk_create": [], "notify.send": []}
    _expansion()  # their inboxes are made
    for _ in range(ROUNDS):
        rates["expansion"].append(PEOPLE / _expansion())
        rates["bulk_create"].append(PEOPLE / _bulk_create())
        if peer:
            rates["notify.send"].append(_notify_send(peer))
    return rates


def _expansion() -> float:
    """Seconds from the first chunk to the last; rings go into the queue of the bell as always."""
    from notifications import dispatch, expansion
    from notifications.events import Audience, Event

    event = Event(kind="system_announcement", audience=Audience(everyone=True), title=stage.TITLE, message=stage.TEXT)
    accepted = dispatch.notify(event)
    began = time.perf_counter()
    while expansion.expand_chunk(accepted.pk):
        pass
    return time.perf_counter() - began


def _bulk_create() -> float:
    """The rows alone, without counters, seq and audit: less than what is needed, in as large batches."""
    from django.db import transaction

    from notifications import dispatch, expansion
    from notifications.database import database_now
    from notifications.events import Audience, Event
    from notifications.models import Inbox, NotificationLog

    told_nobody = Event(kind="general", audience=Audience(), message=stage.TEXT)
    event = dispatch.notify(told_nobody)
    row = NotificationLog.objects.latest("pk")
    now = database_now()
    heads = list(Inbox.objects.order_by("pk").values_list("user_id", "last_seq"))
    began = time.perf_counter()
    rows = [
        NotificationLog(
            event=event,
            recipient_id=user_id,
            seq=seq + 1,
            kind=row.kind,
            priority=row.priority,
            reason=row.reason,
            created_at=now,
            updated_at=now,
        )
        for user_id, seq in heads
    ]
    with transaction.atomic():
        NotificationLog.objects.bulk_create(rows, batch_size=expansion.CHUNK)
        took = time.perf_counter() - began
        transaction.set_rollback(True)  # the next round finds the table as it was
    return took


def _install(folder: Path) -> Path | None:
    """The peer, into a folder of the benchmark's own; None when it cannot be had."""
    target = folder / "peer"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, PEER]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{PEER} cannot be installed, so it is left out: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return target


def _notify_send(peer: Path) -> float:
    """One round in a process where `notifications` is the peer's app."""
    tutorial = Path(__file__).parent / "peer_notify.py"
    environment = {**os.environ, "PYTHONPATH": str(peer), "PEER_PEOPLE": str(BY_THE_PEER)}
    environment.pop("DJANGO_SETTINGS_MODULE")
    said = subprocess.run([sys.executable, tutorial], env=environment, capture_output=True, text=True, check=True)
    return float(json.loads(said.stdout)["rows_per_s"])


def table(rates: Rates) -> list[str]:
    ours = statistics.median(rates["expansion"])
    lines = [
        f"### One event for {PEOPLE:,} people, on Postgres: rows a second",
        "",
        "| | rows/s | ours is |",
        "|---|---|---|",
    ]
    for name, found in rates.items():
        if found:
            rate = statistics.median(found)
            lines.append(f"| {name} | {rate:,.0f} | {ours / rate:.1f} × |")
    versions = f"Django {metadata.version('django')}, {PEER}"
    return [*lines, "", f"Medians of {ROUNDS}, in turns; {versions} with {BY_THE_PEER:,} people a call."]


def main() -> None:
    from config.running.tests import postgres

    os.environ["DATABASE_URL"] = postgres.start()
    os.environ.pop("REDIS_URL", None)
    folder = stage.set_up()
    try:
        stage.prepare()
        print("\n".join(table(measure(folder))))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
