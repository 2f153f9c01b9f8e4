"""Outward deliveries through the fake that ships with the product; time passes when the test says so."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.delivery.attempts.recording import record
from notifications.delivery.queue import Leased
from notifications.models import Delivery, Device, Phone
from notifications.transports import memory

from ..crowd import make_person

OUTWARD = ("email", "whatsapp", "sms", "push")


@pytest.fixture(autouse=True)
def channels(settings: Any) -> Iterator[None]:
    settings.CHANNEL_URLS = dict.fromkeys(OUTWARD, "memory://")
    settings.CHANNEL_CAPS = {}
    memory.clear()
    yield
    memory.clear()


@pytest.fixture
def reachable(transactional_db: None) -> User:
    return make_reachable()


def make_reachable() -> User:
    """Somebody with an address on every channel."""
    person = make_person(email="Person@Example.org")
    now = timezone.now()
    Phone.objects.create(user=person, number=f"+49151{person.pk:08}", verified_at=now)
    Device.objects.create(user=person, kind="fcm", address=f"token-{person.pk}", created_at=now)
    return person


@pytest.fixture
def pass_time() -> Callable[[float], None]:
    """So many seconds later, as far as the queue knows."""

    def passed(seconds: float) -> None:
        open_ = Delivery.objects.filter(due_at__isnull=False)
        open_.update(due_at=F("due_at") - timedelta(seconds=seconds))

    return passed


def send_due() -> int:
    """Every attempt that is due now, one after the other; how many were leased."""
    count = 0
    while leased := queue.claim(dict.fromkeys(OUTWARD, 100), most=100):
        attempt(leased)
        count += len(leased)
    return count


def attempt(leased: Sequence[Leased]) -> None:
    """From the lease to the record."""
    record([(begun, begun.make()) for begun in begin(leased)])


def sent() -> list[tuple[str, str]]:
    """(channel, address) of what was accepted, in order."""
    return [(one.channel, one.address.value) for one in memory.outbox]


def states(person: User) -> dict[str, tuple[str, str]]:
    """{channel: (state, reason)} of this person's deliveries."""
    mine = Delivery.objects.filter(recipient=person)
    return {one.channel: (one.state, one.reason) for one in mine}
