"""A notification's page, and an event's: what was decided, what happened, and the buttons."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.events import Audience
from notifications.models import Attempt, Delivery, Event
from notifications.tests.crowd import make_crowd

Notify = Callable[..., Event]


@pytest.fixture
def failed(people: dict[str, User], notify_to: Notify, email: None) -> Delivery:
    User.objects.filter(username="engineer").update(email="engineer@example.org")
    notify_to(people["engineer"], title="Lift", channels=["inbox", "websocket", "email"])
    now = timezone.now()
    one = Delivery.objects.get(recipient=people["engineer"])
    Delivery.objects.filter(pk=one.pk).update(
        state="failed", reason="attempts_exhausted", attempts=1, due_at=None, settled_at=now, last_error="550 <b>no</b>"
    )
    Attempt.objects.create(
        delivery=one,
        number=1,
        channel="email",
        started_at=now,
        ended_at=now,
        outcome="failed",
        answer="550 no such box",
    )
    return one


def page(browser: Client, path: str) -> str:
    answer = browser.get(f"/admin/notifications/{path}")
    assert answer.status_code == 200
    return answer.content.decode()


def press(browser: Client, path: str) -> str:
    """What the page says after a button."""
    answer = browser.post(f"/admin/notifications/{path}", follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_shows_decisions_timeline_and_attempts(chief: Client, failed: Delivery) -> None:
    shown = page(chief, f"notificationlog/{failed.notification_id}/change/")
    for words in (
        "Lift",
        "attempts_exhausted",
        "550 &lt;b&gt;no&lt;/b&gt;",
        "550 no such box",
        "attempt_failed",
        "engineer",
    ):
        assert words in shown
    assert "<b>no</b>" not in shown


def test_a_dead_delivery_is_tried_again_and_a_waiting_one_taken_back(chief: Client, failed: Delivery) -> None:
    where = f"notificationlog/{failed.notification_id}/"
    assert "Another round has been ordered for one delivery." in press(chief, f"{where}retry/")
    failed.refresh_from_db()
    assert (failed.state, failed.reason) == ("waiting", "requested")
    assert "None of its deliveries has failed." in press(chief, f"{where}retry/")
    assert "Taken back." in press(chief, f"{where}cancel/")
    failed.refresh_from_db()
    assert failed.state == "cancelled"
    assert "nothing left to stop" in press(chief, f"{where}cancel/")
    shown = page(chief, f"{where}change/")
    assert "Take it back" not in shown
    assert "Try again" not in shown


def test_of_what_is_not_there_there_is_no_page(chief: Client) -> None:
    for path in ("notificationlog/999", f"event/{uuid.uuid4()}", "event/x", "inbox/999", "inbox/x"):
        assert chief.get(f"/admin/notifications/{path}/change/").status_code == 404, path
    for path in ("notificationlog/999/cancel/", "notificationlog/999/retry/", "pausedchannel/pigeon/pause/"):
        assert chief.post(f"/admin/notifications/{path}").status_code == 404


def test_an_event_says_whom_it_addressed_and_what_came_of_it(
    chief: Client, people: dict[str, User], notify_to: Notify
) -> None:
    to = Audience(roles=["engineer"], users=[people["requester"].pk], exclude=[people["engineer2"].pk])
    event = notify_to(title="Lift", audience=to, actor_id=people["admin"].pk)
    shown = page(chief, f"event/{event.pk}/change/")
    assert "Requester; everyone with the role engineer, but not engineer2." in shown
    assert ">engineer</a>" in shown


@pytest.mark.parametrize(("who", "why"), [("engineer2", "excluded"), ("outsider", "not_in_audience")])
def test_it_says_why_somebody_did_not_get_it(
    chief: Client, people: dict[str, User], notify_to: Notify, who: str, why: str
) -> None:
    to = Audience(roles=["engineer"], exclude=[people["engineer2"].pk])
    event = notify_to(audience=to)
    shown = page(chief, f"event/{event.pk}/change/?person={who}")
    assert "has no notification of this event" in shown
    assert why in shown
    assert "was told, as engineer" in page(chief, f"event/{event.pk}/change/?person=engineer")
    assert "Nobody has the username" in page(chief, f"event/{event.pk}/change/?person=nobody")


def test_an_event_is_cancelled_once(chief: Client, people: dict[str, User], notify_to: Notify) -> None:
    event = notify_to(people["engineer"])
    assert "Cancelled." in press(chief, f"event/{event.pk}/cancel/")
    assert "nothing left to stop" in press(chief, f"event/{event.pk}/cancel/")


def test_progress_is_a_part_of_the_page_that_stops_asking_when_all_is_done(
    chief: Client, people: dict[str, User], notify_to: Notify
) -> None:
    event = notify_to(people["engineer"], channels=["inbox"])
    where = f"event/{event.pk}/progress/"
    assert "data-refresh" not in page(chief, where)
    Event.objects.update(state="expanding", position=people["admin"].pk)
    moving = page(chief, where)
    assert f'data-refresh="/admin/notifications/{where}"' in moving
    assert f'<progress value="{people["admin"].pk}"' in moving
    assert "<html" not in moving


def test_recipients_are_walked_by_keyset(chief: Client, people: dict[str, User], notify_to: Notify) -> None:
    crowd = make_crowd(30)
    event = notify_to(*crowd)
    where = f"event/{event.pk}/change/"
    first: Any = chief.get(f"/admin/notifications/{where}").context
    assert [one.row.recipient_id for one in first["receipts"]] == crowd[:25]
    rest: Any = chief.get(f"/admin/notifications/{where}?after={first['part'].after}").context
    assert [one.row.recipient_id for one in rest["receipts"]] == crowd[25:]
    back: Any = chief.get(f"/admin/notifications/{where}?before={rest['part'].before}").context
    assert [one.row.recipient_id for one in back["receipts"]] == crowd[:25]
