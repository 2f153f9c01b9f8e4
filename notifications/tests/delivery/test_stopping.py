"""What keeps an attempt from being made, or puts it off; and what a lease is worth."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.utils import timezone

from notifications.deciding import policies
from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.dispatch import cancel
from notifications.events import Priority
from notifications.inbox import cancel_one
from notifications.models import Attempt, AuditEntry, Delivery, Event, PausedChannel
from notifications.transports import memory
from notifications.transports.base import TransportError
from notifications.workers.sending import Sender

from ..crowd import rows_of, send
from .conftest import attempt, make_reachable, send_due, sent, states

pytestmark = pytest.mark.django_db(transaction=True)
Wait = Callable[[float], None]
TEMPORARY = TransportError("451 later")
PERMANENT = TransportError("no such user", permanent=True)


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


@pytest.mark.parametrize("what", ["event", "notification"])
def test_what_is_cancelled_between_lease_and_attempt_is_not_tried(reachable: User, what: str) -> None:
    event = send(reachable, channels=["email"])
    leased = queue.claim({"email": 5}, most=5)
    if what == "event":
        cancel(event.pk, actor=(1, "admin"))
    else:
        cancel_one(rows_of(reachable)[0].pk, actor=(1, "admin"))
    assert states(reachable)["email"][0] == "waiting"
    attempt(leased)
    assert states(reachable) == {"email": ("cancelled", "cancelled")}
    assert sent() == []


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
    attempt(second)
    attempt(first)  # who held it before comes too late
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
    assert begin(queue.claim({channel: 1}, most=1)) != []  # and here the process dies
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


def test_what_came_of_an_attempt_is_kept_while_the_database_is_away(reachable: User) -> None:
    def away(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError("the connection was closed")

    sender = Sender(threads=2)
    send(reachable, channels=["email"])
    queue.work.clear()
    sender.step()
    assert queue.work.wait(20), "the attempt never ended"
    with connection.execute_wrapper(away):
        assert sender.step() is False
    assert states(reachable) == {"email": ("waiting", "requested")}
    sender.step()
    assert states(reachable) == {"email": ("sent", "requested")}
    assert not sender.is_busy()
    sender.stop()
