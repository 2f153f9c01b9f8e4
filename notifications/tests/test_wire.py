"""A notification as clients see it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User

from notifications import wire
from notifications.events import Action, Audience, Subject
from notifications.live.rings import NewRing
from notifications.models import Event, NotificationLog, Withdrawn

from .conftest import Listener
from .crowd import make_person, rows_of, send

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)

# docs/protocol.md §3, letter by letter
KEYS = {
    "id",
    "seq",
    "notification_type",
    "category",
    "priority",
    "status",
    "title",
    "message",
    "data",
    "source",
    "tags",
    "sender",
    "subject",
    "namespace",
    "room",
    "thread",
    "replaces",
    "actions",
    "action_taken",
    "image",
    "link",
    "requires_acknowledgment",
    "silent",
    "reason",
    "is_read",
    "read_at",
    "seen_at",
    "archived_at",
    "snoozed_until",
    "sent_at",
    "delivered_at",
    "created_at",
    "expires_at",
    "event_id",
}
STAFF_KEYS = {
    "user_id",
    "username",
    "delivered",
    "delivery_attempts",
    "last_attempt_at",
    "next_attempt_at",
    "updated_at",
}

CANCELLED = Event(state=Event.State.CANCELLED)
OVER = Event(state=Event.State.DONE, expires_at=NOW)
AHEAD = Event(state=Event.State.DONE, expires_at=AFTER)
STATUSES: list[tuple[str, Event, dict[str, Any]]] = [
    ("pending", Event(), {}),
    ("pending", AHEAD, {}),
    ("pending", Event(), {"seen_at": BEFORE, "archived_at": BEFORE}),
    ("sent", Event(), {"sent_at": BEFORE}),
    ("sent", AHEAD, {"sent_at": BEFORE}),
    ("expired", OVER, {}),
    ("expired", OVER, {"sent_at": BEFORE}),
    ("expired", Event(), {"withdrawn": Withdrawn.EXPIRED, "sent_at": BEFORE}),
    ("cancelled", CANCELLED, {"sent_at": BEFORE}),
    ("cancelled", Event(), {"withdrawn": Withdrawn.CANCELLED, "sent_at": BEFORE}),
    ("cancelled", OVER, {"withdrawn": Withdrawn.CANCELLED}),
    ("delivered", CANCELLED, {"sent_at": BEFORE, "delivered_at": BEFORE}),
    ("delivered", OVER, {"sent_at": BEFORE, "delivered_at": BEFORE}),
    ("read", OVER, {"delivered_at": BEFORE, "is_read": True}),
    ("read", CANCELLED, {"is_read": True}),
]


@pytest.mark.parametrize(("status", "event", "facts"), STATUSES)
def test_status_is_the_first_that_holds(status: str, event: Event, facts: dict[str, Any]) -> None:
    assert wire.status(NotificationLog(event=event, **facts), now=NOW) == status


def rich(person: User) -> dict[str, Any]:
    return {
        "actor_id": person.pk,
        "title": "Lift 3 “north”",
        "data": {"floor": 3, "deep": [{"a": None}]},
        "tags": ["lift"],
        "subject": Subject("lift", "3"),
        "thread": "lift:3",
        "actions": [Action("thanks", "Thank you")],
        "link": "/lifts/3",
        "image": "/lift.png",
        "expires_at": datetime(2999, 1, 1, tzinfo=UTC),
    }


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "rich"])
@pytest.mark.django_db(transaction=True)
def test_what_is_rung_is_what_is_read_later(listener: Listener, plain: bool) -> None:
    person = make_person()
    send(person, **({} if plain else rich(person)))
    [ring] = listener.heard()
    assert isinstance(ring, NewRing)
    [row] = rows_of(person)
    rung = {"id": ring.heads[0].id, "seq": ring.heads[0].seq, **orjson.loads(ring.tail or b"")}
    read = orjson.loads(orjson.dumps(wire.notification(row, now=row.created_at)))
    assert rung == read


@pytest.mark.django_db
def test_every_promised_key_is_there_and_no_other(person: User, notify_to) -> None:
    notify_to(person, **rich(person))
    [row] = NotificationLog.objects.select_related("event", "recipient")
    assert set(wire.notification(row, now=NOW)) == KEYS
    assert set(wire.staff_notification(row, now=NOW)) >= KEYS | STAFF_KEYS


@pytest.mark.django_db
def test_the_values_are_what_was_sent(person: User, notify_to) -> None:
    event = notify_to(person, **rich(person))
    [row] = rows_of(person)
    seen = wire.notification(row, now=row.created_at)
    assert (seen["id"], seen["seq"], seen["event_id"]) == (row.pk, 1, str(event.pk))
    assert (seen["title"], seen["message"]) == ("Lift 3 “north”", "The lift is back.")
    assert (seen["notification_type"], seen["category"], seen["priority"]) == ("general", "info", "normal")
    assert seen["sender"] == {"id": person.pk, "name": person.username}
    assert seen["subject"] == {"kind": "lift", "id": "3"}
    assert seen["actions"] == [{"id": "thanks", "label": "Thank you"}]
    assert (seen["is_read"], seen["read_at"], seen["status"]) == (False, None, "pending")
    assert seen["expires_at"] == "2999-01-01T00:00:00Z"
    assert seen["created_at"].endswith("Z")
    assert seen["reason"] == "addressed"


@pytest.mark.django_db
def test_what_nobody_sent_and_nothing_is_about_is_null(person: User, notify_to) -> None:
    notify_to(person)
    [row] = rows_of(person)
    seen = wire.notification(row, now=NOW)
    assert [seen[key] for key in ("sender", "subject", "room", "thread", "link", "image", "expires_at")] == [None] * 7
    assert (seen["data"], seen["tags"], seen["actions"], seen["source"]) == ({}, [], [], "")


@pytest.mark.django_db
def test_broadcasts_to_everyone_are_named_apart(person: User, notify_to) -> None:
    assert wire.frame_name(notify_to(person)) == "notification"
    assert wire.frame_name(notify_to(audience=Audience(everyone=True))) == "system_notification"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, None),
        ("2026-11-21T09:00:00+00:00", "2026-11-21T09:00:00Z"),
        ("2026-11-21T10:30:00.123000+01:30", "2026-11-21T09:00:00.123000Z"),
        ("2026-11-20T23:00:00-10:00", "2026-11-21T09:00:00Z"),
    ],
)
def test_times_are_utc(given: str | None, shown: str | None) -> None:
    assert wire.moment(datetime.fromisoformat(given) if given else None) == shown
