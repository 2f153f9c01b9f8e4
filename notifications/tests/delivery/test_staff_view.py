"""What staff see of what went out, attempt by attempt, and the round they order for what failed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.models import Attempt, AuditEntry, Delivery
from notifications.tests.api.people import get, make_people, post, refusal
from notifications.transports import memory
from notifications.transports.base import TransportError

from ..crowd import make_person, rows_of, send
from .conftest import make_reachable, send_due, sent, states

pytestmark = pytest.mark.django_db(transaction=True)
DELIVERIES, RETRY, ROWS = "/api/admin/deliveries/", "/api/admin/notifications/retry/", "/api/admin/notifications/"
FATAL = TransportError("no such user", permanent=True)


@pytest.fixture
def people(transactional_db: None) -> dict[str, User]:
    return make_people()


def fail(person: User, **fields: Any) -> None:
    memory.plan("email", FATAL)
    send(person, channels=["email"], **fields)
    send_due()


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("engineer", 403)])
def test_it_is_for_staff_alone(people: dict[str, User], who: str | None, status: int) -> None:
    refusal(get(people[who] if who else None, DELIVERIES), status)
    refusal(post(people[who] if who else None, RETRY, {}), status)


def test_each_attempt_is_there_with_its_answer_and_the_next(
    people: dict[str, User], reachable: User, pass_time: Callable[[float], None]
) -> None:
    memory.plan("email", TransportError("451 later"))
    send(reachable, channels=["email"])
    send_due()
    pass_time(10)
    send_due()
    delivery = Delivery.objects.get()
    shown = get(people["admin"], f"{DELIVERIES}{delivery.pk}/").json()
    assert shown["state"] == "sent"
    assert [(one["number"], one["outcome"], one["answer"]) for one in shown["tries"]] == [
        (1, "failed", "451 later"),
        (2, "sent", ""),
    ]
    assert shown["tries"][0]["retry_at"] is not None
    assert shown["tries"][0]["duration_ms"] >= 0


def test_the_list_has_filters(people: dict[str, User], reachable: User) -> None:
    fail(reachable)
    send(make_reachable(), channels=["sms"])
    found = get(people["admin"], f"{DELIVERIES}?state=failed").json()
    assert [(one["channel"], one["last_error"], one["user_id"]) for one in found["results"]] == [
        ("email", "no such user", reachable.pk)
    ]
    assert found["count"] == 1
    assert get(people["admin"], f"{DELIVERIES}?channel=sms&state=waiting").json()["count"] == 1
    assert "state" in refusal(get(people["admin"], f"{DELIVERIES}?state=dead"))


def test_a_notification_that_failed_everywhere_says_so_and_one_that_was_pushed_does_not(
    people: dict[str, User], reachable: User
) -> None:
    fail(reachable)
    found = get(people["admin"], f"{ROWS}?status=failed").json()["results"]
    assert [(one["status"], one["delivery_attempts"]) for one in found] == [("failed", 1)]
    assert get(people["admin"], f"{ROWS}?status=pending").json()["results"] == []
    row = rows_of(reachable)[0]
    type(row).objects.filter(pk=row.pk).update(sent_at=timezone.now())
    assert get(people["admin"], f"{ROWS}?status=failed").json()["results"] == []


def test_the_recipient_sees_that_it_failed_too(reachable: User) -> None:
    fail(reachable)
    assert get(reachable, "/api/notifications/").json()["results"][0]["status"] == "failed"


def test_another_round_is_tried_with_all_its_attempts(
    people: dict[str, User], reachable: User, pass_time: Callable[[float], None]
) -> None:
    fail(reachable)
    memory.plan("email", TransportError("451"))
    row = rows_of(reachable)[0]
    assert post(people["admin"], RETRY, {"ids": [row.pk]}).json() == {"retried": 1}
    send_due()
    assert states(reachable)["email"][0] == "waiting"
    pass_time(10)
    send_due()
    assert states(reachable) == {"email": ("sent", "requested")}
    assert [one.number for one in Attempt.objects.order_by("number")] == [1, 2, 3]
    assert post(people["admin"], RETRY, {"ids": [row.pk]}).json() == {"retried": 0}
    entry = AuditEntry.objects.filter(action="staff.retry").order_by("pk")[0]
    assert (entry.actor_name, entry.metadata["count"]) == ("admin", 1)


def test_a_round_for_all_that_the_filter_leaves(people: dict[str, User], reachable: User) -> None:
    other = make_reachable()
    for person in (reachable, other):
        fail(person)
    Delivery.objects.filter(recipient=other).update(created_at=timezone.now() - timedelta(days=2))
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert post(people["admin"], RETRY, {"channel": "email", "since": since}).json() == {"retried": 1}
    send_due()
    assert [address for _, address in sent()] == ["person@example.org"]
    assert post(people["admin"], RETRY, {"user_id": other.pk}).json() == {"retried": 1}


@pytest.mark.parametrize("body", [{"ids": "x"}, {"channel": "pigeon"}, {"since": "yesterday"}])
def test_nonsense_is_refused_with_its_field(people: dict[str, User], body: dict[str, Any]) -> None:
    assert next(iter(body)) in refusal(post(people["admin"], RETRY, body))


def test_somebody_without_any_address_has_not_failed(people: dict[str, User]) -> None:
    send(make_person(), channels=["email"])
    assert get(people["admin"], f"{ROWS}?status=pending").json()["count"] == 1
