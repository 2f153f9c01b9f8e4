"""From the event to the provider: what is tried, how often, in which order, and what stops it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.deciding import policies
from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.models import Attempt, Delivery, Device, Suppression
from notifications.transports import memory
from notifications.transports.base import Accepted, Address, Message, TransportError

from ..crowd import make_person, rows_of, send
from .conftest import OUTWARD, make_reachable, send_due, sent, states

pytestmark = pytest.mark.django_db(transaction=True)
Wait = Callable[[float], None]
TEMPORARY = TransportError("451 later")
PERMANENT = TransportError("no such user", permanent=True)


def test_a_kinds_own_channels_are_tried_at_once(reachable: User) -> None:
    send(reachable, channels=["inbox", "email", "whatsapp"])
    assert send_due() == 2
    assert sorted(channel for channel, _ in sent()) == ["email", "whatsapp"]
    assert states(reachable) == {"email": ("sent", "requested"), "whatsapp": ("sent", "requested")}
    assert rows_of(reachable)[0].sent_at is not None


def test_an_event_for_the_inbox_alone_has_no_deliveries(reachable: User) -> None:
    send(reachable)
    assert states(reachable) == {}
    assert send_due() == 0


def test_what_is_said_is_what_the_inbox_shows(reachable: User, settings: Any) -> None:
    event = send(reachable, channels=["email"], title="Lift", link="/tickets/5/")
    send_due()
    said = memory.outbox[0].message
    assert (said.title, said.message) == ("Lift", event.message)
    assert said.link == f"{settings.BASE_URL}/tickets/5/"
    assert said.delivery_id == str(Delivery.objects.get().pk)


def test_a_channel_that_is_not_configured_says_so_on_the_event(reachable: User, settings: Any) -> None:
    settings.CHANNEL_URLS = {"email": "memory://"}
    event = send(reachable, channels=["email", "sms"])
    assert event.decided == {"sms": "not_configured"}
    assert list(states(reachable)) == ["email"]


@pytest.mark.parametrize("channel", OUTWARD)
def test_somebody_without_an_address_is_skipped_and_it_says_why(channel: str) -> None:
    person = make_person()
    send(person, channels=[channel])
    assert states(person) == {channel: ("skipped", "no_address")}
    assert send_due() == 0


def test_a_phone_that_is_not_verified_is_not_written_to() -> None:
    person = make_reachable()
    from notifications.models import Phone

    Phone.objects.update(verified_at=None)
    send(person, channels=["sms"])
    assert states(person) == {"sms": ("skipped", "no_address")}


def test_a_suppressed_address_is_not_written_to_until_it_is_released(reachable: User) -> None:
    suppressed = Suppression.objects.create(channel="email", address="person@example.org", since=timezone.now())
    send(reachable, channels=["email"])
    assert states(reachable) == {"email": ("skipped", "suppressed")}
    suppressed.delete()
    send(reachable, channels=["email"])
    assert send_due() == 1


def pause_after(made: Attempt) -> float:
    assert made.retry_at
    assert made.ended_at
    return (made.retry_at - made.ended_at).total_seconds()


# --- retries ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("priority", "attempts", "base_s"),
    [("critical", 5, 0.5), ("urgent", 4, 1), ("high", 3, 2), ("normal", 2, 5), ("low", 1, 10)],
)
def test_a_temporary_failure_is_retried_by_priority(
    reachable: User, pass_time: Wait, priority: str, attempts: int, base_s: float
) -> None:
    memory.plan("whatsapp", *[TEMPORARY] * 10)
    send(reachable, channels=["whatsapp"], priority=priority)
    delivery = Delivery.objects.get(channel="whatsapp")
    for number in range(1, attempts + 1):
        assert send_due() >= 1, f"attempt {number}"
        made = Attempt.objects.get(delivery=delivery, number=number)
        assert (made.outcome, made.answer) == ("failed", "451 later")
        if number < attempts:
            pause_s = pause_after(made)
            assert base_s * 2 ** (number - 1) * 0.79 <= pause_s <= base_s * 2 ** (number - 1) * 1.21
            pass_time(pause_s - 0.1)
            pass_time(0.2)
    assert states(reachable)["whatsapp"] == ("failed", "attempts_exhausted")
    pass_time(10_000)
    Delivery.objects.exclude(pk=delivery.pk).delete()  # its fallback is another test's matter
    assert send_due() == 0


def test_it_succeeds_on_a_later_attempt(reachable: User, pass_time: Wait) -> None:
    memory.plan("email", TEMPORARY)
    send(reachable, channels=["email"])
    send_due()
    assert states(reachable)["email"][0] == "waiting"
    pass_time(10)
    send_due()
    assert states(reachable)["email"][0] == "sent"
    assert [one.outcome for one in Attempt.objects.order_by("number")] == ["failed", "sent"]


def test_a_permanent_failure_is_not_retried(reachable: User, pass_time: Wait) -> None:
    memory.plan("email", PERMANENT)
    send(reachable, channels=["email"], priority="critical")
    send_due()
    assert states(reachable)["email"] == ("failed", "permanent_failure")
    assert Delivery.objects.get(channel="email").last_error == "no such user"


def test_the_providers_own_wish_is_honoured(reachable: User) -> None:
    memory.plan("sms", TransportError("429", retry_after_s=90))
    send(reachable, channels=["sms"])
    send_due()
    made = Attempt.objects.get()
    assert pause_after(made) == pytest.approx(90, abs=0.1)


def test_settings_change_the_table(settings: Any) -> None:
    settings.NOTIFICATION_MAX_RETRIES, settings.NOTIFICATION_RETRY_DELAY = 7, 3
    assert policies.retry("low") == policies.Retry(7, 3)
    settings.NOTIFICATION_RETRY_ENABLED = False
    assert policies.retry("critical").max_attempts == 1


class Buggy:
    is_idempotent = True

    def send(self, message: Message, address: Address) -> Accepted:
        raise KeyError(address.value)


def test_a_bug_in_a_transport_is_a_failure_that_shows_in_the_log(
    reachable: User, caplog: pytest.LogCaptureFixture
) -> None:
    send(reachable, channels=["email"])
    begun = begin(queue.claim({"email": 1}, most=1))[0]
    outcome = replace(begun, transport=Buggy()).make()
    assert (outcome.answer, outcome.is_permanent) == ("KeyError in the transport", False)
    assert "KeyError" in caplog.text


# --- endpoints --------------------------------------------------------------
def test_a_device_that_is_gone_is_switched_off_and_the_others_still_get_it(reachable: User) -> None:
    Device.objects.create(user=reachable, kind="fcm", address="second", created_at=timezone.now())
    memory.plan("push", TransportError("410", gone=True))
    send(reachable, channels=["push"])
    send_due()
    assert [device.address for device in Device.objects.filter(gone_at=None)] == ["second"]
    assert states(reachable) == {"push": ("sent", "requested")}


def test_when_every_device_is_gone_it_has_failed(reachable: User) -> None:
    memory.plan("push", TransportError("410", gone=True))
    send(reachable, channels=["push"])
    send_due()
    assert states(reachable) == {"push": ("failed", "endpoint_gone")}


def test_an_address_that_bounces_is_suppressed(reachable: User) -> None:
    memory.plan("email", TransportError("550 no such user", suppress=True))
    send(reachable, channels=["email"])
    send_due()
    assert states(reachable) == {"email": ("failed", "permanent_failure")}
    send(reachable, channels=["email"])
    assert Delivery.objects.order_by("-pk")[0].reason == "suppressed"
