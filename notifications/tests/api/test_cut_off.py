"""The same request from many at once, and again after the server died in the middle of it: one event."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from notifications.models import Event, IdempotencyKey, NotificationLog
from notifications.tests.at_once import all_at_once
from notifications.tests.crowd import rows_of
from notifications.tests.test_crash import run_until_killed
from notifications.workers.loop import sweep

from .people import make_people, post

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, EACH = 40, 5  # a database has so many connections
SEND = """
from django.contrib.auth.models import User
from rest_framework.test import APIClient

def dying(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if "%s" in sql:
        die()
    return result

client = APIClient()
client.force_authenticate(User.objects.get(username="admin"))
body = {"notification_type": "info", "message": "x", "to": {"users": people}}
with connection.execute_wrapper(dying):
    client.post("/api/events/", body, format="json", headers={"Idempotency-Key": "k", "Host": "localhost"})
"""


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


def ask(people: dict[str, User]) -> Any:
    body = {"notification_type": "info", "message": "x", "to": {"users": [people["engineer"].pk]}}
    return post(people["admin"], "/api/events/", body, key="k")


def test_200_equal_requests_at_once_make_one_event(people: dict[str, User]) -> None:
    def many_times() -> list[Any]:
        return [ask(people) for _ in range(EACH)]

    answers = [answer for some in all_at_once(*[many_times] * THREADS) for answer in some]
    assert len(answers) == 200
    assert {answer.status_code for answer in answers} == {202}
    assert {answer.json()["event_id"] for answer in answers} == {str(Event.objects.get().pk)}
    assert [row.seq for row in rows_of(people["engineer"])] == [1]


@pytest.mark.parametrize(
    ("dies_at", "was_kept"),
    [
        ("INSERT INTO notifications_event ", False),
        ('INSERT INTO \\"notifications_idempotencykey\\"', False),
        ("INSERT INTO notifications_notificationlog", True),
    ],
    ids=["after the event", "after the key, before the commit", "after the commit, among the rows"],
)
def test_a_request_that_was_cut_off_and_is_sent_again_makes_one_event(
    people: dict[str, User], tmp_path: Path, dies_at: str, was_kept: bool
) -> None:
    run_until_killed(SEND % dies_at, [people["engineer"].pk], tmp_path)
    assert Event.objects.exists() is IdempotencyKey.objects.exists() is was_kept
    assert not NotificationLog.objects.exists()
    answer = ask(people)
    assert (answer.status_code, answer.json()["event_id"]) == (202, str(Event.objects.get().pk))
    while sweep():  # of what was committed: the promise was given
        pass
    assert [row.seq for row in rows_of(people["engineer"])] == [1]
