"""`Idempotency-Key`: the same request sent again, at once or years later, makes one event."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.models import AuditEntry, Event, IdempotencyKey
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import everything_written, rows_of

from .people import client_of, post, refusal

DOORS: dict[str, Callable[[dict[str, User]], dict[str, Any]]] = {
    "/api/events/": lambda people: {
        "notification_type": "general",
        "message": "Hi",
        "to": {"users": [people["engineer"].pk]},
    },
    "/api/admin/notifications/send/": lambda people: {"user_id": people["engineer"].pk, "message": "Hi"},
    "/api/admin/notifications/broadcast/": lambda people: {"title": "T", "message": "Hi", "roles": ["engineer"]},
}
door = pytest.mark.parametrize("path", DOORS)


@door
def test_the_same_request_is_the_same_event(path: str, people: dict[str, User]) -> None:
    body = DOORS[path](people)
    first = post(people["admin"], path, body, key="k")
    before = everything_written()
    Event.objects.update(state=Event.State.DONE, recipients=7)
    again = post(people["admin"], path.rstrip("/"), dict(reversed(body.items())), key="k")
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == {"event_id": first.json()["event_id"], "status": "done", "recipients": 7}
    assert everything_written() == before


@door
@pytest.mark.parametrize("other", [{"message": "Other"}, {"message": None}, {"to": {"users": [0]}, "title": 5}])
def test_another_body_is_refused_before_it_is_looked_at(path: str, other: Any, people: dict[str, User]) -> None:
    body = DOORS[path](people)
    post(people["admin"], path, body, key="k")
    before = everything_written()
    assert refusal(post(people["admin"], path, {**body, **other}, key="k"), 422)["code"] == "idempotency_key_reused"
    assert everything_written() == before


def test_another_door_under_the_same_key_is_another_request(people: dict[str, User]) -> None:
    body = {"title": "T", "message": "Hi", "user_id": people["engineer"].pk}
    assert post(people["admin"], "/api/admin/notifications/send/", body, key="k").status_code == 202
    refusal(post(people["admin"], "/api/admin/notifications/broadcast/", body, key="k"), 422)


def test_another_spelling_of_the_door_is_the_same_request(people: dict[str, User]) -> None:
    body = DOORS["/api/events/"](people)
    first, again = (post(people["admin"], path, body, key="k").json() for path in ("/api/events/", "/notifications"))
    assert first["event_id"] == again["event_id"]


def test_keys_belong_to_their_sender(people: dict[str, User]) -> None:
    User.objects.filter(username="requester").update(is_staff=True)
    body = DOORS["/api/events/"](people)
    for name in ("admin", "requester"):
        assert post(User.objects.get(username=name), "/api/events/", body, key="k").status_code == 202
    assert Event.objects.count() == 2


def test_without_a_key_every_request_is_a_new_one(people: dict[str, User]) -> None:
    for _ in range(2):
        post(people["admin"], "/api/events/", DOORS["/api/events/"](people))
    assert Event.objects.count() == 2


@door
@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(path: str, key: str, people: dict[str, User]) -> None:
    assert "Idempotency-Key" in refusal(post(people["admin"], path, DOORS[path](people), key=key))
    assert not Event.objects.exists()


def test_the_longest_key_is_taken(people: dict[str, User]) -> None:
    assert post(people["admin"], "/api/events/", DOORS["/api/events/"](people), key="k" * 255).status_code == 202


def test_a_refused_request_does_not_use_its_key_up(people: dict[str, User]) -> None:
    body = DOORS["/api/events/"](people)
    refusal(post(people["admin"], "/api/events/", {**body, "notification_type": "nonsense"}, key="k"))
    assert not IdempotencyKey.objects.exists()
    assert post(people["admin"], "/api/events/", body, key="k").status_code == 202


@door
@pytest.mark.django_db(transaction=True)
def test_the_same_request_eight_times_at_once_is_one_event(path: str, people: dict[str, User]) -> None:
    body = DOORS[path](people)

    def send() -> Any:
        return client_of(people["admin"]).post(path, body, format="json", headers={"Idempotency-Key": "k"})

    answers = all_at_once(*[send] * 8)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["event_id"] for answer in answers}) == 1
    assert Event.objects.count() == 1
    assert len(rows_of(people["engineer"])) == 1
    assert AuditEntry.objects.filter(action="event.created").count() == 1
    assert AuditEntry.objects.filter(action__startswith="staff.").count() == (0 if path == "/api/events/" else 1)
