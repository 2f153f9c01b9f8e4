"""Taking back over HTTP: an event by its sender or by staff, one person's notification by staff."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from notifications import inbox
from notifications.models import AuditEntry, Event
from notifications.tests.crowd import everything_written, make_person, rows_of, send

from .people import get, make_people, post, refusal

pytestmark = pytest.mark.django_db(transaction=True)
Path = Callable[[Event], str]


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


def of_event(event: Event) -> str:
    return f"/api/events/{event.pk}/cancel/"


def of_row(event: Event) -> str:
    return f"/api/admin/notifications/{event.rows.order_by('pk')[0].pk}/cancel/"


def test_the_sender_takes_an_event_back(people: dict[str, User]) -> None:
    event = send(make_person(), actor_id=people["engineer"].pk)
    answer = post(people["engineer"], of_event(event))
    assert (answer.status_code, answer.json()["status"], answer.json()["recipients"]) == (200, "cancelled", 1)
    entry = AuditEntry.objects.get(action="event.cancelled")
    assert (entry.actor_id, entry.actor_name) == (people["engineer"].pk, "engineer")


def test_the_recipient_no_longer_sees_it_unless_asked(people: dict[str, User]) -> None:
    event = send(people["engineer"])
    assert post(people["admin"], of_event(event)).status_code == 200
    assert get(people["engineer"], "/api/notifications/").json()["count"] == 0
    assert get(people["engineer"], "/api/notifications/unread_count/").json()["unread_count"] == 0
    [shown] = get(people["engineer"], "/api/notifications/", cancelled="true").json()["results"]
    assert shown["status"] == "cancelled"


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        (of_event, None, 401),
        (of_event, "engineer", 404),
        (of_event, "outsider", 404),
        (of_row, None, 401),
        (of_row, "engineer", 403),
    ],
)
def test_nobody_else_may(path: Path, who: str | None, status: int, people: dict[str, User]) -> None:
    event = send(people["engineer"], actor_id=people["requester"].pk)
    before = everything_written()
    refusal(post(people[who] if who else None, path(event)), status)
    assert everything_written() == before


@pytest.mark.parametrize("path", [of_event, of_row])
def test_a_second_time_and_too_late_are_409(path: Path, people: dict[str, User]) -> None:
    cancelled, read = send(people["engineer"]), send(people["engineer2"])
    inbox.mark_as_read(people["engineer2"].pk, [rows_of(people["engineer2"])[0].pk])
    assert post(people["admin"], path(cancelled)).status_code == 200
    for event in (cancelled, read):
        assert refusal(post(people["admin"], path(event)), 409)["code"] == "nothing_to_stop"


def test_staff_take_one_persons_notification_back(people: dict[str, User]) -> None:
    event = send(people["engineer"], people["engineer2"])
    answer = post(people["admin"], of_row(event)).json()
    assert (answer["username"], answer["status"]) == ("engineer", "cancelled")
    assert get(people["engineer"], "/api/notifications/").json()["count"] == 0
    assert get(people["engineer2"], "/api/notifications/").json()["count"] == 1


@pytest.mark.parametrize("one", ["0", "999999", "9" * 30, "x"])
def test_what_is_not_there_is_404(one: str, people: dict[str, User]) -> None:
    for path in (f"/api/admin/notifications/{one}/cancel/", f"/api/events/{one}/cancel/"):
        refusal(post(people["admin"], path), 404)
