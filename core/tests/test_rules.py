"""What an act takes: each rule just inside and just outside its bound. docs/requirements.md G2"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.serializers import Serializer
from rest_framework.test import APIClient

from core.action_serializers import (
    TicketAssignmentSerializer,
    TicketCommentSerializer,
    TicketFinishWorkSerializer,
    TicketRejectSerializer,
)
from core.models import Ticket
from notifications.models import Event

from .desk import client_of, make_ticket, url

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def errors_of(due: Any, estimate: Any = None, *, to: list[int]) -> dict[str, list[str]]:
    body = TicketAssignmentSerializer(
        data={"assigned_to": to, "resolution_due_at": due, "estimated_resolution_time": estimate}, context={"now": NOW}
    )
    body.is_valid()
    return {field: [str(error) for error in errors] for field, errors in body.errors.items()}


@pytest.mark.parametrize(
    ("due", "estimate", "refused"),
    [
        (NOW + 30 * MINUTE, None, None),
        (NOW + 30 * MINUTE - TICK, None, "resolution_due_at"),
        (NOW + 365 * DAY, None, None),
        (NOW + 365 * DAY + TICK, None, "resolution_due_at"),
        (NOW, None, "resolution_due_at"),
        (NOW - DAY, None, "resolution_due_at"),
        (NOW + DAY, NOW + 15 * MINUTE, None),
        (NOW + DAY, NOW + 15 * MINUTE - TICK, "estimated_resolution_time"),
        (NOW + DAY, NOW + DAY, None),
        (NOW + DAY, NOW + DAY + TICK, "estimated_resolution_time"),
        (NOW + 365 * DAY, NOW + 365 * DAY, None),
        (NOW + DAY, NOW + 365 * DAY + TICK, "estimated_resolution_time"),
        (NOW + DAY, NOW - TICK, "estimated_resolution_time"),
    ],
)
def test_times_of_an_assignment(
    due: datetime, estimate: datetime | None, refused: str | None, people: dict[str, User]
) -> None:
    assert list(errors_of(due, estimate, to=[people["engineer"].pk])) == ([refused] if refused else [])


def test_a_time_zone_is_understood_and_a_time_without_one_is_utc(people: dict[str, User]) -> None:
    to = [people["engineer"].pk]
    assert errors_of("2026-11-21T11:30:00+02:00", to=to) == {}
    assert list(errors_of("2026-11-21T11:29:59+02:00", to=to)) == ["resolution_due_at"]
    assert errors_of("2026-11-21T09:30:00", to=to) == {}


def test_the_messages_say_what_is_wrong(people: dict[str, User]) -> None:
    to = [people["engineer"].pk]
    assert errors_of(NOW - DAY, to=to) == {"resolution_due_at": ["Resolution due date must be in the future."]}
    assert errors_of(NOW + MINUTE, to=to) == {
        "resolution_due_at": ["Resolution due date must be at least 30 minutes ahead."]
    }
    assert errors_of(NOW + DAY, NOW + MINUTE, to=to) == {
        "estimated_resolution_time": ["Estimated resolution time must be at least 15 minutes ahead."]
    }


@pytest.mark.parametrize(
    "nonsense", ["soon", "", None, 5, True, [], {}, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]
)
def test_a_due_date_that_is_no_time_is_refused(nonsense: Any, people: dict[str, User]) -> None:
    assert list(errors_of(nonsense, to=[people["engineer"].pk])) == ["resolution_due_at"]


@pytest.mark.parametrize(
    "nonsense", [[], None, "engineer", 3, {"1": 1}, [True], [1.5], ["x"], [None], [[1]], [0], [-1], [2**63], [10**30]]
)
def test_assignees_that_are_no_list_of_ids_are_refused(nonsense: Any, people: dict[str, User]) -> None:
    assert list(errors_of(NOW + DAY, to=nonsense)) == ["assigned_to"]


def test_assignees_must_be_active_engineers(people: dict[str, User]) -> None:
    User.objects.filter(username="engineer2").update(is_active=False)
    engineer = people["engineer"].pk
    for name in ("engineer2", "manager", "requester", "outsider"):
        stranger = people[name].pk
        assert errors_of(NOW + DAY, to=[engineer, stranger]) == {
            "assigned_to": [f"No active engineer has the id {stranger}."]
        }
    assert errors_of(NOW + DAY, to=[999_999]) == {"assigned_to": ["No active engineer has the id 999999."]}


def test_the_same_engineer_twice_is_one_engineer(people: dict[str, User]) -> None:
    one = people["engineer"].pk
    body = TicketAssignmentSerializer(
        data={"assigned_to": [one, str(one), one], "resolution_due_at": NOW + DAY}, context={"now": NOW}
    )
    assert body.is_valid(), body.errors
    assert body.validated_data["assigned_to"] == [people["engineer"]]


def test_a_thousand_ids_are_looked_up_in_one_query_and_one_more_is_refused(
    people: dict[str, User], django_assert_num_queries: Any
) -> None:
    one = people["engineer"].pk
    with django_assert_num_queries(1):
        assert errors_of(NOW + DAY, to=[one] * 1000) == {}
    assert errors_of(NOW + DAY, to=[one] * 1001) == {"assigned_to": ["At most 1000 engineers."]}


@pytest.mark.parametrize(
    ("serializer", "field", "given", "fine"),
    [
        (TicketRejectSerializer, "reason", "ten chars!", True),
        (TicketRejectSerializer, "reason", "nine char", False),
        (TicketRejectSerializer, "reason", "nine char    ", False),
        (TicketRejectSerializer, "reason", " " * 20, False),
        (TicketRejectSerializer, "reason", "x" * 10_000, True),
        (TicketRejectSerializer, "reason", "x" * 10_001, False),
        (TicketFinishWorkSerializer, "comment", "x", True),
        (TicketFinishWorkSerializer, "comment", "", False),
        (TicketFinishWorkSerializer, "comment", " \n\t ", False),
        (TicketFinishWorkSerializer, "comment", None, False),
        (TicketFinishWorkSerializer, "comment", "x" * 10_001, False),
        (TicketCommentSerializer, "text", "x", True),
        (TicketCommentSerializer, "text", "   ", False),
        (TicketCommentSerializer, "text", ["x"], False),
        (TicketCommentSerializer, "text", "nul \x00", False),
        (TicketCommentSerializer, "text", "half a character \ud800", False),
        (TicketCommentSerializer, "text", "x" * 10_000, True),
        (TicketCommentSerializer, "text", "x" * 10_001, False),
    ],
)
def test_texts(serializer: type[Serializer[Any]], field: str, given: Any, fine: bool) -> None:
    body = serializer(data={field: given})
    assert body.is_valid() is fine
    assert list(body.errors) == ([] if fine else [field])


@pytest.mark.parametrize("serializer", [TicketRejectSerializer, TicketFinishWorkSerializer, TicketCommentSerializer])
def test_a_missing_text_is_named(serializer: type[Serializer[Any]]) -> None:
    assert not serializer(data={}).is_valid()
    assert not serializer(data=["x"]).is_valid()


# the same through the API: the field is named, and nothing is written


@pytest.fixture
def manager(people: dict[str, User]) -> APIClient:
    return client_of(people["manager"])


def test_a_refused_assignment_changes_nothing(manager: APIClient, people: dict[str, User]) -> None:
    ticket = make_ticket(people, "open")
    body = {"assigned_to": [people["engineer"].pk], "resolution_due_at": "2020-01-01T10:00:00Z"}
    answer = manager.post(url(ticket, "assign"), body, format="json")
    assert answer.status_code == 400
    assert answer.json()["resolution_due_at"] == ["Resolution due date must be in the future."]
    assert Ticket.objects.get().status == "open"
    assert not Ticket.objects.get().assigned_to.exists()
    assert not Event.objects.exists()


def test_the_estimate_may_be_left_out(manager: APIClient, people: dict[str, User]) -> None:
    body = {"assigned_to": [people["engineer"].pk], "resolution_due_at": timezone.now() + DAY}
    answer = manager.post(url(make_ticket(people, "open"), "assign"), body, format="json")
    assert answer.status_code == 200
    assert answer.json()["estimated_resolution_time"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": {"a": 1}}, "title"),
        ({"title": "x", "priority": "critical"}, "priority"),
        ({"title": "x", "priority": None}, "priority"),
        ({"title": "x", "description": "y" * 10_001}, "description"),
    ],
)
def test_a_report_that_is_refused_names_the_field(manager: APIClient, body: dict[str, Any], field: str) -> None:
    answer = manager.post("/api/tickets/", body, format="json")
    assert answer.status_code == 400
    assert field in answer.json()
    assert not Ticket.objects.exists()


@pytest.mark.parametrize("number", ["0", "abc", "-1", "99999999999999999999999", "1.5"])
def test_a_number_that_no_ticket_has_is_not_found(manager: APIClient, number: str) -> None:
    assert manager.get(f"/api/tickets/{number}/").status_code == 404
    assert manager.post(f"/api/tickets/{number}/approve/").status_code == 404
