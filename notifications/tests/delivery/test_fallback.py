"""The ladder: which channels follow, when, and what ends it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.models import Delivery, Device
from notifications.reaching import channels, receipts
from notifications.reaching.receipts import Receipt
from notifications.transports import memory
from notifications.transports.base import TransportError
from notifications.workers.loop import sweep

from ..crowd import make_person, rows_of, send
from .conftest import make_reachable, send_due, sent, states

pytestmark = pytest.mark.django_db(transaction=True)
Wait = Callable[[float], None]
TEMPORARY = TransportError("451 later")
PERMANENT = TransportError("no such user", permanent=True)
STAFF = (1, "staff")


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


def test_a_rung_that_bounces_later_is_followed_at_once(reachable: User, pass_time: Wait) -> None:
    send(reachable, priority="critical")
    pass_time(30.1)
    send_due()
    email = Delivery.objects.get(channel="email")
    bounced = Receipt(channel="email", word="failed", delivery_id=email.pk, why="550 no such user")
    assert receipts.record(bounced)
    assert send_due() == 1
    assert [channel for channel, _ in sent()] == ["email", "sms"]
    assert not receipts.record(bounced), "told twice"
    assert send_due() == 0


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


def test_the_ladder_goes_on_past_a_channel_that_was_paused_from_the_beginning(reachable: User, pass_time: Wait) -> None:
    channels.pause("sms", actor=STAFF)
    send(reachable, priority="critical")
    assert states(reachable)["sms"] == ("skipped", "channel_paused")
    for expected in ("email", "push"):
        pass_time(30.1)
        assert send_due() == 1
        assert sent()[-1][0] == expected


def test_the_ladder_goes_on_past_a_channel_that_is_paused_when_its_turn_comes(reachable: User, pass_time: Wait) -> None:
    send(reachable, priority="critical")
    channels.pause("sms", actor=STAFF)
    pass_time(30.1)
    assert send_due() == 1
    sweep()
    assert states(reachable)["sms"][0] == "waiting", "its turn has not come yet"
    pass_time(30.1)
    sweep()
    assert states(reachable)["sms"] == ("skipped", "channel_paused")
    assert send_due() == 1
    assert [channel for channel, _ in sent()] == ["email", "push"]


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
    assert begin(leased) == []
    assert states(reachable) == {"email": ("cancelled", "acknowledged_first")}


def test_the_kinds_own_channels_go_on_although_somebody_has_read_it(reachable: User) -> None:
    send(reachable, channels=["email"])
    inbox.mark_as_read(reachable.pk, [rows_of(reachable)[0].pk])
    assert send_due() == 1


def test_fallback_can_be_switched_off(reachable: User, settings: Any) -> None:
    settings.NOTIFICATION_FALLBACK_ENABLED = False
    send(reachable, priority="critical")
    assert states(reachable) == {}
