"""Asking over HTTP what would happen, and why it did."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.tests.crowd import everything_written, rows_of, send

from .people import get, post, refusal

pytestmark = pytest.mark.django_db(transaction=True)
EVENTS = "/api/events/"
CHANNELS = ["inbox", "websocket", "email", "whatsapp", "sms", "push"]


def body(people: dict[str, User], **changes: Any) -> dict[str, Any]:
    to = {"users": [people["engineer"].pk, people["engineer2"].pk], "exclude": [people["engineer2"].pk]}
    return {"notification_type": "general", "message": "The lift is back.", "to": to, **changes}


@pytest.mark.parametrize("said", ["true", "1", "yes", "maybe", ""])
def test_a_trial_run_writes_nothing_and_says_what_would_happen(said: str, people: dict[str, User]) -> None:
    before = everything_written()
    answer = post(people["admin"], f"{EVENTS}?dry_run={said}", body(people))
    assert answer.status_code == 200
    found = answer.json()
    assert everything_written() == before
    assert found["recipients"] == 1
    assert found["counts"]["inbox"] == {"send": 1, "hold": 0, "skip": {"excluded": 1}}
    mine = [one for one in found["decisions"] if one["user_id"] == people["engineer"].pk]
    assert [one["channel"] for one in mine] == CHANNELS
    assert mine[0] == {
        "user_id": people["engineer"].pk,
        "channel": "inbox",
        "outcome": "send",
        "reason": "kind_default",
        "until": None,
    }


def test_what_would_be_refused_is_refused_in_a_trial_too(people: dict[str, User]) -> None:
    assert "to.users" in refusal(post(people["admin"], f"{EVENTS}?dry_run=true", body(people, to={"users": [10**9]})))


def test_staff_try_by_hand_as_well(people: dict[str, User]) -> None:
    before = everything_written()
    said = {"title": "Lift", "message": "Back.", "roles": ["engineer"]}
    answer = post(people["admin"], "/api/admin/notifications/broadcast/?dry_run=true", said)
    assert answer.status_code == 200
    assert answer.json()["recipients"] >= 1
    assert everything_written() == before


def test_the_recipient_asks_why(people: dict[str, User]) -> None:
    event = send(people["engineer"])
    [row] = rows_of(people["engineer"])
    found = get(people["engineer"], f"/api/notifications/{row.pk}/explain/").json()
    assert (found["notification_id"], found["event_id"], found["reason"]) == (row.pk, str(event.pk), "addressed")
    assert [one["channel"] for one in found["decisions"]] == CHANNELS
    assert found["timeline"][0] == {
        "at": found["timeline"][0]["at"],
        "what": "created",
        "channel": None,
        "attempt": None,
        "detail": "addressed",
    }
    assert get(people["outsider"], f"/api/notifications/{row.pk}/explain/").status_code == 404


def test_staff_ask_for_anybody_also_for_who_got_nothing(people: dict[str, User]) -> None:
    event = send(people["engineer"])
    [row] = rows_of(people["engineer"])
    asked = f"{EVENTS}{event.pk}/explain/?user_id="
    by_row = get(people["admin"], f"/api/admin/notifications/{row.pk}/explain/").json()
    assert get(people["admin"], f"{asked}{people['engineer'].pk}").json() == by_row
    nothing = get(people["admin"], f"{asked}{people['outsider'].pk}").json()
    assert nothing["notification_id"] is None
    assert {(one["outcome"], one["reason"]) for one in nothing["decisions"]} == {("skip", "not_in_audience")}


def test_who_is_no_staff_asks_for_their_own_alone(people: dict[str, User]) -> None:
    event = send(people["engineer"])
    [row] = rows_of(people["engineer"])
    assert get(people["engineer"], f"/api/admin/notifications/{row.pk}/explain/").status_code == 403
    assert get(people["engineer"], f"{EVENTS}{event.pk}/explain/?user_id={people['engineer'].pk}").status_code == 403


@pytest.mark.parametrize("asked", ["", "?user_id=", "?user_id=x", "?user_id=99999999999999999999", "?user_id=0"])
def test_whom_it_is_about_must_be_said(asked: str, people: dict[str, User]) -> None:
    event = send(people["engineer"])
    assert "user_id" in refusal(get(people["admin"], f"{EVENTS}{event.pk}/explain/{asked}"))
