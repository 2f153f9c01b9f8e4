"""The sweep: what a crash cut off is finished, what has fallen due begins, what has expired leaves."""

import logging
import threading
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import expansion
from notifications.dispatch import notify
from notifications.events import Audience
from notifications.live.rings import ChangeRing, NewRing
from notifications.models import Connection, Event, Inbox, NotificationLog, Server
from notifications.workers.loop import EVENTS_PER_ROUND, Worker, expand_open, sweep

from ..at_once import all_at_once
from ..conftest import Listener
from ..crowd import assert_true_inboxes, event_to, make_crowd, make_person, rows_of, send
from ..test_expansion import stray_row

pytestmark = pytest.mark.django_db(transaction=True)
State = Event.State
PAST = timezone.now() - timedelta(minutes=5)
FUTURE = timezone.now() + timedelta(days=1)


def cut_off(*people: int, **fields: object) -> Event:
    """An event that was committed by a process that died before it could write the rows."""
    event = notify(event_to(*people, scheduled_for=FUTURE, **fields))
    Event.objects.filter(pk=event.pk).update(state=State.EXPANDING, scheduled_for=None)
    return event


def test_an_idle_sweep_finds_nothing_to_do() -> None:
    send(make_person(), expires_at=FUTURE)
    assert sweep() is False


def test_what_was_cut_off_is_finished_once_and_rung(listener: Listener) -> None:
    person = make_person()
    event = cut_off(person.pk)
    assert rows_of(person) == []
    assert sweep() is True
    assert sweep() is False
    assert [(row.event_id, row.seq) for row in rows_of(person)] == [(event.pk, 1)]
    assert [type(ring) for ring in listener.heard()] == [NewRing]


def test_one_event_that_cannot_be_written_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    one, two = make_person(), make_person()
    broken = cut_off(one.pk)
    stray = stray_row(broken, one.pk)
    healthy = cut_off(two.pk)
    with caplog.at_level(logging.WARNING, "tidings.worker"):
        assert sweep() is True
    assert [row.event_id for row in rows_of(two)] == [healthy.pk]
    assert str(broken.pk) in caplog.text
    assert sweep() is False, "it would be tried again and again without a pause"
    stray.delete()
    sweep()
    assert [row.event_id for row in rows_of(one)] == [broken.pk]


def test_many_that_cannot_be_written_hold_up_none_behind_them() -> None:
    person, others = make_person(), [make_person() for _ in range(EVENTS_PER_ROUND)]
    strays = []
    for other in others:
        broken = cut_off(other.pk)
        strays.append(stray_row(broken, other.pk))
    healthy = cut_off(person.pk)
    sweep()  # the first round finds out which
    sweep()
    assert [row.event_id for row in rows_of(person)] == [healthy.pk]
    for stray in strays:
        stray.delete()
    for _ in range(EVENTS_PER_ROUND):
        sweep()
    assert not Event.objects.exclude(state=State.DONE).exists(), "they take turns"


def test_what_is_scheduled_is_told_when_it_is_due() -> None:
    person = make_person()
    event = notify(event_to(person, scheduled_for=FUTURE))
    assert sweep() is False
    assert rows_of(person) == []
    Event.objects.filter(pk=event.pk).update(scheduled_for=PAST)
    sweep()
    [row] = rows_of(person)
    assert (row.event_id, row.event.state, row.seq) == (event.pk, State.DONE, 1)
    assert row.created_at > event.created_at


def test_a_scheduled_event_reaches_whom_it_addresses_then() -> None:
    leaver, joiner = make_person("crew"), make_person()
    event = notify(event_to(audience=Audience(roles=["crew"]), scheduled_for=FUTURE))
    joiner.groups.set(leaver.groups.all())
    leaver.groups.clear()
    Event.objects.filter(pk=event.pk).update(scheduled_for=PAST)
    sweep()
    assert (len(rows_of(leaver)), len(rows_of(joiner))) == (0, 1)


def test_what_has_expired_leaves_inbox_and_badge_once(listener: Listener) -> None:
    people = make_crowd(3)
    event = send(*people, expires_at=FUTURE)
    send(*people)
    listener.heard()
    Event.objects.filter(pk=event.pk).update(expires_at=PAST)
    assert sweep() is True
    assert sweep() is False
    event.refresh_from_db()
    assert event.settled_at is not None
    assert set(Inbox.objects.values_list("unread_count", "listed_count")) == {(1, 1)}
    assert set(NotificationLog.objects.filter(event=event).values_list("withdrawn", flat=True)) == {"expired"}
    removals = [ring for ring in listener.heard() if isinstance(ring, ChangeRing)]
    assert [(ring.user_id, ring.unread_count) for ring in removals] == [(user, 1) for user in people]
    assert_true_inboxes(people)


def test_two_sweeps_at_once_finish_everything_once() -> None:
    people = make_crowd(20)
    events = [cut_off(*people) for _ in range(10)]
    all_at_once(*[expand_open] * 3)
    assert NotificationLog.objects.count() == len(people) * len(events)
    assert_true_inboxes(people)


def test_connections_of_a_server_that_died_are_written_off() -> None:
    person, now = make_person(), timezone.now()
    dead = Server.objects.create(name="dead:1", lease_until=PAST)
    alive = Server.objects.create(name="alive:1", lease_until=FUTURE)
    for server in (dead, alive):
        Connection.objects.create(
            id=uuid.uuid4(), server=server, user=person, transport="sse", connected_at=now, last_seen_at=now
        )
    sweep()
    assert list(Connection.objects.values_list("server", flat=True)) == [alive.pk]
    assert list(Server.objects.all()) == [alive]


def test_a_worker_thread_finishes_what_it_is_woken_for_and_stops_when_told(listener: Listener) -> None:
    people = make_crowd(expansion.SMALL + 1, "crowd")
    worker = Worker().start()
    try:
        event = notify(event_to(audience=Audience(roles=["crowd"])))
        listener.wait_for(NewRing)
    finally:
        worker.stop()
    assert NotificationLog.objects.filter(event=event).count() == len(people)
    assert not [thread for thread in threading.enumerate() if thread.name == "worker"]
