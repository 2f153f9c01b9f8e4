"""POST {id}/snooze/, and how the lists show it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import Event, NotificationLog
from notifications.tests.crowd import everything_written, rows_of

from .people import get, ids, post, refusal

Notify = Callable[..., Event]
LATER = (timezone.now() + timedelta(hours=1)).isoformat()


def path_of(row_id: int) -> str:
    return f"/api/notifications/{row_id}/snooze/"


@pytest.fixture
def row(people: dict[str, User], notify_to: Notify) -> NotificationLog:
    notify_to(people["engineer"])
    return rows_of(people["engineer"])[0]


def test_it_is_listed_only_where_one_asks_for_it(people: dict[str, User], row: NotificationLog) -> None:
    shown = post(people["engineer"], path_of(row.pk), {"until": LATER})
    assert (shown.status_code, shown.json()["id"]) == (200, row.pk)
    assert shown.json()["snoozed_until"]
    assert ids(get(people["engineer"], "/api/notifications/")) == []
    assert ids(get(people["engineer"], "/api/notifications/unread/")) == []
    assert ids(get(people["engineer"], "/api/notifications/", snoozed="true")) == [row.pk]
    assert get(people["engineer"], "/api/notifications/unread_count/").json()["unread_count"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"until": None},
        {"until": "soon"},
        {"until": "2020-01-01T00:00:00Z"},
        {"until": (timezone.now() + timedelta(days=400)).isoformat()},
    ],
)
def test_a_time_that_makes_no_sense_is_named(people: dict[str, User], row: NotificationLog, body: Any) -> None:
    before = everything_written()
    assert "until" in refusal(post(people["engineer"], path_of(row.pk), body))
    assert everything_written() == before


def test_somebody_elses_and_what_is_not_there_are_404(people: dict[str, User], row: NotificationLog) -> None:
    for person, row_id in ((people["outsider"], row.pk), (people["engineer"], row.pk + 1)):
        refusal(post(person, path_of(row_id), {"until": LATER}), 404)
    refusal(post(None, path_of(row.pk), {"until": LATER}), 401)


def test_what_has_expired_is_409(people: dict[str, User], row: NotificationLog) -> None:
    Event.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert refusal(post(people["engineer"], path_of(row.pk), {"until": LATER}), 409)["code"] == "will_not_return"


def test_it_is_taken_back_by_its_owner_alone(people: dict[str, User], row: NotificationLog) -> None:
    post(people["engineer"], path_of(row.pk), {"until": LATER})
    back = path_of(row.pk).replace("snooze", "unsnooze")
    assert post(people["outsider"], back).status_code == 404
    shown = post(people["engineer"], back)
    assert (shown.status_code, shown.json()["snoozed_until"]) == (200, None)
    assert ids(get(people["engineer"], "/api/notifications/")) == [row.pk]
