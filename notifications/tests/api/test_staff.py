"""What staff see and send, and that nobody else does."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import wire
from notifications.api import paging
from notifications.database import database_now
from notifications.models import AuditEntry, Connection, Event, Live, NotificationLog, Server, Withdrawn
from notifications.tests.crowd import everything_written, make_crowd, rows_of

from .people import get, ids, post, refusal

ROWS, SEND, BROADCAST = (f"/api/admin/notifications/{rest}" for rest in ("", "send/", "broadcast/"))
CONNECTIONS, AUDIT = "/api/admin/connections/", "/api/admin/audit/"
Notify = Callable[..., Event]
Capture = Callable[..., Any]


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("engineer", 403), ("outsider", 403)])
def test_none_of_it_is_for_anybody_else(who: str | None, status: int, people: dict[str, User]) -> None:
    person, before = people[who] if who else None, everything_written()
    for path in (ROWS, CONNECTIONS, AUDIT):
        refusal(get(person, path), status)
    refusal(post(person, SEND, {"user_id": people["engineer"].pk, "message": "Hi"}), status)
    refusal(post(person, BROADCAST, {"title": "T", "message": "Hi"}), status)
    assert everything_written() == before


def test_the_list_shows_everybodys_with_how_delivery_went(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], people["engineer2"])
    shown = get(people["admin"], ROWS).json()["results"]
    assert [one["username"] for one in shown] == ["engineer2", "engineer"]
    assert (
        shown[1].items()
        >= {
            "user_id": people["engineer"].pk,
            "delivered": False,
            "delivery_attempts": 0,
            "last_attempt_at": None,
            "next_attempt_at": None,
            "seq": 1,
            "status": "pending",
        }.items()
    )
    assert shown[1]["updated_at"]


@pytest.fixture
def rows(people: dict[str, User], notify_to: Notify) -> list[NotificationLog]:
    """One in each status, then some that hide one fact behind another."""
    now, past = timezone.now(), timezone.now() - timedelta(minutes=1)
    facts: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({}, {}),
        ({"sent_at": now}, {}),
        ({"sent_at": now, "delivered_at": now}, {}),
        ({"is_read": True, "read_at": now}, {}),
        ({"withdrawn": Withdrawn.CANCELLED}, {}),
        ({"withdrawn": Withdrawn.EXPIRED}, {}),
        ({"sent_at": now}, {"expires_at": past}),
        ({}, {"state": Event.State.CANCELLED}),
        ({"delivered_at": now, "is_read": True}, {"state": Event.State.CANCELLED, "expires_at": past}),
        ({"withdrawn": Withdrawn.CANCELLED, "sent_at": now}, {"expires_at": past}),
        ({"withdrawn": Withdrawn.REPLACED}, {"expires_at": now + timedelta(days=1)}),
    ]
    for of_row, of_event in facts:
        event = notify_to(people["engineer"])
        Event.objects.filter(pk=event.pk).update(**of_event)
        NotificationLog.objects.filter(event=event).update(**of_row)
    return rows_of(people["engineer"])


def test_every_status_is_found_as_the_notification_shows_it(people: dict[str, User], rows: Any) -> None:
    now = database_now()
    shown = {row.pk: wire.status(row, now=now) for row in rows}
    assert set(shown.values()) == {"pending", "sent", "delivered", "read", "cancelled", "expired"}
    for status in ("pending", "sent", "delivered", "read", "failed", "cancelled", "expired"):
        found = ids(get(people["admin"], ROWS, status=status))
        assert sorted(found) == [row for row, had in shown.items() if had == status], status
    assert len(ids(get(people["admin"], ROWS, status="read,delivered"))) == 3


def test_the_filters_pick(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], kind="admin_message")
    notify_to(people["engineer2"], priority="high")
    first, second = rows_of(people["engineer"])[0], rows_of(people["engineer2"])[0]
    NotificationLog.objects.filter(pk=first.pk).update(delivered_at=timezone.now(), live=Live.SKIP)
    for query, found in (
        ({"user_id": people["engineer"].pk}, [first]),
        ({"user_id": 10**9}, []),
        ({"notification_type": "Admin-Message"}, [first]),
        ({"delivered": "true"}, [first]),
        ({"delivered": "false"}, [second]),
        ({"priority": "HIGH"}, [second]),
        ({"channel": "websocket"}, [second]),
        ({"channel": "inbox"}, [second, first]),
        ({"channel": "email"}, []),
        ({"since": "2020-01-01"}, [second, first]),
        ({"until": "2020-01-01"}, []),
        ({"limit": 1}, [second]),
        ({"limit": 1, "offset": 1}, [first]),
        ({"before": second.pk}, [first]),
    ):
        assert ids(get(people["admin"], ROWS, **query)) == [row.pk for row in found], query


@pytest.mark.parametrize(
    ("path", "name"),
    [
        *((ROWS, name) for name in ("user_id", "notification_type", "delivered", "status", "channel", "priority")),
        *((ROWS, name) for name in ("since", "until", "limit", "offset", "page", "before")),
        *((CONNECTIONS, name) for name in ("user_id", "transport", "before")),
        *((AUDIT, name) for name in ("id", "actor", "target_user_id", "since", "until", "after")),
    ],
)
def test_nonsense_is_refused_by_name(path: str, name: str, people: dict[str, User]) -> None:
    for nonsense in ("nonsense", "9" * 30):
        assert name in refusal(get(people["admin"], path, **{name: nonsense}))


def test_no_list_of_the_staffs_takes_more_queries_for_many(people: dict[str, User], notify_to: Notify) -> None:
    paths = (ROWS, f"{ROWS}?limit=100", CONNECTIONS, f"{CONNECTIONS}?limit=100", AUDIT, f"{AUDIT}?limit=100")

    def queries() -> dict[str, int]:
        counted = {}
        for path in paths:
            with CaptureQueriesContext(connection) as seen:
                assert get(people["admin"], path).status_code == 200
            counted[path] = len(seen)
        return counted

    notify_to(people["engineer"], actor_id=people["engineer"].pk)
    connect(people["engineer"])
    few = queries()
    for user in User.objects.filter(pk__in=make_crowd(40)):
        notify_to(user, actor_id=user.pk)
        connect(user)
    assert queries() == few


def test_a_long_list_is_counted_to_ten_thousand_and_no_further(
    people: dict[str, User], notify_to: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "COUNTED", 5)
    notify_to(*make_crowd(8))
    assert get(people["admin"], ROWS, status="pending").json()["count"] == 5
    pages, url = [], f"{ROWS}?status=pending&limit=3"
    while url:
        answer = get(people["admin"], url)
        pages.append(len(ids(answer)))
        url = answer.json()["next"]
    assert pages == [3, 3, 2]  # the links lead to the end all the same
    assert get(people["admin"], ROWS).json()["count"] >= 5  # the whole table: an estimate


def test_a_message_to_one_person(people: dict[str, User], django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(people["admin"], SEND, {"user_id": people["engineer"].pk, "message": "Hi", "data": {"a": 1}})
    assert answer.status_code == 202
    (row,) = rows_of(people["engineer"])
    assert (row.kind, row.event.title, row.event.data) == ("admin_message", "A message from admin", {"a": 1})
    entry = AuditEntry.objects.get(action="staff.send")
    assert (entry.entity_id, entry.actor_name, entry.target_user_id) == (
        answer.json()["event_id"],
        "admin",
        people["engineer"].pk,
    )
    assert AuditEntry.objects.filter(action="event.created").count() == 1


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({}, {"admin", "engineer", "engineer2", "requester", "outsider"}),
        ({"roles": ["engineer"]}, {"engineer", "engineer2"}),
        ({"roles": None, "exclude": ["admin", "outsider"]}, {"engineer", "engineer2", "requester"}),
        ({"roles": ["engineer"], "exclude": ["engineer"]}, {"engineer2"}),
    ],
)
def test_a_broadcast(
    extra: dict[str, Any], told: set[str], people: dict[str, User], django_capture_on_commit_callbacks: Capture
) -> None:
    if "exclude" in extra:
        extra = {**extra, "exclude": [people[name].pk for name in extra["exclude"]]}
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(people["admin"], BROADCAST, {"title": "T", "message": "Hi", "priority": "high", **extra})
    assert answer.status_code == 202
    rows = NotificationLog.objects.select_related("recipient", "event")
    assert {row.recipient.username for row in rows} == told
    assert {(row.kind, row.event.priority) for row in rows} == {("system_announcement", "high")}
    assert AuditEntry.objects.get(action="staff.broadcast").entity_id == answer.json()["event_id"]


@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        (SEND, {"user_id": None}, "user_id"),
        (SEND, {"user_id": 10**9}, "user_id"),
        (SEND, {"user_id": "x"}, "user_id"),
        (SEND, {"message": ""}, "message"),
        (SEND, {"message": None}, "message"),
        (SEND, {"notification_type": "nonsense"}, "notification_type"),
        (SEND, {"priority": "nonsense"}, "priority"),
        (SEND, {"data": 5}, "data"),
        (BROADCAST, {"title": None}, "title"),
        (BROADCAST, {"title": ""}, "title"),
        (BROADCAST, {"message": "x" * 10_001}, "message"),
        (BROADCAST, {"roles": ["nobody"]}, "roles"),
        (BROADCAST, {"roles": []}, "roles"),
        (BROADCAST, {"roles": "engineer"}, "roles"),
        (BROADCAST, {"exclude": [10**9]}, "exclude"),
        (BROADCAST, {"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name_and_nothing_is_written(
    path: str, changes: dict[str, Any], field: str, people: dict[str, User]
) -> None:
    before = everything_written()
    to = {"user_id": people["engineer"].pk} if path == SEND else {}
    body = {**to, "title": "T", "message": "Hi", **changes}
    assert field in refusal(post(people["admin"], path, body))
    assert everything_written() == before


def connect(user: User, **of_server: Any) -> Connection:
    now = timezone.now()
    server = Server.objects.create(**{"name": "host:1", "lease_until": now + timedelta(minutes=1), **of_server})
    return Connection.objects.create(
        server=server, user=user, transport="sse", ip="::1", user_agent="x", connected_at=now, last_seen_at=now
    )


def test_connections_are_those_whose_server_lives(people: dict[str, User]) -> None:
    held = connect(people["engineer"])
    connect(people["engineer2"], lease_until=timezone.now() - timedelta(seconds=1))
    (shown,) = get(people["admin"], CONNECTIONS).json()["results"]
    assert shown == {
        "connection_id": str(held.pk),
        "user_id": people["engineer"].pk,
        "username": "engineer",
        "transport": "sse",
        "ip": "::1",
        "user_agent": "x",
        "connected_at": shown["connected_at"],
        "last_seen_at": shown["last_seen_at"],
        "server": "host:1",
    }
    assert get(people["admin"], CONNECTIONS, transport="websocket").json()["count"] == 0
    assert get(people["admin"], CONNECTIONS, user_id=people["engineer"].pk).json()["count"] == 1


def test_the_audit_is_found_by_each_of_its_fields(people: dict[str, User], notify_to: Notify) -> None:
    event = notify_to(people["engineer"], people["engineer2"], actor_id=people["admin"].pk)
    row = rows_of(people["engineer"])[0]
    post(people["engineer"], f"/api/notifications/{row.pk}/mark_as_read/")

    def actions(**query: Any) -> list[str]:
        return [one["action"] for one in get(people["admin"], AUDIT, **query).json()["results"]]

    assert actions() == ["notification.read", "notification.created", "event.created"]
    assert actions(actor=people["admin"].pk) == ["event.created"]
    assert actions(action="event.created,notification.read") == ["notification.read", "event.created"]
    assert actions(entity_type="notification", entity_id=row.pk) == ["notification.read", "notification.created"]
    assert actions(entity_id=str(event.pk)) == ["notification.created", "event.created"]
    assert actions(target_user_id=people["engineer"].pk) == ["notification.read"]
    assert actions(until="2020-01-01") == actions(entity_id="nothing") == []
    assert actions(since="2020-01-01", limit=1) == ["notification.read"]
    newest = AuditEntry.objects.latest("pk")
    assert actions(before=newest.pk) == ["notification.created", "event.created"]
    assert actions(id=newest.pk) == ["notification.read"]


def test_an_act_on_many_is_found_by_each_of_them(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"])
    notify_to(people["engineer"])
    post(people["engineer"], "/api/notifications/mark_all_as_read/")
    for row in rows_of(people["engineer"]):
        found = get(people["admin"], AUDIT, entity_id=row.pk, action="notification.read").json()
        assert found["count"] == 1


def test_an_entry_names_its_actor(people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], actor_id=people["admin"].pk)
    post(people["engineer"], "/api/notifications/mark_all_as_read/")
    read, _, created = get(people["admin"], AUDIT).json()["results"]
    assert read["actor"] == {"id": people["engineer"].pk, "username": "engineer"}
    assert created["actor"] == {"id": people["admin"].pk, "username": "admin"}
    assert set(created) == {"id", "at", "actor", "action", "entity_type", "entity_id", "target_user_id", "metadata"}
