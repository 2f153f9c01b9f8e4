"""Retention and cap: what may go goes in batches, what is unread or still needed stays, and the sums stay true."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from notifications import inbox
from notifications.inbox import pruning
from notifications.live.rings import ChangeRing
from notifications.models import Attempt, AuditEntry, Delivery, Event, Inbox, NotificationLog, Withdrawn

from ..at_once import all_at_once
from ..conftest import Listener
from ..crowd import is_listed, make_crowd, make_person, rows_of, send
from ..dispatch.test_cancelling import delivery

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=91)
Rows = QuerySet[NotificationLog]


def one(person: User, **facts: Any) -> NotificationLog:
    """A row about which this is so; the counters follow."""
    event = send(person)
    row = NotificationLog.objects.get(event=event)
    NotificationLog.objects.filter(pk=row.pk).update(**facts)
    count_again(person)
    row.refresh_from_db()
    return row


def count_again(person: User) -> None:
    listed = [row for row in rows_of(person) if is_listed(row)]
    unread = sum(not row.is_read for row in listed)
    Inbox.objects.filter(pk=person.pk).update(listed_count=len(listed), unread_count=unread)


def assert_counters(*people: int) -> None:
    for user_id in people:
        kept = Inbox.objects.get(pk=user_id)
        listed = [row for row in rows_of(user_id) if is_listed(row)]
        assert (kept.listed_count, kept.unread_count) == (len(listed), sum(not row.is_read for row in listed))


def read(at: datetime) -> dict[str, Any]:
    return {"is_read": True, "read_at": at}


@pytest.mark.parametrize(
    ("facts", "goes"),
    [
        ({}, False),
        ({"created_at": LONG_AGO, "delivered_at": LONG_AGO}, False),
        (read(NOW), False),
        (read(LONG_AGO), True),
        ({**read(LONG_AGO), "archived_at": LONG_AGO}, True),
        ({**read(LONG_AGO), "snoozed_until": NOW + timedelta(days=1)}, False),
        ({"archived_at": LONG_AGO}, False),
        ({"deleted_at": NOW}, False),
        ({"deleted_at": LONG_AGO}, True),
        ({"withdrawn": Withdrawn.EXPIRED}, True),
        ({"withdrawn": Withdrawn.REPLACED}, True),
        ({"withdrawn": Withdrawn.CANCELLED}, False),
        ({"withdrawn": Withdrawn.CANCELLED, "updated_at": LONG_AGO}, True),
    ],
)
def test_read_ones_are_kept_90_days_unread_ones_for_ever(facts: dict[str, Any], goes: bool) -> None:
    person = make_person()
    other, row = one(person), one(person, **facts)
    assert pruning.would_go() == (int(goes), 0)
    assert pruning.prune_all() == (int(goes), 0)
    assert [kept.pk for kept in rows_of(person)] == ([other.pk] if goes else [other.pk, row.pk])
    assert_counters(person.pk)


def test_hours_win_and_nought_is_for_ever(settings) -> None:
    person = make_person()
    one(person, **read(NOW - timedelta(hours=3)))
    settings.NOTIFICATION_RETENTION_HOURS = 0
    assert pruning.prune_all() == (0, 0)
    settings.NOTIFICATION_RETENTION_HOURS = 2
    assert pruning.prune_all() == (1, 0)


def test_deliveries_and_attempts_go_with_their_row_and_what_is_still_to_be_sent_keeps_it() -> None:
    person = make_person()
    done, waits, other = (one(person, **facts) for facts in (read(LONG_AGO), read(LONG_AGO), {}))
    tried = [delivery(row, "sent") for row in (done, other)]
    delivery(waits, "held")
    for each in tried:
        Attempt.objects.create(delivery=each, number=1, channel="email", started_at=NOW, outcome="sent")
    assert pruning.prune_all() == (1, 0)
    assert [row.pk for row in rows_of(person)] == [waits.pk, other.pk]
    assert set(Delivery.objects.values_list("notification_id", flat=True)) == {waits.pk, other.pk}
    assert [attempt.delivery_id for attempt in Attempt.objects.all()] == [tried[1].pk]


def test_beyond_the_cap_the_oldest_read_ones_go_and_unread_ones_never(settings) -> None:
    settings.MAX_NOTIFICATIONS_PER_USER = 3
    crowded, full, unread = (make_person() for _ in range(3))
    rows = [one(crowded, **facts) for facts in ({}, read(NOW), read(NOW), {}, read(NOW))]
    for person, facts in ((full, read(NOW)), (unread, {})):
        for _ in range(3 if person is full else 5):
            one(person, **facts)
    assert pruning.would_go() == (0, 2)
    assert pruning.prune_all() == (0, 2)
    assert [row.pk for row in rows_of(crowded)] == [rows[0].pk, rows[3].pk, rows[4].pk]
    assert [len(rows_of(person)) for person in (full, unread)] == [3, 5]
    assert_counters(crowded.pk, full.pk, unread.pk)
    settings.MAX_NOTIFICATIONS_PER_USER = 0
    assert pruning.prune_all() == (0, 0)


@pytest.fixture
def small_batches(monkeypatch) -> int:
    monkeypatch.setattr(pruning, "BATCH", 7)
    monkeypatch.setattr(pruning, "WINDOW", 10)
    return 7


def test_it_goes_in_batches_that_each_have_their_audit_entry(small_batches: int) -> None:
    people = make_crowd(20)
    event = send(*people)
    NotificationLog.objects.update(**read(LONG_AGO))
    Inbox.objects.update(unread_count=0)
    assert pruning.prune_all() == (20, 0)
    entries = AuditEntry.objects.filter(action="notification.pruned").order_by("pk")
    assert [entry.metadata["count"] for entry in entries] == [7, 7, 6]
    event.refresh_from_db()
    assert (event.recipients, event.pruned) == (20, 20)
    assert set(Inbox.objects.values_list("listed_count", "unread_count", "rev")) == {(0, 0, 2)}


def test_staff_who_do_it_are_named(person: User) -> None:
    one(person, **read(LONG_AGO))
    pruning.prune_all(pruning.By("staff.cleanup", (7, "admin")))
    entry = AuditEntry.objects.get(action="staff.cleanup")
    assert (entry.actor_id, entry.actor_name, entry.metadata["count"]) == (7, "admin", 1)


def test_the_owners_devices_are_told(listener: Listener) -> None:
    person = make_person()
    row = one(person, **read(LONG_AGO))
    pruning.prune_all()
    last = listener.heard()[-1]
    assert isinstance(last, ChangeRing)
    assert (last.user_id, last.frames) == (person.pk, [("notification_removed", {"ids": [row.pk]})])


def test_what_becomes_unread_meanwhile_stays() -> None:
    """The row was chosen, and its owner was quicker."""
    person = make_person()
    row = one(person, **read(LONG_AGO))
    which = pruning.old_rows(NOW)
    assert [found.pk for found in which] == [row.pk]
    inbox.mark_as_unread(person.pk, [row.pk])
    assert pruning.remove([(row.pk, person.pk)], which, pruning.THE_JOB) == 0
    assert [kept.pk for kept in rows_of(person)] == [row.pk]


def test_beside_people_at_work_and_another_who_prunes_nothing_drifts(small_batches: int) -> None:
    people = make_crowd(6)
    for _ in range(6):
        send(*people)
    NotificationLog.objects.filter(seq__lte=4).update(**read(LONG_AGO))
    Inbox.objects.update(unread_count=2)

    def work(act: Callable[[int], object]) -> Callable[[], object]:
        return lambda: [act(user) for user in people for _ in range(3)]

    all_at_once(
        pruning.prune_all,
        pruning.prune_all,
        work(lambda user: inbox.mark_all_as_read(user)),
        work(lambda user: send(user)),
    )
    assert_counters(*people)
    for event in Event.objects.all():
        assert event.recipients == event.rows.count() + event.pruned
    assert NotificationLog.objects.filter(seq__lte=4).count() == 0


def test_a_stretch_in_which_nothing_goes_does_not_end_the_pass(small_batches: int, person: User) -> None:
    for _ in range(25):
        send(person)
    last = rows_of(person)[-1]
    NotificationLog.objects.filter(pk=last.pk).update(**read(LONG_AGO))
    assert pruning.prune_all() == (1, 0)
