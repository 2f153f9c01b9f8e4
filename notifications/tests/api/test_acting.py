"""Buttons over HTTP: offered, chosen once, and seen by the sender."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.events import Action
from notifications.models import Event
from notifications.tests.crowd import everything_written, rows_of

from .people import get, post, refusal

Notify = Callable[..., Event]
INBOX = "/api/notifications/"


@pytest.fixture
def path(people: dict[str, User], notify_to: Notify) -> str:
    notify_to(people["engineer"], actions=[Action("approve", "Approve"), Action("reject", "Reject")])
    return f"{INBOX}{rows_of(people['engineer'])[0].pk}/act/"


@pytest.mark.parametrize("end", ["", "/"])
def test_a_choice_is_stored_and_reported_to_the_sender(end: str, path: str, people: dict[str, User]) -> None:
    answer = post(people["engineer"], path.rstrip("/") + end, {"action": "approve"})
    assert answer.status_code == 200
    assert answer.json().items() >= {"action_taken": "approve", "is_read": True, "status": "read"}.items()
    assert get(people["engineer"], f"{INBOX}unread_count/").json()["unread_count"] == 0
    receipts = get(people["admin"], f"/api/events/{answer.json()['event_id']}/recipients/").json()["results"]
    assert [one["action_taken"] for one in receipts] == ["approve"]


def test_the_second_time_is_a_409_that_says_what_was_chosen(path: str, people: dict[str, User]) -> None:
    post(people["engineer"], path, {"action": "approve"})
    before = everything_written()
    for action in ("approve", "reject"):
        told = refusal(post(people["engineer"], path, {"action": action}), 409)
        assert told["code"] == "already_acted"
        assert "approve" in told["detail"]
    assert everything_written() == before


@pytest.mark.parametrize("action", ["", "Approve", ["approve"], None, 1])
def test_what_is_not_offered_is_a_400_that_names_the_field(action: Any, path: str, people: dict[str, User]) -> None:
    before = everything_written()
    assert "action" in refusal(post(people["engineer"], path, {"action": action}))
    assert "action" in refusal(post(people["engineer"], path, {}))
    assert everything_written() == before


def test_the_offered_ones_are_named(path: str, people: dict[str, User]) -> None:
    assert "approve, reject" in refusal(post(people["engineer"], path, {"action": "shrug"}))["action"][0]


def test_it_is_checked_in_the_order_401_404_400_409(path: str, people: dict[str, User]) -> None:
    refusal(post(None, path, {"action": "shrug"}), 401)
    refusal(post(people["outsider"], path, {"action": "shrug"}), 404)
    post(people["engineer"], path, {"action": "approve"})
    refusal(post(people["engineer"], path, {"action": "shrug"}), 400)


def test_what_was_cancelled_is_a_409(path: str, people: dict[str, User]) -> None:
    post(people["admin"], f"/api/events/{Event.objects.get().pk}/cancel/")
    refusal(post(people["engineer"], path, {"action": "approve"}), 409)


def test_it_has_a_form_in_the_browser(path: str, people: dict[str, User]) -> None:
    browser = Client()
    browser.force_login(people["engineer"])
    assert 'name="action"' in browser.get(path, headers={"Accept": "text/html"}).content.decode()
