"""Deliveries in the Django admin: found by whatever is at hand, shown with their attempts, changed by nobody."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.models import Delivery
from notifications.transports import memory
from notifications.transports.base import TransportError

from ..crowd import send
from .conftest import make_reachable, send_due

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/admin/notifications/delivery/"


@pytest.fixture
def admin(transactional_db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("chief"))
    return browser


@pytest.fixture
def failed(reachable: User) -> Delivery:
    memory.plan("email", TransportError("550 no such mailbox", permanent=True))
    send(reachable, channels=["email"])
    send(make_reachable(), channels=["sms"])
    send_due()
    return Delivery.objects.get(channel="email")


def listed(admin: Client, **query: Any) -> list[int]:
    answer = admin.get(PATH, query)
    assert answer.status_code == 200
    return [one.pk for one in answer.context["cl"].result_list]


def test_one_is_found_by_its_number_person_event_or_notification(admin: Client, failed: Delivery) -> None:
    assert failed.recipient
    for word in (failed.pk, failed.recipient.username, failed.event_id, failed.notification_id):
        assert failed.pk in listed(admin, q=str(word)), word
    assert listed(admin, q="nobody") == []


def test_the_dead_are_a_filter_away(admin: Client, failed: Delivery) -> None:
    assert listed(admin, state="failed") == [failed.pk]
    assert listed(admin, channel="sms") != [failed.pk]


def test_it_is_shown_with_what_the_provider_said_and_cannot_be_changed(admin: Client, failed: Delivery) -> None:
    answer = admin.get(f"{PATH}{failed.pk}/change/")
    assert "550 no such mailbox" in answer.content.decode()
    for act in ("add/", f"{failed.pk}/delete/"):
        assert admin.get(f"{PATH}{act}").status_code == 403
    assert admin.post(f"{PATH}{failed.pk}/change/", {}).status_code == 403


def test_fifty_take_as_many_queries_as_two(admin: Client, failed: Delivery, django_assert_max_num_queries: Any) -> None:
    for _ in range(20):
        send(make_reachable(), channels=["email", "sms"])
    with django_assert_max_num_queries(10):
        listed(admin)
