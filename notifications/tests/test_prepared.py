"""prepared: the rows of the ORM, from SQL that was compiled once."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from config.sign_in.models import TokenVersion
from notifications.models import NotificationLog
from notifications.prepared import Prepared
from notifications.tests.crowd import send

shown = Prepared(
    lambda user, place: NotificationLog.objects.to_show().filter(recipient_id=user, seq__gt=place).order_by("-seq")
)


@pytest.fixture
def people(db: None, django_capture_on_commit_callbacks: Any) -> list[User]:
    """Two, with five notifications and two."""
    made = [User.objects.create(username=name) for name in ("first", "second")]
    with django_capture_on_commit_callbacks(execute=True):
        for person in (*[made[0]] * 5, *[made[1]] * 2):
            send(person, data={"n": 1.5, "täglich": [None, "☃"]}, tags=["a"])
    return made


def columns(one: Model) -> dict[str, Any]:
    return {field.attname: getattr(one, field.attname) for field in one._meta.concrete_fields}


def test_each_call_has_its_own_parameters_and_its_own_part_of_the_rows(people: list[User]) -> None:
    first, second = (person.pk for person in people)
    assert [row.seq for row in shown(first, 0)] == [5, 4, 3, 2, 1]
    assert [row.seq for row in shown(second, 0)] == [2, 1]
    assert [row.seq for row in shown(first, 3)] == [5, 4]
    assert [row.seq for row in shown(first, 0, first=1, most=2)] == [4, 3]


def test_a_number_that_no_row_can_have_finds_none(people: list[User]) -> None:
    assert shown(2**63, 0) == []


def test_the_rows_are_those_of_the_orm(people: list[User]) -> None:
    plainly = NotificationLog.objects.to_show().filter(recipient=people[0]).order_by("-seq")
    for row, same in zip(shown(people[0].pk, 0), plainly, strict=True):
        assert (row, row.event, row.outward_failed) == (same, same.event, same.outward_failed)  # type: ignore[attr-defined]
        assert columns(row) == columns(same)
        assert columns(row.event) == columns(same.event)


def test_what_is_selected_beside_is_there_and_asked_for_no_more(people: list[User]) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert [row.event.data["täglich"] for row in shown(people[1].pk, 0)] == [[None, "☃"]] * 2
    assert len(seen) == 1


def test_what_an_outer_join_does_not_find_is_not_there(people: list[User]) -> None:
    TokenVersion.objects.create(user=people[0], version=3)
    with_version = Prepared(lambda pk: User.objects.select_related("token_version").filter(pk=pk))
    [first], [second] = (with_version(person.pk) for person in people)
    with CaptureQueriesContext(connection) as seen:
        assert first.token_version.version == 3
        assert not hasattr(second, "token_version")
    assert not seen


def test_a_row_can_be_changed_and_saved(people: list[User]) -> None:
    row = shown(people[0].pk, 0)[0]
    row.reason = "assigned"
    row.save()
    assert NotificationLog.objects.get(pk=row.pk).reason == "assigned"
    assert NotificationLog.objects.count() == 7
