"""A night holds back what would make a sound; who travels, or changes their night, does not wait for the old one."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from notifications import preferring
from notifications.database import database_now
from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.models import Delivery
from notifications.transports import memory

from ..at_once import PATIENCE_S
from ..crowd import send
from .conftest import make_reachable, send_due, states


def night_around(now: datetime) -> dict[str, str]:
    """Quiet hours that have begun an hour ago in UTC, and end in two."""
    return {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}


def say(person: User, **said: Any) -> None:
    preferring.change((person.pk, person.username), said)


def asleep() -> User:
    person = make_reachable()
    say(person, quiet_hours=night_around(database_now()))
    return person


def test_a_night_holds_it_back_until_it_ends(transactional_db: None) -> None:
    person = asleep()
    send(person, channels=["email"])
    assert send_due() == 0
    held = Delivery.objects.get(channel="email")
    assert (held.state, held.reason) == ("held", "quiet_hours")
    assert held.due_at
    assert timedelta(hours=1) < held.due_at - database_now() <= timedelta(hours=2)


def test_what_is_critical_is_not_held_back(transactional_db: None) -> None:
    send(asleep(), channels=["email"], priority="critical")
    assert send_due() == 1
    assert len(memory.outbox) == 1


def test_who_comes_to_another_zone_gets_it_at_once(transactional_db: None) -> None:
    person, other = asleep(), asleep()
    send(person, other, channels=["email"])
    say(person, timezone="Asia/Tokyo")
    assert send_due() == 1
    assert [sent.message.recipient_name for sent in memory.outbox] == [person.username]
    assert states(other)["email"] == ("held", "quiet_hours")


def test_a_night_that_is_given_up_holds_nothing_back(transactional_db: None) -> None:
    person = asleep()
    send(person, channels=["email"])
    say(person, quiet_hours=None)
    assert send_due() == 1
    assert states(person)["email"][0] == "sent"


def test_another_night_is_waited_for_instead(transactional_db: None) -> None:
    person = asleep()
    send(person, channels=["email"])
    night = night_around(database_now() + timedelta(minutes=30))
    say(person, quiet_hours=night)
    assert send_due() == 1  # looked at again
    held = Delivery.objects.get(recipient=person, channel="email")
    assert held.due_at
    assert (held.state, f"{held.due_at:%H:%M}") == ("held", night["end"])


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
def test_what_is_being_decided_by_the_old_night_is_decided_again(
    transactional_db: None, pass_time: Callable[[float], None]
) -> None:
    person = asleep()
    send(person, channels=["email"])
    pass_time(3 * 3600)  # as if it were over
    leased = queue.claim({"email": 1}, most=1)
    traveller = threading.Thread(target=in_a_thread, args=(lambda: say(person, timezone="Asia/Tokyo"),))
    with transaction.atomic():
        assert begin(leased) == []  # held again, as its transaction sees the person
        traveller.start()
        until_somebody_waits()
    traveller.join(PATIENCE_S)
    assert send_due() == 1
    assert states(person)["email"][0] == "sent"


def in_a_thread(act: Callable[[], None]) -> None:
    try:
        act()
    finally:
        connection.close()


def until_somebody_waits() -> None:
    deadline = time.monotonic() + PATIENCE_S
    waiting = False
    while not waiting:
        assert time.monotonic() < deadline, "nobody waits for our locks"
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid())")
            (waiting,) = cursor.fetchone()


def test_what_has_nothing_to_do_with_the_night_leaves_it_waiting(transactional_db: None) -> None:
    person = asleep()
    send(person, channels=["email"])
    say(person, locale="de", kinds={"ticket_opened": {"email": False}})
    assert send_due() == 0


def test_what_was_switched_off_meanwhile_is_not_sent_in_the_morning(transactional_db: None) -> None:
    person = asleep()
    send(person, channels=["email"])
    say(person, kinds={"general": {"email": False}}, quiet_hours=None)
    send_due()
    assert memory.outbox == []
    assert states(person)["email"] == ("skipped", "preference_off")


def test_a_night_holds_the_ladder_back_and_does_not_break_it(
    transactional_db: None, pass_time: Callable[[float], None]
) -> None:
    person = asleep()
    send(person, priority="urgent")
    say(person, locale="de", timezone="Etc/UTC")
    assert send_due() == 0, "the first rung has 30 s, whatever the person says about their night"
    pass_time(30.1)
    send_due()
    assert states(person) == {"email": ("held", "quiet_hours"), "push": ("waiting", "quiet_hours")}
    say(person, quiet_hours=None)
    assert send_due() == 1
    pass_time(30.1)
    assert send_due() == 1
    assert states(person) == {"email": ("sent", "fallback"), "push": ("sent", "fallback")}
