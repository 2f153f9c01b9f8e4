"""Snooze: out of sight until its time, then back as if new; what nobody should see again does not come back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.inbox import WillNotReturn, snoozing
from notifications.live.resume import Question, read
from notifications.live.rings import ChangeRing, NewRing
from notifications.models import AuditEntry, Event, Inbox, NotificationLog, Withdrawn
from notifications.workers.loop import sweep

from ..at_once import all_at_once
from ..conftest import Listener
from ..crowd import is_listed, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timezone.now() + timedelta(hours=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_person()


def snoozed(person: User, **fields: Any) -> NotificationLog:
    event = send(person, **fields)
    row = NotificationLog.objects.get(event=event)
    inbox.snooze(person.pk, row.pk, until=LATER)
    return row


def time_passes() -> None:
    NotificationLog.objects.exclude(snoozed_until=None).update(snoozed_until=LONG_AGO)
    while sweep():
        pass


def backlog(person: User, after: int | None) -> list[tuple[int, str | None]]:
    [answer] = read([Question(person.pk, after, None)])
    return [(row.id, row.again) for row in answer.rows]


def assert_counters(person: User) -> None:
    kept = Inbox.objects.get(pk=person.pk)
    listed = [row for row in rows_of(person) if is_listed(row)]
    assert (kept.listed_count, kept.unread_count) == (len(listed), sum(not row.is_read for row in listed))
    assert kept.last_seq >= max(row.seq for row in rows_of(person))
    assert not [row for row in listed if not row.is_read and row.seq <= kept.read_floor]


def test_it_leaves_list_badge_and_backlog_and_all_devices_are_told(person: User, listener: Listener) -> None:
    row = snoozed(person)
    assert inbox.unread_counts(person.pk)["unread_count"] == 0
    assert backlog(person, 0) == backlog(person, None) == []
    told = listener.heard()[-1]
    assert isinstance(told, ChangeRing)
    [(event, data)] = told.frames
    assert (event, data["id"], list(data["changes"]), told.unread_count) == (
        "notification_changed",
        row.pk,
        ["snoozed_until"],
        0,
    )
    assert sweep() is False, "it is not due"
    assert_counters(person)


def test_taken_back_it_is_in_its_old_place_as_if_nothing_had_been(person: User, listener: Listener) -> None:
    row = snoozed(person)
    inbox.unsnooze(person.pk, row.pk)
    assert inbox.unread_counts(person.pk)["unread_count"] == 1
    assert backlog(person, 0) == [(row.pk, None)]
    assert NotificationLog.objects.get(pk=row.pk).seq == row.seq
    told = listener.heard()[-1]
    assert isinstance(told, ChangeRing)
    assert told.frames[0][1]["changes"] == {"snoozed_until": None}
    rev = Inbox.objects.get(pk=person.pk).rev
    inbox.unsnooze(person.pk, row.pk)
    assert Inbox.objects.get(pk=person.pk).rev == rev, "once more changes nothing"
    assert_counters(person)


def test_it_comes_back_unread_under_the_next_seq_and_is_rung_once(person: User, listener: Listener) -> None:
    row = snoozed(person)
    send(person)
    inbox.mark_as_read(person.pk, [row.pk])
    inbox.archive(person.pk, [row.pk])
    time_passes()
    back = NotificationLog.objects.get(pk=row.pk)
    assert (back.seq, back.is_read, back.read_at, back.archived_at, back.snoozed_until) == (3, False, None, None, None)
    ring = listener.heard()[-1]
    assert isinstance(ring, NewRing)
    assert [(head.id, head.seq, head.unread_count) for head in ring.heads] == [(row.pk, 3, 2)]
    assert (ring.again, b'"snoozed_until":null' in (ring.tail or b"")) == ("snooze", True)
    assert sweep() is False
    assert_counters(person)


@pytest.mark.parametrize("cursor", [None, 0, 1, 2])
def test_whoever_resumes_is_shown_it_once(person: User, cursor: int | None) -> None:
    """Cursor 1: had it before it was snoozed; 2: has seen what came after it."""
    row = snoozed(person)
    send(person)
    if cursor:
        inbox.acknowledge(person.pk, up_to_seq=cursor)
    time_passes()
    shown = backlog(person, cursor)
    assert shown.count((row.pk, "snooze")) == 1
    assert len(shown) == (1 if cursor == 2 else 2)
    assert backlog(person, 3) == []


@pytest.mark.parametrize("fate", ["deleted", "cancelled", "expired", "expired and not swept"])
def test_what_is_gone_meanwhile_does_not_come_back(person: User, fate: str, listener: Listener) -> None:
    row = snoozed(person, expires_at=LATER)
    if fate == "deleted":
        inbox.delete(person.pk, [row.pk])
    elif fate == "cancelled":
        NotificationLog.objects.filter(pk=row.pk).update(withdrawn=Withdrawn.CANCELLED)
    else:
        Event.objects.update(expires_at=LONG_AGO)
    if fate == "expired":
        sweep()
    NotificationLog.objects.update(snoozed_until=LONG_AGO)
    snoozing.wake_chunk()
    while sweep():
        pass
    assert_counters(person)
    back = NotificationLog.objects.get(pk=row.pk)
    assert (back.seq, back.snoozed_until, back.again) == (1, None, None)
    assert len([ring for ring in listener.heard() if isinstance(ring, NewRing)]) == 1, "as it was new"
    assert snoozing.wake_chunk() == 0


def test_snoozing_again_moves_the_time_and_the_same_time_changes_nothing(person: User) -> None:
    row = snoozed(person)
    rev = Inbox.objects.get().rev
    inbox.snooze(person.pk, row.pk, until=LATER)
    assert Inbox.objects.get().rev == rev
    inbox.snooze(person.pk, row.pk, until=LATER + timedelta(days=1))
    assert (Inbox.objects.get().rev, rows_of(person)[0].snoozed_until) == (rev + 1, LATER + timedelta(days=1))


def test_what_was_withdrawn_cannot_be_snoozed(person: User) -> None:
    event = send(person, expires_at=LATER)
    Event.objects.filter(pk=event.pk).update(expires_at=LONG_AGO)
    with pytest.raises(WillNotReturn):
        inbox.snooze(person.pk, rows_of(person)[0].pk, until=LATER)


def test_many_that_come_back_at_once_beside_new_ones_have_a_place_each(listener: Listener) -> None:
    people = make_crowd(5)
    for _ in range(4):
        send(*people)
    for row in NotificationLog.objects.filter(seq__lte=3):
        inbox.snooze(row.recipient_id, row.pk, until=LATER)
    NotificationLog.objects.exclude(snoozed_until=None).update(snoozed_until=LONG_AGO)
    all_at_once(snoozing.wake_chunk, snoozing.wake_chunk, *[lambda: send(*people)] * 3)
    for user in people:
        rows = rows_of(user)
        assert [row.seq for row in rows] == list(range(4, 11))
        assert Inbox.objects.get(pk=user).last_seq == 10
        assert [row.again for row in rows].count("snooze") == 3
        assert Inbox.objects.get(pk=user).unread_count == 7


def test_both_ways_are_in_the_audit(person: User) -> None:
    row = snoozed(person)
    time_passes()
    about = AuditEntry.objects.filter(entity_type="notification", entity_id=str(row.pk)).order_by("pk")
    assert [(entry.action, entry.actor_id) for entry in about] == [
        ("notification.snoozed", person.pk),
        ("notification.returned", None),
    ]
