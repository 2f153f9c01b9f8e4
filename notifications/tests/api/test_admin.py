"""The engine in the Django admin: everything can be found, nothing can be changed, no page grows with the table."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.events import Subject
from notifications.models import AuditEntry, Connection, Event, Server
from notifications.tests.crowd import make_crowd, rows_of

PAGES = ("notificationlog", "event", "auditentry", "connection", "inbox")
Notify = Callable[..., Event]


@pytest.fixture
def admin(people: dict[str, User]) -> Client:
    User.objects.filter(username="admin").update(is_superuser=True)
    browser = Client()
    browser.force_login(User.objects.get(username="admin"))
    return browser


def page(admin: Client, name: str, query: str = "") -> str:
    answer = admin.get(f"/admin/notifications/{name}/{query}")
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def listed(admin: Client, name: str, **query: Any) -> int:
    answer = admin.get(f"/admin/notifications/{name}/", query)
    assert answer.status_code == 200, answer
    return len(answer.context["cl"].result_list)


def connect(user: User) -> Connection:
    server = Server.objects.create(name="host:1", lease_until=timezone.now() + timedelta(minutes=1))
    now = timezone.now()
    return Connection.objects.create(server=server, user=user, transport="sse", connected_at=now, last_seen_at=now)


def test_two_hundred_rows_take_as_many_queries_as_one(
    admin: Client, people: dict[str, User], notify_to: Notify
) -> None:
    def queries(name: str, query: str = "") -> int:
        with CaptureQueriesContext(connection) as seen:
            page(admin, name, query)
        return len(seen)

    notify_to(people["engineer"], actor_id=people["admin"].pk)
    connect(people["engineer"])
    lists = [*((name, "") for name in PAGES), ("notificationlog", "?status=pending"), ("event", "?since=week")]
    few = {page: queries(*page) for page in lists}
    crowd = make_crowd(199)
    notify_to(*crowd, actor_id=people["admin"].pk)
    for user in User.objects.filter(pk__in=crowd):
        connect(user)
        notify_to(user, actor_id=user.pk)
    assert {page: queries(*page) for page in lists} == few


@pytest.mark.parametrize("name", PAGES)
def test_history_cannot_be_added_to_changed_or_deleted(
    name: str, admin: Client, people: dict[str, User], notify_to: Notify
) -> None:
    event = notify_to(people["engineer"])
    key: Any = {
        "notificationlog": rows_of(people["engineer"])[0].pk,
        "event": event.pk,
        "auditentry": AuditEntry.objects.latest("pk").pk,
        "connection": connect(people["engineer"]).pk,
        "inbox": people["engineer"].pk,
    }[name]
    assert page(admin, name, f"{key}/change/")
    assert "deletelink" not in page(admin, name, f"{key}/change/")
    for act in ("add/", f"{key}/delete/"):
        assert admin.get(f"/admin/notifications/{name}/{act}").status_code == 403
    assert admin.post(f"/admin/notifications/{name}/{key}/change/", {"title": "x"}).status_code == 403
    assert 'name="_selected_action"' not in page(admin, name)


def test_only_staff_may_look(people: dict[str, User]) -> None:
    browser = Client()
    browser.force_login(people["engineer"])
    for name in PAGES:
        assert browser.get(f"/admin/notifications/{name}/").status_code == 302


def test_a_notification_is_found_by_number_event_and_username(
    admin: Client, people: dict[str, User], notify_to: Notify
) -> None:
    event = notify_to(people["engineer"], people["engineer2"])
    row = rows_of(people["engineer"])[0]
    assert listed(admin, "notificationlog", q=str(row.pk)) == 1
    assert listed(admin, "notificationlog", q=str(event.pk)) == 2
    assert listed(admin, "notificationlog", q="engineer") == 1
    assert listed(admin, "notificationlog", q=f"engineer {event.pk}") == 1
    for strange in ("nobody", "9" * 40, str(uuid.uuid4()), "²"):
        assert listed(admin, "notificationlog", q=strange) == 0


def test_an_event_is_found_by_id_subject_sender_kind_and_words(
    admin: Client, people: dict[str, User], notify_to: Notify
) -> None:
    event = notify_to(people["engineer"], message="The Lift", actor_id=people["admin"].pk, subject=Subject("t", "5"))
    notify_to(people["engineer"], message="Stairs", kind="admin_message")
    for words in (str(event.pk), "t:5", "admin", "lift", "the lift", "General"):
        assert listed(admin, "event", q=words) == 1, words
    assert listed(admin, "event", q="Admin-Message") == 1
    assert listed(admin, "event", q="escalator") == 0


def test_an_entry_is_found_by_what_it_is_about(admin: Client, people: dict[str, User], notify_to: Notify) -> None:
    event = notify_to(people["engineer"], actor_id=people["admin"].pk)
    assert listed(admin, "auditentry", q=str(event.pk)) == 2  # accepted, and told
    assert listed(admin, "auditentry", q="event.created") == 1
    assert listed(admin, "auditentry", q="admin") == 1
    assert listed(admin, "auditentry", q="event.exploded") == 0
    assert listed(admin, "auditentry", entity_type="event", since="hour") == 2
    assert listed(admin, "auditentry", entity_type="connection") == 0


def test_the_filters_pick(admin: Client, people: dict[str, User], notify_to: Notify) -> None:
    notify_to(people["engineer"], priority="high")
    notify_to(people["engineer"])
    rows_of(people["engineer"])[1].mark_as_read()
    assert listed(admin, "notificationlog", status="read") == 1
    assert listed(admin, "notificationlog", status="pending") == 1
    assert listed(admin, "notificationlog", priority="high") == 1
    assert listed(admin, "notificationlog", priority="nonsense") == 2
    assert listed(admin, "event", priority="high", state="done", category="info", since="hour") == 1
    assert listed(admin, "event", state="cancelled") == 0
    Event.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert (listed(admin, "event", since="day"), listed(admin, "event", since="week")) == (0, 2)


def test_connections_are_those_whose_server_lives(admin: Client, people: dict[str, User]) -> None:
    connect(people["engineer"])
    assert listed(admin, "connection", q="engineer", transport="sse", who="engineer") == 1
    assert listed(admin, "connection", who=people["engineer"].pk) == 1
    assert listed(admin, "connection", q="outsider") == listed(admin, "connection", who="outsider") == 0
    assert listed(admin, "connection", transport="websocket") == 0
    Server.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert listed(admin, "connection") == 0
