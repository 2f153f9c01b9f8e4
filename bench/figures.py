"""A month of notifications, and how long its figures take: `python -m bench.figures [rows]`.

By hand, because writing a million rows takes a minute. `DATABASE_URL` names another database than a fresh SQLite; with
`DATA_DIR` set to a prepared one the month is written there, to be looked at on /admin/analytics/.
"""

import argparse
import os
import random
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from . import stage

PEOPLE, DAYS, CHUNK = 2_000, 30, 20_000
KINDS = {  # how often, how many read it, how many have a letter, how many of these fail
    "task_completed": (5, 0.82, 0.0, 0.0),
    "order_shipped": (9, 0.7, 0.6, 0.02),
    "ticket_assigned": (6, 0.93, 0.9, 0.01),
    "system_announcement": (4, 0.22, 0.0, 0.0),
    "security_alert": (1, 0.97, 1.0, 0.04),
    "coupon_created": (5, 0.06, 0.3, 0.09),
    "general": (3, 0.5, 0.1, 0.01),
}
COLUMNS = "event_id recipient_id seq kind priority reason locale live live_reason is_read read_at sent_at delivered_at"
COLUMNS += " rtt_ms withdrawn created_at updated_at"


def main(rows: int) -> None:
    if "DATA_DIR" in os.environ:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    else:
        stage.set_up()
    stage.prepare()
    _timed(f"{rows:,} rows written", lambda: write(rows))
    from notifications import figures

    def roll_up() -> None:
        while figures.roll_up()[1]:
            pass

    _timed("rolled up", roll_up)
    for by in ("day", "type", "channel", "user"):
        _timed(f"GET …/analytics/?by={by}, a month", lambda by=by: _get(f"/api/admin/notifications/analytics/?by={by}"))
    _timed("GET /admin/analytics/", lambda: _get("/admin/analytics/"))
    _timed("one's own", lambda: _get("/api/notifications/analytics/"))


