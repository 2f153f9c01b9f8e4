"""Sending over HTTP: who may, what is refused and by which name, and what became of it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import AuditEntry, Event, NotificationLog
from notifications.tests.crowd import everything_written, make_crowd, rows_of

from .people import client_of, get, post, refusal

EVENTS = "/api/events/"
BODY: dict[str, Any] = {"notification_type": "general", "message": "The lift is back.", "to": {}}
Notify = Callable[..., Event]
Capture = Callable[..., Any]


def body(people: dict[str, User], **changes: Any) -> dict[str, Any]:
    return {**BODY, "to": {"users": [people["engineer"].pk]}, **changes}


def told() -> dict[str, str]:
    """username → reason."""
    rows = list(NotificationLog.objects.select_related("recipient"))
    assert len({row.recipient_id for row in rows}) == len(rows), "somebody was told twice"
    return {row.recipient.username: row.reason for row in rows}


def test_an_event_is_accepted_and_told(people: dict[str, User], django_capture_on_commit_callbacks: Capture) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(people["admin"], EVENTS, body(people, title="Lift", data={"a": [1]}, tags=["x"]))
    assert answer.status_code == 202
    event = Event.objects.get(pk=answer.json()["event_id"])
    assert answer.json() == {"event_id": str(event.pk), "status": "expanding", "recipients": None}
    (row,) = rows_of(people["engineer"])
    assert (row.event.title, row.event.data, row.event.tags) == ("Lift", {"a": [1]}, ["x"])
    assert event.actor_id == people["admin"].pk
    assert get(people["admin"], f"{EVENTS}{event.pk}/").json()["recipients"] == 1


@pytest.mark.django_db(transaction=True)
def test_by_the_time_of_the_answer_a_small_audience_has_been_told(people: dict[str, User]) -> None:
    answer = post(people["admin"], EVENTS, body(people)).json()
    assert (answer["status"], answer["recipients"]) == ("done", 1)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ({"roles": ["engineer"]}, {"engineer": "engineer", "engineer2": "engineer"}),
        ({"roles": ["engineer"], "users": ["engineer"]}, {"engineer": "addressed", "engineer2": "engineer"}),
        ({"everyone": True, "exclude": ["engineer", "admin", "outsider"]}, dict.fromkeys(["engineer2", "requester"])),
        ({"namespace": "/admin"}, {"admin": "namespace /admin"}),
        ({"users": ["engineer", "engineer", "admin"], "namespace": "/admin"}, {"admin": "addressed"}),
        ({"users": ["engineer"], "rooms": [], "related": None}, {"engineer": "addressed"}),
        ({"users": []}, {}),
        ({}, {}),
    ],
)
def test_audiences(
    to: dict[str, Any], expected: Any, people: dict[str, User], django_capture_on_commit_callbacks: Capture
) -> None:
    named = {part: [people[name].pk for name in to[part]] for part in ("users", "exclude") if part in to}
    with django_capture_on_commit_callbacks(execute=True):
        assert post(people["admin"], EVENTS, {**BODY, "to": {**to, **named}}).status_code == 202
    assert set(told()) == set(expected)
    assert all(told()[name] == why for name, why in expected.items() if why)


def test_inactive_people_are_not_told(people: dict[str, User], django_capture_on_commit_callbacks: Capture) -> None:
    User.objects.filter(username="engineer2").update(is_active=False)
    with django_capture_on_commit_callbacks(execute=True):
        post(people["admin"], EVENTS, {**BODY, "to": {"roles": ["engineer"]}})
    assert set(told()) == {"engineer"}


def test_words_at_their_bounds_are_taken(people: dict[str, User]) -> None:
    full = {
        "title": "x" * 255,
        "message": "y" * 10_000,
        "source": "z" * 64,
        "thread": "t" * 128,
        "tags": ["t" * 64] * 20,
        "actions": [{"id": str(n), "label": "L" * 64} for n in range(5)],
        "subject": {"kind": "ticket", "id": 5},
        "link": "/tickets/5?x=1#y",
        "image": "https://x.example/p.png",
        "priority": "URGENT",
        "category": "Alert",
        "channels": ["inbox", "websocket", "email"],
        "expires_at": "2099-01-01T00:00:00Z",
    }
    answer = post(people["admin"], EVENTS, body(people, **full))
    assert answer.status_code == 202, answer.json()
    event = Event.objects.get()
    assert (event.priority, event.category, event.subject_id, event.channels) == (
        "urgent",
        "alert",
        "5",
        ["inbox", "websocket", "email"],
    )
    assert event.title == full["title"]


def test_a_category_is_a_kind(people: dict[str, User]) -> None:
    post(people["admin"], EVENTS, body(people, notification_type="ALERT"))
    assert Event.objects.values_list("kind", "category").get() == ("general", "alert")


def test_a_scheduled_event_has_no_recipients_yet(
    people: dict[str, User], django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(people["admin"], EVENTS, body(people, scheduled_for="2099-01-01T00:00:00Z")).json()
    assert (answer["status"], answer["recipients"]) == ("scheduled", None)
    assert told() == {}


@pytest.mark.parametrize("path", ["", "{id}/", "{id}/recipients/"])
@pytest.mark.parametrize(("who", "status"), [(None, 401), ("engineer", 403), ("outsider", 403), ("admin", 200)])
def test_events_are_for_staff(
    path: str, who: str | None, status: int, people: dict[str, User], notify_to: Notify
) -> None:
    event = notify_to(people["engineer"])
    person = people[who] if who else None
    assert get(person, EVENTS + path.format(id=event.pk)).status_code == status
    if status != 200:
        before = everything_written()
        refusal(post(person, EVENTS, body(people)), status)
        assert everything_written() == before


@pytest.mark.parametrize("strange", ["cfc71314-3e1b-44e1-898b-967458c81528", "abc", "5", "-" * 36])
def test_an_unknown_event_is_a_404(strange: str, people: dict[str, User]) -> None:
    refusal(get(people["admin"], f"{EVENTS}{strange}/"), 404)
    refusal(get(people["admin"], f"{EVENTS}{strange}/recipients/"), 404)


def test_an_event_shows_its_content_and_what_became_of_it(people: dict[str, User], notify_to: Notify) -> None:
    event = notify_to(people["engineer"], people["engineer2"], people["requester"], tags=["x"])
    read, delivered, _ = (rows_of(people[name])[0] for name in ("engineer", "engineer2", "requester"))
    post(people["engineer"], f"/api/notifications/{read.pk}/mark_as_read/")
    post(people["engineer2"], "/api/notifications/ack/", {"ids": [delivered.pk]})
    shown = get(people["admin"], f"{EVENTS}{event.pk}/").json()
    assert shown["event_id"] == str(event.pk)
    assert (shown["notification_type"], shown["tags"], shown["status"]) == ("general", ["x"], "done")
    assert (shown["recipients"], shown["position"]) == (3, people["requester"].pk)
    assert shown["to"]["users"] == event.audience["users"]
    assert shown["counts"] == {
        "inbox": {"send": 3, "hold": 0, "skip": {}, "sent": 3, "failed": 0, "delivered": 3, "read": 1},
        "websocket": {"send": 3, "hold": 0, "skip": {}, "sent": 1, "failed": 0, "delivered": 1, "read": 1},
    }
    receipts = get(people["admin"], f"{EVENTS}{event.pk}/recipients/").json()
    assert [(one["user_id"], one["status"]) for one in receipts["results"]] == [
        (people["engineer"].pk, "read"),
        (people["engineer2"].pk, "delivered"),
        (people["requester"].pk, "pending"),
    ]
    assert set(receipts["results"][0]) == {"user_id", "status", "delivered_at", "read_at", "action_taken"}
    after = get(people["admin"], f"{EVENTS}{event.pk}/recipients/", after=people["engineer"].pk, limit=1).json()
    assert [one["user_id"] for one in after["results"]] == [people["engineer2"].pk]
    assert f"after={people['engineer2'].pk}" in after["next"]


def test_events_are_listed_newest_first_and_filtered(people: dict[str, User], notify_to: Notify) -> None:
    first = notify_to(people["engineer"], kind="admin_message", actor_id=people["admin"].pk)
    second = notify_to(people["engineer"], priority="high")

    def found(**query: Any) -> list[str]:
        return [one["event_id"] for one in get(people["admin"], EVENTS, **query).json()["results"]]

    assert found() == [str(second.pk), str(first.pk)]
    assert found(notification_type="Admin.Message") == found(sender=people["admin"].pk) == [str(first.pk)]
    assert found(priority="high", status="done", category="info") == [str(second.pk)]
    assert found(until="2020-01-01") == found(status="cancelled") == []
    for name in ("status", "priority", "notification_type", "sender", "since"):
        assert name in refusal(get(people["admin"], EVENTS, **{name: "nonsense"}))
    assert "before" in refusal(get(people["admin"], EVENTS, before=5))


def test_the_pages_of_an_event_take_the_same_number_of_queries_for_many(
    people: dict[str, User], notify_to: Notify
) -> None:
    def queries(event: Event, path: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert get(people["admin"], f"{EVENTS}{event.pk}/{path}").status_code == 200
        return len(seen)

    few, many = notify_to(people["engineer"]), notify_to(*make_crowd(150))
    for path in ("", "recipients/", "recipients/?limit=100"):
        assert queries(few, path) == queries(many, path) <= 4


def test_the_catalogue_is_for_everybody_signed_in(people: dict[str, User]) -> None:
    refusal(get(None, "/api/notification-types/"), 401)
    catalogue = get(people["outsider"], "/api/notification-types/", limit=100).json()
    kinds = {one["kind"]: one for one in catalogue["results"]}
    assert catalogue["count"] == len(kinds)
    assert kinds["ticket_opened"].items() >= {"category": "info", "priority": "normal", "mandatory": False}.items()
    assert "ticket.title" in kinds["ticket_opened"]["variables"]
    assert kinds["progress_update"]["collapse"] is True
    assert kinds["progress_update"]["digest"] is None
    assert kinds["order_updated"]["digest"] == {"window_s": 600, "key": "order_id"}
    shipped = kinds["order_shipped"]
    assert (shipped["variables"], shipped["optional_variables"]) == (["order_id"], ["carrier", "tracking_number"])
    assert shipped["example"]["order_id"] == 7
    assert {(one["locale"], one["channel"]) for one in shipped["words"]} >= {("en", None), ("en", "sms"), ("de", None)}
    assert "before" in refusal(get(people["outsider"], "/api/notification-types/", before=5))


def test_a_sent_event_is_in_the_audit(people: dict[str, User]) -> None:
    event_id = post(people["admin"], EVENTS, body(people)).json()["event_id"]
    entry = AuditEntry.objects.get(action="event.created")
    assert (entry.entity_id, entry.actor_id) == (event_id, people["admin"].pk)


def test_a_form_can_send_too(people: dict[str, User]) -> None:
    form = {"notification_type": "general", "message": "Hi", "to.users": [people["engineer"].pk], "data": '{"a": 1}'}
    answer = client_of(people["admin"]).post(EVENTS, form, format="multipart")
    assert answer.status_code == 202, answer.json()
    assert Event.objects.get().audience["users"] == [people["engineer"].pk]
    assert Event.objects.get().data == {"a": 1}
    for nonsense in ('{"a": "\\u0000"}', '{"a": 1e999}', '{"a": "\\ud800"}', "[" * 5000, "{"):
        refusal(client_of(people["admin"]).post(EVENTS, {**form, "data": nonsense}, format="multipart"))
    assert Event.objects.count() == 1


def test_the_browsers_form_may_be_sent_as_it_is_shown(people: dict[str, User]) -> None:
    shown = {"data": "null", "context": "", "subject.kind": "", "subject.id": "", "to.related.room": ""}
    said = {**shown, "notification_type": "general", "message": "The lift is back.", "to.namespace": "/admin"}
    answer = client_of(people["admin"]).post(EVENTS, urlencode(said), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 202, answer.content
    assert Event.objects.get(pk=answer.json()["event_id"]).namespace == "/admin"
