"""Each page of the staff's console with 1,000,000 rows beside 1,000. Only when it is asked for: filling takes long."""

import time
from datetime import timedelta
from typing import Any

FEW, MANY = 1_000, 1_000_000
ROUNDS = 15
A_PAGE = 100  # at least so many connections: a page that lists ten is no measure for one that lists all it may
HEAVY = "stock1"  # has half of all rows; the other half is one broadcast to everybody


def run() -> list[str]:
    from django.conf import settings

    settings.ALLOWED_HOSTS, settings.DEBUG = ["*"], False
    fill(FEW)
    few = measure()
    fill(MANY)
    return table(few, measure())


# --- the stock ------------------------------------------------------------------
def fill(rows: int) -> None:
    """So many notifications, deliveries and audit entries; half as many people and events."""
    from django.db import connection

    from notifications.models import Delivery, Event, NotificationLog

    heavy, one, broadcast = _beginning()
    _people_and_events(heavy, one, rows // 2)
    _rows(NotificationLog, one, broadcast, heavy)
    _counters(heavy, broadcast, rows // 2)
    _deliveries(Delivery, NotificationLog)
    _attempts(rows // 20)
    _audit_and_connections(heavy, rows)
    assert Event.objects.count() > rows // 2
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _beginning() -> tuple[int, Any, Any]:
    """The heavy person, an event of theirs, and one that everybody will have got."""
    from django.contrib.auth import get_user_model

    from notifications import dispatch
    from notifications.events import Audience, Event
    from notifications.models import Event as EventRow

    user = get_user_model()
    if not user.objects.filter(username=HEAVY).exists():
        user.objects.create(username=HEAVY, email="stock@example.org")
        user.objects.create_superuser("chief")
        for title in ("One of many", "Broadcast"):
            dispatch.notify(Event(kind="general", title=title, message="…", audience=Audience(users=[_heavy()])))
    originals = EventRow.objects.filter(source="")
    return _heavy(), originals.get(title="One of many"), originals.get(title="Broadcast")


def _heavy() -> int:
    from django.contrib.auth import get_user_model

    return int(get_user_model().objects.get(username=HEAVY).pk)


def _key() -> str:
    from django.db import connection

    return "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"


def _ago(seconds: str) -> str:
    """The moment of the row that is copied, so many seconds earlier."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"s.created_at - ({seconds}) * interval '1 second'"
    return f"strftime('%%Y-%%m-%%d %%H:%%M:%%f', s.created_at, '-' || ({seconds}) || ' seconds')"


def _people_and_events(heavy: int, one: Any, count: int) -> None:
    from django.contrib.auth import get_user_model

    from notifications.models import Event

    user = get_user_model()
    there = user.objects.filter(username__startswith="crowd").count()
    copy(user, heavy, count - there, username=f"'crowd' || (n.i + {there})")
    there = Event.objects.filter(source="stock").count()
    copy(Event, one.pk, count - there, id=_key(), source="'stock'", created_at=_ago(f"n.i + {there}"))


def _counters(heavy: int, broadcast: Any, half: int) -> None:
    from django.contrib.auth import get_user_model

    from notifications.models import Event, Inbox, NotificationLog

    last = NotificationLog.objects.filter(recipient_id=heavy).latest("seq").seq
    Inbox.objects.filter(pk=heavy).update(last_seq=last, unread_count=half, listed_count=half)
    highest = get_user_model().objects.latest("pk").pk
    Event.objects.filter(pk=broadcast.pk).update(recipients=half, position=highest)


def _attempts(count: int) -> None:
    from django.utils import timezone

    from notifications.models import Attempt, Delivery

    now = timezone.now()
    if not Attempt.objects.exists():
        tried = Delivery.objects.earliest("pk")
        Attempt.objects.create(delivery=tried, number=1, channel="email", started_at=now, ended_at=now, outcome="sent")
    each = {"id": _key(), "number": "2 + n.i %% 30000", "started_at": "s.started_at"}
    of = f"(SELECT MIN(id) FROM {Delivery._meta.db_table}) + n.i"
    done = Attempt.objects.count()
    copy(Attempt, Attempt.objects.all()[0].pk, count - done, **each, delivery_id=f"{of} + {done}")


def _audit_and_connections(heavy: int, rows: int) -> None:
    from django.utils import timezone

    from notifications import audit
    from notifications.models import AuditEntry, Connection, Server

    audit.record("x.y", "thing", 1, target_user_id=heavy)
    copy(AuditEntry, AuditEntry.objects.latest("pk").pk, rows - AuditEntry.objects.count())
    now = timezone.now()
    server, _ = Server.objects.get_or_create(name="stock", defaults={"lease_until": now + timedelta(days=1)})
    if not Connection.objects.exists():
        Connection.objects.create(server=server, user_id=heavy, transport="sse", connected_at=now, last_seen_at=now)
    who = "(SELECT MIN(id) FROM auth_user) + n.i"
    copy(
        Connection,
        Connection.objects.all()[0].pk,
        max(A_PAGE, rows // 100) - Connection.objects.count(),
        id=_key(),
        user_id=who,
    )


def _rows(model: Any, one: Any, broadcast: Any, heavy: int) -> None:
    """One for everybody of the broadcast, and one of each event for the heavy person."""
    template = model.objects.get(event=one, recipient_id=heavy)
    told = "NOT EXISTS (SELECT 1 FROM notifications_notificationlog AS r WHERE r.recipient_id = {} AND r.event_id = {})"
    bound = _literal(model, "event", broadcast.pk)
    crowd = f"u.username LIKE 'crowd%%' AND {told.format('u.id', bound)}"
    insert(model, template.pk, "auth_user AS u", crowd, recipient_id="u.id", event_id=bound, seq="1")
    top = model.objects.filter(recipient_id=heavy).latest("seq").seq
    new = f"e.source = 'stock' AND {told.format(heavy, 'e.id')}"
    insert(model, template.pk, "notifications_event AS e", new, event_id="e.id", seq=f"{top} + row_number() OVER ()")


def _deliveries(model: Any, rows: Any) -> None:
    """An e-mail for each row: of ten one has failed, one waits."""
    _first_delivery(model, rows)
    source = "notifications_notificationlog AS r"
    new = (
        "NOT EXISTS (SELECT 1 FROM notifications_delivery AS d WHERE d.notification_id = r.id AND d.channel = 'email')"
    )
    state = "CASE r.id %% 10 WHEN 1 THEN 'failed' WHEN 2 THEN 'waiting' ELSE 'sent' END"
    same = {"notification_id": "r.id", "recipient_id": "r.recipient_id", "event_id": "r.event_id"}
    insert(model, model.objects.earliest("pk").pk, source, new, state=state, due_at="r.created_at", **same)


def _first_delivery(model: Any, rows: Any) -> None:
    if not model.objects.exists():
        row = rows.objects.earliest("pk")
        made = {
            "outcome": "send",
            "reason": "kind_default",
            "state": "sent",
            "priority": 1,
            "created_at": row.created_at,
        }
        model.objects.create(event=row.event, notification=row, recipient_id=row.recipient_id, channel="email", **made)


def copy(model: Any, pk: Any, count: int, /, **columns: str) -> None:
    """So many copies of one row; `columns`: what differs, as SQL in which n.i counts from 1."""
    if count > 0:
        numbers = f"WITH RECURSIVE c (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {count}) SELECT i FROM c"
        insert(model, pk, f"({numbers}) AS n", **columns)


def insert(model: Any, pk: Any, source: str, where: str = "", /, **columns: str) -> None:
    """A copy of that row for each row of `source`; `columns`: what differs, as SQL."""
    from django.db import connection

    fields = [f for f in model._meta.concrete_fields if not (f.primary_key and f.column not in columns)]
    values = ", ".join(columns.get(f.column, f"s.{f.column}") for f in fields)
    table, key = model._meta.db_table, model._meta.pk
    named = ", ".join(f'"{f.column}"' for f in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({named}) SELECT {values} FROM {table} AS s, {source} WHERE s.{key.column} = %s"
            + (f" AND {where}" if where else ""),
            [key.get_db_prep_value(pk, connection)],
        )


def _literal(model: Any, field: str, value: Any) -> str:
    from django.db import connection

    return f"'{model._meta.get_field(field).target_field.get_db_prep_value(value, connection)}'"


# --- the pages ------------------------------------------------------------------
def pages() -> dict[str, str]:
    from notifications.models import Event, NotificationLog

    heavy, base = _heavy(), "/admin/notifications"
    event = Event.objects.get(title="Broadcast")
    middle = NotificationLog.objects.filter(recipient_id=heavy).count() // 2
    newest = NotificationLog.objects.filter(recipient_id=heavy).order_by("-seq")[0].pk
    return {
        "index": "/admin/",
        "person": f"{base}/inbox/{heavy}/change/",
        "person, in the middle": f"{base}/inbox/{heavy}/change/?before={middle}",
        "person, a filter that finds nothing": f"{base}/inbox/{heavy}/change/?status=expired",
        "person found by name": f"{base}/inbox/find/?q=crowd1",
        "notification": f"{base}/notificationlog/{newest}/change/",
        "notifications": f"{base}/notificationlog/",
        "notifications, failed": f"{base}/notificationlog/?status=failed",
        "notifications of a person": f"{base}/notificationlog/?q={HEAVY}",
        "event, to everybody": f"{base}/event/{event.pk}/change/",
        "event, why not": f"{base}/event/{event.pk}/change/?person=chief",
        "events": f"{base}/event/",
        "events, words": f"{base}/event/?q=broadcast",
        "deliveries": f"{base}/delivery/",
        "deliveries, failed": f"{base}/delivery/?state=failed",
        "channels": f"{base}/pausedchannel/",
        "connections": f"{base}/connection/",
        "people": f"{base}/inbox/",
        "audit": f"{base}/auditentry/",
        "audit, by action": f"{base}/auditentry/?action=x.y",
        "audit, a person's": f"{base}/auditentry/?target={HEAVY}",
        "send": f"{base}/event/send/",
    }


def measure() -> dict[str, float]:
    """Milliseconds a page: the best of some rounds, for whatever else the machine does only adds to it."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    browser = Client()
    browser.force_login(get_user_model().objects.get(username="chief"))
    return {name: min(_time(browser, path) for _ in range(ROUNDS)) for name, path in pages().items()}


def _time(browser: Any, path: str) -> float:
    began = time.perf_counter()
    assert browser.get(path).status_code in (200, 302), path
    return (time.perf_counter() - began) * 1000


def table(few: dict[str, float], many: dict[str, float]) -> list[str]:
    return [
        f"### The console with {MANY:,} rows beside {FEW:,}",
        "",
        f"| page | {MANY:,} | {FEW:,} | ratio |",
        "|---|---|---|---|",
        *(f"| {name} | {many[name]:.1f} ms | {few[name]:.1f} ms | {many[name] / few[name]:.2f} |" for name in few),
    ]
