"""Sending by hand: tried first, then confirmed, and one event whatever is clicked twice."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import AuditEntry, Event, Preference
from notifications.tests.crowd import everything_written, make_room, rows_of

from ..conftest import Capture

SEND, BROADCAST = "/admin/notifications/event/send/", "/admin/notifications/event/broadcast/"


@pytest.fixture
def say(chief: Client, django_capture_on_commit_callbacks: Capture) -> Callable[..., Any]:
    def said(path: str, step: str, **fields: Any) -> Any:
        form = {"key": "key-1", "kind": "admin_message" if path == SEND else "system_announcement", "step": step}
        with django_capture_on_commit_callbacks(execute=True):
            return chief.post(path, {**form, "message": "The lift is back.", "title": "Lift", **fields})

    return said


def summary(answer: Any) -> str:
    assert answer.status_code == 200
    found = re.search(r'class="summary">([^<]*)<', answer.content.decode())
    assert found, answer.content.decode()
    return found[1]


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return dict(answer.context["form"].errors)


def test_a_trial_writes_nothing_and_says_what_would_be(say: Callable[..., Any], people: dict[str, User]) -> None:
    before = everything_written()
    answer = say(SEND, "try", people="engineer, requester")
    assert summary(answer) == "Will reach 2 people: 2 by open page."
    assert everything_written() == before
    assert 'name="key" value="key-1"' in answer.content.decode()


def test_it_says_who_is_held_until_when_and_who_is_left_out(
    say: Callable[..., Any], people: dict[str, User], email: None
) -> None:
    User.objects.exclude(username="outsider").update(email="someone@example.org")
    now = timezone.now()
    night = {"quiet_start": now - timedelta(hours=1), "quiet_end": now + timedelta(hours=1)}
    Preference.objects.create(
        user=people["engineer"], updated_at=now, **{name: at.time().replace(second=0) for name, at in night.items()}
    )
    answer = say(BROADCAST, "try", who="everyone", exclude="engineer2", channels=["email", "sms"])
    until = f"{night['quiet_end']:%H:%M}"
    assert "Will reach 4 people: 2 by e-mail, 1 by e-mail held until" in summary(answer)
    assert until in summary(answer)
    page = answer.content.decode()
    for words in ("no_address", "outsider", "not_configured", "excluded", "engineer2", "Everyone, but not engineer2."):
        assert words in page


def test_what_was_tried_is_what_is_sent(say: Callable[..., Any], people: dict[str, User]) -> None:
    answer = say(SEND, "confirm", people="engineer")
    event = Event.objects.get()
    assert answer["Location"] == f"/admin/notifications/event/{event.pk}/change/"
    assert [row.event.title for row in rows_of(people["engineer"])] == ["Lift"]
    entry = AuditEntry.objects.get(action="staff.send")
    assert (entry.actor_name, entry.entity_id, entry.target_user_id) == ("admin", str(event.pk), people["engineer"].pk)


def test_a_double_click_makes_one_event(say: Callable[..., Any], people: dict[str, User]) -> None:
    first, second = (say(BROADCAST, "confirm", who="everyone") for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Event.objects.count() == AuditEntry.objects.filter(action="staff.broadcast").count() == 1


def test_the_same_form_with_other_words_is_not_sent_again(say: Callable[..., Any], people: dict[str, User]) -> None:
    say(SEND, "confirm", people="engineer")
    again = say(SEND, "confirm", people="engineer", message="Something else.")
    assert "was sent before" in errors(again)["__all__"][0]
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "fields", "field", "why"),
    [
        (SEND, {"people": ""}, "people", "required"),
        (SEND, {"people": "engineer, nobody"}, "people", "Nobody is called &#x27;nobody&#x27;."),
        (SEND, {"people": "engineer", "link": "javascript:alert(1)"}, "link", "one slash"),
        (SEND, {"people": "engineer", "scheduled_for": "2001-01-01T10:00"}, "scheduled_for", "in the past"),
        (SEND, {"people": "engineer", "expires_at": "never"}, "expires_at", "valid date"),
        (SEND, {"people": "engineer", "kind": "order_shipped", "message": ""}, "context", "order"),
        (SEND, {"people": "engineer", "context": "[1]"}, "context", "JSON object"),
        (SEND, {"people": "engineer", "kind": "pigeon"}, "kind", "valid choice"),
        (SEND, {"people": "engineer", "title": "x" * 300}, "title", "255"),
        (BROADCAST, {"who": "roles"}, "roles", "at least one"),
        (BROADCAST, {"who": "room"}, "room", "Say which"),
        (BROADCAST, {"who": "room", "room": "nowhere"}, "room", "Unknown"),
    ],
)
def test_a_mistake_stands_beside_its_field(
    say: Callable[..., Any], people: dict[str, User], path: str, fields: dict[str, str], field: str, why: str
) -> None:
    for step in ("try", "confirm"):
        answer = say(path, step, **fields)
        assert list(errors(answer)) == [field]
        assert why in str(errors(answer)[field]), errors(answer)
    assert not Event.objects.exists()


def test_a_broadcast_goes_to_roles_staff_or_a_room(say: Callable[..., Any], people: dict[str, User]) -> None:
    make_room("task_1", people["outsider"])
    broadcasts: list[tuple[dict[str, Any], str]] = [
        ({"who": "roles", "roles": ["engineer"]}, "Will reach 2 people"),
        ({"who": "staff"}, "Will reach 1 person"),
        ({"who": "room", "room": "task_1"}, "Will reach 1 person"),
    ]
    for number, (fields, told) in enumerate(broadcasts):
        assert told in summary(say(BROADCAST, "try", key=f"key-{number}", **fields))


def test_nobody_can_be_reached_and_then_nothing_can_be_sent(say: Callable[..., Any], people: dict[str, User]) -> None:
    make_room("empty")
    answer = say(BROADCAST, "try", who="room", room="empty")
    assert summary(answer) == "Will reach nobody."
    assert "disabled>Send it now" in answer.content.decode()


def test_to_change_it_brings_the_form_back_as_it_was(say: Callable[..., Any], people: dict[str, User]) -> None:
    page = say(SEND, "change", people="engineer", link="/orders/7").content.decode()
    assert 'value="/orders/7"' in page
    assert "<details open>" in page
    assert 'value="engineer"' in page


def test_each_fresh_form_has_a_key_of_its_own(chief: Client) -> None:
    keys = {chief.get(SEND).context["form"]["key"].value() for _ in range(2)}
    assert len(keys) == 2
    assert 'value="engineer"' in chief.get(SEND, {"people": "engineer"}).content.decode()