def _timed(what: str, act: Callable[[], Any]) -> None:
    """The median of five for what is asked; what is written, once."""
    took = []
    for _ in range(5 if what.startswith(("GET", "one")) else 1):
        began, cpu = time.perf_counter(), time.process_time()
        act()
        took.append((time.process_time() - cpu, time.perf_counter() - began))
    cpu, wall = sorted(took)[len(took) // 2]
    print(f"{what}: {cpu:.2f} s of CPU, {wall:.2f} s", flush=True)


def _get(path: str) -> None:
    from django.contrib.auth import get_user_model
    from django.test import Client

    staff, _ = get_user_model().objects.get_or_create(
        username="bench-admin", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(staff)
    assert client.get(path).status_code == 200, path


def write(rows: int) -> None:
    from django.db import connection

    from notifications.models import Inbox, NotificationLog

    people = [person.id for person in stage.people(PEOPLE)]
    heads = dict(Inbox.objects.values_list("pk", "last_seq"))
    table, names = NotificationLog._meta.db_table, COLUMNS.split()
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
    pending: list[tuple[Any, ...]] = []
    for row in _rows(rows, people, heads):
        pending.append(row)
        if len(pending) == CHUNK:
            with connection.cursor() as cursor:
                cursor.executemany(sql, pending)
            pending = []
    with connection.cursor() as cursor:
        cursor.executemany(sql, pending)
    _count(people)
    _letters()


def _rows(rows: int, people: list[int], seqs: dict[int, int]) -> Iterator[tuple[Any, ...]]:
    """Event by event, the oldest first; fewer at night and at weekends."""
    from django.utils import timezone

    from notifications.database import as_parameter
    from notifications.models import Event

    chance, now = random.Random(7), timezone.now()
    rhythm = [2 + (4 if 7 <= hour <= 18 else 0) for hour in range(24)]
    told, per_event = 0, min(len(people), max(1, rows // 600))
    moments = []
    while len(moments) * per_event < rows:
        day = now - timedelta(days=chance.randrange(DAYS))
        at = day.replace(hour=chance.choices(range(24), rhythm)[0], minute=chance.randrange(60))
        if at < now and (at.weekday() < 5 or chance.random() < 0.35):
            moments.append(at)
    for at in sorted(moments):
        kind = chance.choices(list(KINDS), [often for often, *_ in KINDS.values()])[0]
        event = Event.objects.create(
            id=uuid.uuid4(),
            kind=kind,
            category="info",
            priority="normal",
            audience={},
            title="T",
            message="M",
            search="m",
            state="done",
            created_at=at,
            recipients=per_event,
        )
        for person in chance.sample(people, per_event):
            seqs[person] = seqs.get(person, 0) + 1
            yield _row(chance, event.pk, person, seqs[person], kind, at, now, as_parameter)
            told += 1
            if told == rows:
                return


def _row(
    chance: random.Random, event: Any, person: int, seq: int, kind: str, at: datetime, now: datetime, as_parameter: Any
) -> tuple[Any, ...]:
    is_here = chance.random() < 0.55
    after_ms = chance.lognormvariate(3.6, 0.6) if is_here else chance.lognormvariate(16, 1.5)
    delivered = at + timedelta(milliseconds=after_ms)
    delivered_at = delivered if delivered < now and person % 25 else None
    is_read = delivered_at is not None and chance.random() < KINDS[kind][1]
    read_at = as_parameter(delivered_at + timedelta(minutes=5)) if delivered_at and is_read else None
    rtt = int(chance.lognormvariate(3.2, 0.5)) if is_here and delivered_at else None
    there = as_parameter(delivered_at) if delivered_at else None
    written = as_parameter(at)
    return (
        *(event.hex if not isinstance(written, datetime) else event, person, seq, kind, 1, "everyone", "", "send", ""),
        *(is_read, read_at, there, there, rtt, "", written, written),
    )


def _count(people: list[int]) -> None:
    from django.db.models import Count, Max, Q

    from notifications.models import Inbox, NotificationLog

    rows = NotificationLog.objects.filter(recipient_id__in=people).values("recipient_id").order_by()
    counted = rows.annotate(last=Max("seq"), listed=Count("pk"), unread=Count("pk", filter=Q(is_read=False)))
    Inbox.objects.filter(pk__in=people).delete()
    Inbox.objects.bulk_create(
        Inbox(user_id=one["recipient_id"], last_seq=one["last"], listed_count=one["listed"], unread_count=one["unread"])
        for one in counted
    )


def _letters() -> None:
    """A letter for some, of which a few fail."""
    from notifications.models import Delivery, NotificationLog

    chance = random.Random(8)
    for kind, (_, _, letters, failing) in KINDS.items():
        if not letters:
            continue
        rows = NotificationLog.objects.filter(kind=kind).order_by("pk").values_list("pk", "event_id", "recipient_id")
        some = [row for row in rows if chance.random() < letters / 10]
        at = dict(NotificationLog.objects.filter(kind=kind).values_list("pk", "created_at"))
        Delivery.objects.bulk_create(
            (_letter(chance, *row, at[row[0]], chance.random() < failing) for row in some), batch_size=5_000
        )


def _letter(chance: random.Random, row: int, event: Any, person: int, at: datetime, fails: bool) -> Any:
    from notifications.models import Delivery

    channel = chance.choices(["email", "whatsapp", "push"], [7, 2, 1])[0]
    why = chance.choices(["permanent_failure", "attempts_exhausted", "outcome_unknown"], [6, 3, 1])[0]
    receipt = chance.choices(["read", "delivered", ""], [5, 3, 1])[0] if channel == "whatsapp" and not fails else ""
    return Delivery(
        event_id=event,
        notification_id=row,
        recipient_id=person,
        channel=channel,
        outcome="send",
        reason=why if fails else "kind_default",
        state="failed" if fails else "sent",
        priority=1,
        attempts=1,
        receipt=receipt,
        created_at=at,
        settled_at=at + timedelta(milliseconds=chance.lognormvariate(6.5, 0.8)),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    main(parser.parse_args().rows)
