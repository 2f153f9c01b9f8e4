"""The convenience calls: each says what its purpose needs, through the one door."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from notifications import convenience
from notifications.events import Audience, Refused
from notifications.models import Event, NotificationLog

from .crowd import make_person, rows_of

Call = Callable[[int], Event]
CALLS: list[tuple[str, str, str | None, Call]] = [  # kind, title, thread
    ("admin_message", "A message from the system", None, lambda who: convenience.send_user_message(who, "Come by.")),
    ("general", "System alert", None, lambda who: convenience.send_system_alert("The disk is full.", who)),
    (
        "progress_update",
        "Captions: 75 %",
        "task:123",
        lambda who: convenience.send_progress_update(who, "123", 75, {"task_title": "Captions"}),
    ),
    (
        "order_shipped",
        "Order 7 is on its way",
        "order:7",
        lambda who: convenience.send_order_notification("shipped", who, 7),
    ),
    (
        "payment_failed",
        "Payment for order 7 failed",
        "order:7",
        lambda who: convenience.send_payment_notification("failed", who, 7),
    ),
    (
        "return_approved",
        "Return for order 7 approved",
        "order:7",
        lambda who: convenience.send_return_notification("approved", who, 7),
    ),
    (
        "refund_processed",
        "Refund for order 7",
        "order:7",
        lambda who: convenience.send_refund_notification(who, 7, {"amount": "€ 5"}),
    ),
    (
        "shipment_updated",
        "Order 7: at customs",
        "order:7",
        lambda who: convenience.send_shipment_notification("updated", who, 7, {"status": "at customs"}),
    ),
    (
        "inventory_low_stock",
        "Low stock: Tea",
        "product:Tea",
        lambda who: convenience.send_inventory_notification("low_stock", who, "Tea"),
    ),
    (
        "vendor_approved",
        "Mensah may sell now",
        "vendor:Mensah",
        lambda who: convenience.send_vendor_notification("approved", who, "Mensah"),
    ),
    (
        "system_maintenance",
        "Planned maintenance: 22:00",
        None,
        lambda who: convenience.send_system_notification("maintenance", who, {"starts_at": "22:00"}),
    ),
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "title", "thread", "call"), CALLS, ids=[f"{kind}" for kind, *_ in CALLS])
def test_each_call_tells_its_person_in_the_words_of_its_kind(
    kind: str, title: str, thread: str | None, call: Call
) -> None:
    person = make_person()
    event = call(person.pk)
    assert (event.kind, event.title, event.thread) == (kind, title, thread)
    assert [row.event_id for row in rows_of(person)] == [event.pk]


def test_an_alert_is_urgent_and_for_everybody_unless_told_otherwise(person: User) -> None:
    event = convenience.send_system_alert("The disk is full.")
    assert (event.category, event.priority, event.audience["everyone"]) == ("alert", "urgent", True)
    event = convenience.send_system_alert("All is well.", Audience(users=[person.pk]), priority="low", category="info")
    assert (event.category, event.priority, event.audience["users"]) == ("info", "low", [person.pk])


def test_several_people_and_whatever_else_an_event_takes(person: User) -> None:
    other = make_person()
    said: dict[str, Any] = {"title": "Sold", "link": "/orders/7", "thread": "mine", "tags": ["vip"]}
    event = convenience.send_order_notification("created", [person.pk, other.pk], 7, {"total": "€ 5"}, **said)
    assert (event.title, event.link, event.thread, event.tags) == ("Sold", "/orders/7", "mine", ["vip"])
    assert (event.context, event.subject) == ({"order_id": 7, "total": "€ 5"}, {"kind": "order", "id": "7"})
    assert event.audience["users"] == [person.pk, other.pk]


def test_a_purpose_that_is_none_is_refused_and_nothing_is_written(person: User) -> None:
    with pytest.raises(Refused, match="order_lost"):
        convenience.send_order_notification("lost", person.pk, 7)
    with pytest.raises(Refused, match=r"context\.status"):
        convenience.send_shipment_notification("updated", person.pk, 7)
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_told_when_the_surrounding_transaction_commits() -> None:
    person = make_person()
    with transaction.atomic():
        convenience.send_user_message(person.pk, "Come by.")
        assert not NotificationLog.objects.exists()
    assert len(rows_of(person)) == 1
