"""From the event to the provider: what is tried, how often, in which order, and what stops it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.deciding import policies
from notifications.delivery import queue
from notifications.delivery.attempt import attempt, begin, hand_over
from notifications.events import Priority
from notifications.models import Attempt, AuditEntry, Delivery, Device, Event, PausedChannel, Suppression
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
    begun = begin(queue.claim({"email": 1}, most=1)[0])
    assert begun is not None
    outcome = hand_over(Buggy(), begun.message, begun.addresses)
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


# --- fallback ---------------------------------------------------------------
def test_the_ladder_is_climbed_while_nobody_acknowledges(reachable: User, pass_time: Wait) -> None:
    send(reachable, priority="critical")
    assert send_due() == 0, "the first rung has 30 s"
    for channel in ("email", "sms", "push"):
        pass_time(29)
        assert send_due() == 0
        pass_time(1.1)
        assert send_due() == 1
        assert sent()[-1][0] == channel
    assert {reason for _, reason in states(reachable).values()} == {"fallback"}


def test_high_falls_back_to_email_alone_and_normal_to_nothing(reachable: User) -> None:
    send(reachable, priority="high")
    assert list(states(reachable)) == ["email"]
    person = make_reachable()
    send(person, priority="normal")
    assert states(person) == {}


def test_a_channel_that_was_used_already_is_no_rung(reachable: User) -> None:
    send(reachable, priority="urgent", channels=["email"])
    assert {one.channel: one.rung for one in Delivery.objects.all()} == {"email": 0, "push": 1}


def test_a_rung_that_fails_is_followed_at_once(reachable: User, pass_time: Wait) -> None:
    memory.plan("email", PERMANENT)
    send(reachable, priority="critical")
    pass_time(30.1)
    send_due()
    assert [channel for channel, _ in sent()] == ["sms"]


def test_a_rung_without_an_address_is_left_out(pass_time: Wait) -> None:
    person = make_person(email="only@example.org")
    Device.objects.create(user=person, kind="fcm", address="t", created_at=timezone.now())
    send(person, priority="critical")
    pass_time(30.1)
    send_due()
    assert [channel for channel, _ in sent()] == ["email"]
    pass_time(30.1)
    send_due()
    assert [channel for channel, _ in sent()] == ["email", "push"]
    assert states(person)["sms"] == ("skipped", "no_address")


@pytest.mark.parametrize("how", ["ack", "cursor", "read", "read all"])
def test_whoever_acknowledges_ends_the_ladder(reachable: User, pass_time: Wait, how: str) -> None:
    send(reachable, priority="critical")
    row = rows_of(reachable)[0]
    {
        "ack": lambda: inbox.record_acks([inbox.Ack(reachable.pk, row.seq, row.seq, timezone.now(), 5, 0)]),
        "cursor": lambda: inbox.acknowledge(reachable.pk, up_to_seq=row.seq),
        "read": lambda: inbox.mark_as_read(reachable.pk, [row.pk]),
        "read all": lambda: inbox.mark_all_as_read(reachable.pk),
    }[how]()
    assert set(states(reachable).values()) == {("cancelled", "acknowledged_first")}
    pass_time(1000)
    assert send_due() == 0


def test_an_acknowledgement_between_lease_and_attempt_is_heeded(reachable: User, pass_time: Wait) -> None:
    send(reachable, priority="high")
    pass_time(30.1)
    leased = queue.claim({"email": 1}, most=1)
    inbox.mark_as_read(reachable.pk, [rows_of(reachable)[0].pk])
    assert begin(leased[0]) is None
    assert states(reachable) == {"email": ("cancelled", "acknowledged_first")}


def test_the_kinds_own_channels_go_on_although_somebody_has_read_it(reachable: User) -> None:
    send(reachable, channels=["email"])
    inbox.mark_as_read(reachable.pk, [rows_of(reachable)[0].pk])
    assert send_due() == 1


def test_fallback_can_be_switched_off(reachable: User, settings: Any) -> None:
    settings.NOTIFICATION_FALLBACK_ENABLED = False
    send(reachable, priority="critical")
    assert states(reachable) == {}


# --- what stops it ----------------------------------------------------------
def test_nothing_is_tried_after_expiry(reachable: User) -> None:
    event = send(reachable, channels=["email"], expires_at=timezone.now() + timedelta(hours=1))
    Event.objects.filter(pk=event.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    send_due()
    assert states(reachable) == {"email": ("expired", "expired")}
    assert sent() == []


def test_nothing_is_tried_after_a_cancel(reachable: User) -> None:
    event = send(reachable, channels=["email"])
    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED)
    send_due()
    assert states(reachable) == {"email": ("cancelled", "cancelled")}


def test_a_paused_channel_waits_and_goes_on_when_it_is_resumed(reachable: User) -> None:
    pause = PausedChannel.objects.create(channel="email", since=timezone.now())
    send(reachable, channels=["email", "sms"])
    send_due()
    assert [channel for channel, _ in sent()] == ["sms"]
    pause.delete()
    send_due()
    assert [channel for channel, _ in sent()] == ["sms", "email"]


def test_a_storm_is_held_to_the_cap_and_goes_out_later(settings: Any, pass_time: Wait) -> None:
    settings.CHANNEL_CAPS = {"sms": 2}
    people = [make_reachable() for _ in range(3)]
    send(*people, channels=["sms"])
    send_due()
    assert len(sent()) == 2
    held = Delivery.objects.get(state="held")
    assert (held.outcome, held.reason) == ("hold", "rate_limited")
    Attempt.objects.update(started_at=timezone.now() - timedelta(minutes=2))
    pass_time(61)
    send_due()
    assert len(sent()) == 3


# --- leases -----------------------------------------------------------------
def test_what_is_leased_is_nobody_elses_until_the_lease_ends(reachable: User, pass_time: Wait) -> None:
    send(reachable, channels=["email"])
    first = queue.claim({"email": 5}, most=5)
    assert queue.claim({"email": 5}, most=5) == []
    pass_time(31)
    second = queue.claim({"email": 5}, most=5)
    assert [one.id for one in second] == [one.id for one in first]
    attempt(second[0])
    attempt(first[0])  # who held it before comes too late
    assert len(sent()) == 1


def test_a_renewed_lease_does_not_end(reachable: User, pass_time: Wait) -> None:
    send(reachable, channels=["email"])
    leased = queue.claim({"email": 5}, most=5)
    pass_time(29)
    queue.renew(leased)
    pass_time(29)
    assert queue.claim({"email": 5}, most=5) == []


def test_a_released_lease_is_free_at_once(reachable: User) -> None:
    send(reachable, channels=["email"])
    queue.release(queue.claim({"email": 5}, most=5))
    assert send_due() == 1


@pytest.mark.parametrize("channel", ["email", "sms", "whatsapp"])
def test_an_attempt_that_was_cut_off_is_called_unknown_and_not_repeated(
    reachable: User, pass_time: Wait, channel: str
) -> None:
    send(reachable, channels=[channel])
    leased = queue.claim({channel: 1}, most=1)
    assert begin(leased[0]) is not None  # and here the process dies
    pass_time(31)
    send_due()
    assert states(reachable) == {channel: ("unknown", "outcome_unknown")}
    assert sent() == []
    assert Attempt.objects.get().outcome == "unknown"


def test_an_answer_that_never_came_is_unknown(reachable: User) -> None:
    memory.plan("email", TransportError("no answer after the last byte", unknown=True))
    send(reachable, channels=["email"])
    send_due()
    assert states(reachable) == {"email": ("unknown", "outcome_unknown")}


def test_the_most_urgent_is_claimed_first_and_sometimes_the_oldest(pass_time: Wait) -> None:
    people = [make_reachable() for _ in range(3)]
    for person, priority in zip(people, ("low", "critical", "normal"), strict=True):
        send(person, channels=["email"], priority=priority)
        Delivery.objects.filter(rung__gt=0).delete()
        pass_time(1)
    order = [Delivery.objects.get(pk=one.id).recipient_id for one in queue.claim({"email": 3}, most=3)]
    assert order == [people[1].pk, people[2].pk, people[0].pk]
    pass_time(31)
    Delivery.objects.filter(recipient=people[0]).update(due_at=timezone.now() - timedelta(hours=1))
    oldest = queue.claim({"email": 1}, most=1, oldest_first=True)
    assert Delivery.objects.get(pk=oldest[0].id).recipient_id == people[0].pk


def test_every_attempt_is_in_the_audit(reachable: User, pass_time: Wait) -> None:
    memory.plan("email", TEMPORARY)
    send(reachable, channels=["email"])
    send_due()
    pass_time(10)
    send_due()
    entries = AuditEntry.objects.filter(action__startswith="delivery.").order_by("pk")
    assert [entry.action for entry in entries] == ["delivery.attempted", "delivery.sent"]
    assert entries[0].target_user_id == reachable.pk


def test_priorities_have_a_row_each() -> None:
    assert [policies.retry(priority).max_attempts for priority in Priority] == [1, 2, 3, 4, 5]
