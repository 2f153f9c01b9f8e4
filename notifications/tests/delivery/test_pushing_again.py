"""What must be acknowledged is shown again on open pages, under a new seq, until somebody does or it is enough."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from notifications import inbox
from notifications.delivery import queue
from notifications.delivery.attempts.pushing_again import push_again
from notifications.live.rings import NewRing
from notifications.models import Attempt, Connection, Delivery, Event, NotificationLog, Server

from ..conftest import Listener
from ..crowd import rows_of, send
from .conftest import states

pytestmark = pytest.mark.django_db(transaction=True)
Wait = Callable[[float], None]


@pytest.fixture
def connected(reachable: User) -> User:
    """Somebody with an open page."""
    now = timezone.now()
    server = Server.objects.create(name="here:1", lease_until=now + timedelta(hours=1))
    Connection.objects.create(server=server, user=reachable, transport="websocket", connected_at=now, last_seen_at=now)
    return reachable


def push_due() -> int:
    leased = queue.claim({"websocket": 50}, most=50)
    push_again(leased)
    return len(leased)


def was_written(seconds_ago: float) -> None:
    NotificationLog.objects.update(sent_at=timezone.now() - timedelta(seconds=seconds_ago))


def insist(person: User, priority: str = "critical", **fields: Any) -> None:
    """Shown on the page, and no outward channel beside it."""
    send(person, requires_acknowledgment=True, priority=priority, **fields)
    Delivery.objects.exclude(channel="websocket").delete()
    was_written(60)


def test_it_is_shown_again_under_the_next_seq(connected: User, pass_time: Wait, listener: Listener) -> None:
    insist(connected)
    assert push_due() == 0, "its ack may be on its way"
    pass_time(2.5)
    push_due()
    row = rows_of(connected)[0]
    assert (row.seq, row.again) == (2, "repush")
    rings = [ring for ring in listener.heard() if isinstance(ring, NewRing)]
    assert [(ring.again, ring.heads[0].seq, ring.heads[0].id) for ring in rings] == [
        (None, 1, row.pk),
        ("repush", 2, row.pk),
    ]
    assert b'"requires_acknowledgment":true' in (rings[1].tail or b"")


@pytest.mark.parametrize(
    ("priority", "shown_again"), [("critical", 4), ("urgent", 3), ("high", 2), ("normal", 1), ("low", 0)]
)
def test_how_often_is_the_prioritys(connected: User, pass_time: Wait, priority: str, shown_again: int) -> None:
    insist(connected, priority)
    for _ in range(10):
        pass_time(100)
        was_written(60)
        push_due()
    assert rows_of(connected)[0].seq == 1 + shown_again
    assert Attempt.objects.count() == shown_again
    assert states(connected) == ({"websocket": ("sent", "kind_default")} if shown_again else {})


@pytest.mark.parametrize("how", ["ack", "read"])
def test_whoever_acknowledges_is_not_shown_it_again(connected: User, pass_time: Wait, how: str) -> None:
    insist(connected)
    row = rows_of(connected)[0]
    if how == "ack":
        inbox.acknowledge(connected.pk, up_to_seq=row.seq)
    else:
        inbox.mark_as_read(connected.pk, [row.pk])
    assert states(connected) == {"websocket": ("cancelled", "acknowledged_first")}
    pass_time(100)
    assert push_due() == 0


def test_an_acknowledgement_after_the_lease_is_heeded(connected: User, pass_time: Wait) -> None:
    insist(connected)
    pass_time(3)
    leased = queue.claim({"websocket": 1}, most=1)
    inbox.mark_as_read(connected.pk, [rows_of(connected)[0].pk])
    push_again(leased)
    assert rows_of(connected)[0].seq == 1
    assert states(connected) == {"websocket": ("cancelled", "acknowledged_first")}


def test_a_frame_that_was_written_just_now_is_not_pushed_again_yet(connected: User, pass_time: Wait) -> None:
    insist(connected)
    was_written(0.5)
    pass_time(2.5)
    push_due()
    assert rows_of(connected)[0].seq == 1
    pass_time(2)
    was_written(3)
    push_due()
    assert rows_of(connected)[0].seq == 2


def test_nobody_there_is_waited_for_and_not_for_ever(reachable: User, pass_time: Wait) -> None:
    insist(reachable)
    pass_time(3)
    push_due()
    assert rows_of(reachable)[0].seq == 1
    assert states(reachable)["websocket"][0] == "waiting"
    Delivery.objects.update(created_at=F("created_at") - timedelta(minutes=11))
    pass_time(31)
    push_due()
    assert states(reachable) == {"websocket": ("skipped", "no_address")}


def test_what_was_taken_back_is_not_shown_again(connected: User, pass_time: Wait) -> None:
    insist(connected)
    Event.objects.update(state=Event.State.CANCELLED)
    pass_time(3)
    push_due()
    assert states(connected) == {"websocket": ("cancelled", "cancelled")}


def test_what_needs_no_acknowledgement_is_shown_once(connected: User) -> None:
    send(connected, priority="critical")
    assert "websocket" not in states(connected)
