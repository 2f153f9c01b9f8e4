"""Digests: several of one kind become one message, each is told once, and whoever dies when."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import dispatch
from notifications.api.deliveries.serializers import DeliverySerializer
from notifications.delivery import queue
from notifications.delivery.attempts.beginning import begin
from notifications.insight import ledger
from notifications.models import Delivery, Event, Preference
from notifications.transports import memory
from notifications.transports.base import TransportError
from notifications.workers.loop import sweep

from ..crowd import rows_of, send
from .conftest import attempt, send_due, sent, states

pytestmark = pytest.mark.django_db(transaction=True)
Wait = Callable[[float], None]
HOUR = 3600


@pytest.fixture
def gathering(reachable: User) -> User:
    """Somebody who wants their e-mail of this kind once an hour."""
    Preference.objects.create(user=reachable, digest={"general": HOUR}, updated_at=timezone.now())
    return reachable


def say(person: User, title: str, **fields: object) -> Event:
    return send(person, channels=["email"], title=title, **fields)


def mine(person: User) -> list[Delivery]:
    return list(Delivery.objects.filter(recipient=person).order_by("pk"))


def test_what_comes_within_the_window_is_one_message(gathering: User, pass_time: Wait) -> None:
    for title in ("One", "Two", "Three"):
        say(gathering, title)
    assert send_due() == 0
    first, *others = mine(gathering)
    assert {(one.state, one.reason) for one in mine(gathering)} == {("held", "digest")}
    assert [one.carried_by_id for one in others] == [first.pk] * 2, "each says which digest took it"
    pass_time(HOUR)
    send_due()
    [told] = memory.outbox
    assert told.message.title == "One (+2)"
    assert [title in told.message.message for title in ("One", "Two", "Three")] == [True] * 3
    assert {one.state for one in mine(gathering)} == {"sent"}
    assert all(row.sent_at for row in rows_of(gathering))
    assert list(ledger.check()) == []


def test_staff_see_which_digest_took_it(gathering: User) -> None:
    for title in ("One", "Two"):
        say(gathering, title)
    first, second = mine(gathering)
    shown = DeliverySerializer([first, second], many=True).data
    assert [one["digest"] for one in shown] == [first.pk] * 2


def test_the_next_window_is_another_digest(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    pass_time(HOUR)
    send_due()
    say(gathering, "Two")
    assert send_due() == 0
    pass_time(HOUR)
    send_due()
    assert [one.message.title for one in memory.outbox] == ["One", "Two"]


def test_people_and_channels_have_digests_of_their_own(gathering: User, pass_time: Wait) -> None:
    send(gathering, channels=["email", "push"], title="One")
    send(gathering, channels=["email", "push"], title="Two")
    pass_time(HOUR)
    send_due()
    assert sorted(channel for channel, _ in sent()) == ["email", "push"]


def test_what_fails_fails_with_all_it_carries(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    say(gathering, "Two")
    memory.plan("email", TransportError("no such user", permanent=True))
    pass_time(HOUR)
    send_due()
    assert {(one.state, one.reason) for one in mine(gathering)} == {("failed", "permanent_failure")}


def test_a_lead_whose_event_is_cancelled_leaves_its_place_to_the_next(gathering: User, pass_time: Wait) -> None:
    first = say(gathering, "One")
    say(gathering, "Two")
    say(gathering, "Three")
    dispatch.cancel(first.pk, actor=(gathering.pk, "x"))
    while sweep():
        pass
    pass_time(HOUR)
    send_due()
    [told] = memory.outbox
    assert told.message.title == "Two (+1)"
    assert "One" not in told.message.message
    assert list(ledger.check()) == []


def test_what_is_cancelled_meanwhile_is_not_told(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    second = say(gathering, "Two")
    Event.objects.filter(pk=second.pk).update(state=Event.State.CANCELLED)
    pass_time(HOUR)
    send_due()
    assert memory.outbox[0].message.title == "One"


def test_what_is_muted_or_has_expired_meanwhile_is_not_told(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    say(gathering, "Two", thread="noisy")
    third = say(gathering, "Three")
    say(gathering, "Four")
    Preference.objects.filter(user=gathering).update(muted_threads=["noisy"])
    Event.objects.filter(pk=third.pk).update(expires_at=timezone.now())
    pass_time(HOUR)
    send_due()
    [told] = memory.outbox
    assert told.message.title == "One (+1)"
    assert [title in told.message.message for title in ("Two", "Three", "Four")] == [False, False, True]
    assert [(one.state, one.reason) for one in mine(gathering)] == [
        ("sent", "requested"),
        ("skipped", "muted"),
        ("expired", "expired"),
        ("sent", "requested"),
    ]
    assert list(ledger.check()) == []


def test_a_process_that_dies_while_it_sends_neither_loses_nor_doubles_one(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    say(gathering, "Two")
    pass_time(HOUR)
    leased = queue.claim({"email": 10}, most=10)
    [begun] = begin(leased)
    begun.make()  # accepted; killed before it could be recorded
    say(gathering, "Three")
    pass_time(queue.LEASE_S)
    send_due()
    assert [one.message.title for one in memory.outbox] == ["One (+1)"]
    assert [(one.state, one.carried_by_id is None) for one in mine(gathering)] == [
        ("unknown", True),
        ("unknown", False),
        ("held", True),
    ]


def test_a_killed_process_that_had_not_begun_is_followed_by_another(gathering: User, pass_time: Wait) -> None:
    say(gathering, "One")
    say(gathering, "Two")
    pass_time(HOUR)
    queue.claim({"email": 10}, most=10)  # killed before the attempt row
    pass_time(queue.LEASE_S)
    attempt(queue.claim({"email": 10}, most=10))
    assert [one.message.title for one in memory.outbox] == ["One (+1)"]
    assert states(gathering) == {"email": ("sent", "requested")}
