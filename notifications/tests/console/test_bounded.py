"""No page of the console grows with the tables: as many queries for many rows as for few, each along an index."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.admin.events.page import COUNTED, progress
from notifications.admin.looking import COUNTED as COUNTED_IN_LISTS
from notifications.models import Connection, Delivery, Event, NotificationLog, Server
from notifications.tests.crowd import make_crowd

Notify = Callable[..., Event]
BIG = ("notifications_notificationlog", "notifications_delivery", "notifications_auditentry", "notifications_event")


def pages(person: User, event: Event) -> list[str]:
    newest = NotificationLog.objects.filter(recipient=person).latest("pk")
    return [
        "",
        f"notifications/inbox/{person.pk}/change/",
        f"notifications/inbox/{person.pk}/change/?status=read",
        f"notifications/inbox/find/?q={person.username}",
        f"notifications/notificationlog/{newest.pk}/change/",
        "notifications/notificationlog/",
        "notifications/notificationlog/?status=failed&priority=high",
        f"notifications/event/{event.pk}/change/",
        f"notifications/event/{event.pk}/progress/",
        "notifications/event/",
        "notifications/pausedchannel/",
        "notifications/delivery/",
        "notifications/connection/",
        "notifications/auditentry/",
        "notifications/auditentry/?action=event.created",
        "notifications/event/send/",
        "notifications/event/broadcast/",
    ]


def asked(browser: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        answer = browser.get(f"/admin/{path}")
    assert answer.status_code in (200, 302), path
    return [query["sql"] for query in seen.captured_queries]


def fill(notify_to: Notify, person: User, crowd: list[int], times: int) -> Event:
    for number in range(times):
        event = notify_to(person, *crowd, title=f"Number {number}", channels=["inbox", "websocket", "email"])
    return event


@pytest.fixture
def many(people: dict[str, User], notify_to: Notify, email: None) -> tuple[User, Event]:
    User.objects.update(email="x@example.org")
    return people["engineer"], fill(notify_to, people["engineer"], make_crowd(26), 26)


def test_a_page_of_many_rows_asks_as_often_as_one_of_few(
    chief: Client, people: dict[str, User], notify_to: Notify, email: None
) -> None:
    person = people["engineer"]
    User.objects.update(email="x@example.org")
    first = fill(notify_to, person, make_crowd(26), 26)
    few = {path: len(asked(chief, path)) for path in pages(person, first)}
    fill(notify_to, person, make_crowd(26), 26)
    server = Server.objects.create(name="host:1", lease_until=timezone.now() + timedelta(minutes=1))
    here = {"server": server, "transport": "sse", "connected_at": timezone.now(), "last_seen_at": timezone.now()}
    Connection.objects.bulk_create(Connection(user=person, **here) for _ in range(60))
    assert {path: len(asked(chief, path)) for path in few} == few


def test_no_big_table_is_read_from_end_to_end(chief: Client, many: tuple[User, Event]) -> None:
    """Every statement with a bound and no index would read so: SQLite says SCAN, Postgres Seq Scan."""
    found = [(path, plan) for path in pages(*many) for sql in asked(chief, path) for plan in scans(sql)]
    assert found == []


def scans(sql: str) -> list[str]:
    """The steps of its plan that walk a big table without an index or a bound."""
    if not sql.startswith("SELECT") or not any(table in sql for table in BIG):
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # of a small table it is right to read all
            cursor.execute(f"EXPLAIN {sql}")
            read = [step for (step,) in cursor.fetchall() if "Seq Scan on" in step and any(one in step for one in BIG)]
            return [step for step in read if " u0_1 " not in step]  # hashed whole while it is small, else looked up
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [row[3] for row in cursor.fetchall()]
    in_order = "LIMIT" in sql and not any("TEMP B-TREE" in step for step in steps)  # it stops at the bound
    walked = [step for step in steps if step.startswith("SCAN notifications_") and "INDEX" not in step]
    return [] if in_order else walked


def test_counts_of_a_large_event_stop_at_a_bound(people: dict[str, User], notify_to: Notify, settings: Any) -> None:
    event = notify_to(*make_crowd(3))
    Event.objects.filter(pk=event.pk).update(recipients=COUNTED + 1)
    event.refresh_from_db()
    with CaptureQueriesContext(connection) as seen:
        said = progress(event)
    assert said["counted"] == COUNTED
    assert all(f"LIMIT {COUNTED}" in query["sql"] for query in seen.captured_queries)
    assert progress(event, exactly=True)["counted"] is None


def test_lists_count_no_further_than_anybody_pages(chief: Client, many: tuple[User, Event]) -> None:
    for path in ("notificationlog", "auditentry", "delivery", "event"):
        counting = [sql for sql in asked(chief, f"notifications/{path}/") if sql.startswith("SELECT COUNT")]
        assert counting, path
        assert all(f"LIMIT {COUNTED_IN_LISTS}" in sql for sql in counting), counting


def test_the_dead_are_found_along_their_index(chief: Client, many: tuple[User, Event]) -> None:
    Delivery.objects.update(state="failed")
    reading = [sql for sql in asked(chief, "notifications/pausedchannel/") if "'failed'" in sql and "ORDER BY" in sql]
    assert reading
    assert all(sql.endswith("LIMIT 25") for sql in reading)
