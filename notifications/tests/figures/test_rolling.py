"""The roll-up: each row once, whoever does it and however often; what is removed stays counted."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from notifications import figures, inbox
from notifications.figures import reading, rolling
from notifications.figures.tallying import Tally
from notifications.inbox import pruning
from notifications.models import Counted, Figure, LateChange, NotificationLog
from notifications.wire import STATUS

from ..at_once import all_at_once
from ..crowd import make_crowd, make_person, send
from ..dispatch.test_cancelling import delivery
from .recount import assert_same, recount

pytestmark = pytest.mark.django_db(transaction=True)
OLD = timedelta(hours=3)
LONG_AGO = timezone.now() - timedelta(days=91)


def told(*people: User | int, ago: timedelta = OLD) -> list[NotificationLog]:
    """A notification of each, so old."""
    event = send(*people)
    event.rows.update(created_at=timezone.now() - ago)
    return list(event.rows.order_by("pk"))


def all_told() -> Tally:
    """Of all notifications of the last days."""
    found = Tally()
    for key, tally in figures.between(*days()).items():
        if key.channel in ("inbox", "websocket"):
            found.add(tally)
    return found


def days() -> tuple[date, date]:
    today = timezone.now().date()
    return today - timedelta(days=100), today


def forget_rows() -> None:
    """Gone without a word to anybody, as no door of ours removes rows: what is left of the figures is rolled up."""
    NotificationLog.objects.all()._raw_delete(connection.alias)


def test_what_is_rolled_up_does_without_its_rows() -> None:
    told(make_person())
    assert figures.roll_up() == (1, None)
    forget_rows()
    assert all_told().created == 1


def test_a_row_is_counted_once_however_often_the_roll_up_comes() -> None:
    told(*make_crowd(3))
    assert [figures.roll_up() for _ in range(3)] == [(3, None), (0, None), (0, None)]
    assert all_told().created == 3


def test_a_row_that_is_minutes_old_is_not_rolled_up_yet_and_counts_all_the_same() -> None:
    told(make_person())
    told(make_person(), ago=timedelta(minutes=2))
    assert figures.roll_up() == (1, None)
    assert all_told().created == 2


def test_a_slice_at_a_time_and_the_next_worker_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "SLICE", 2)
    told(*make_crowd(5))
    assert [figures.roll_up() for _ in range(3)] == [(2, 1), (2, 1), (1, None)]
    assert (all_told().created, Counted.objects.get(pk="notifications").up_to > 0) == (5, True)


def test_a_worker_that_dies_midway_has_counted_nothing() -> None:
    told(make_person())
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        figures.roll_up()
        raise KeyboardInterrupt  # killed before the commit
    assert (Figure.objects.count(), Counted.objects.count()) == (0, 0)
    figures.roll_up()
    assert all_told().created == 1


def test_what_is_read_after_it_was_counted_counts_at_once_and_after_the_next_roll_up() -> None:
    reader = make_person()
    [row] = told(reader)
    figures.roll_up()
    inbox.mark_as_read(reader.pk, [row.pk])
    assert (all_told().created, all_told().read, LateChange.objects.count()) == (1, 1, 2)
    figures.roll_up()
    assert (all_told().created, all_told().read, LateChange.objects.count()) == (1, 1, 0)
    inbox.mark_as_unread(reader.pk, [row.pk])
    assert all_told().read == 0


def test_a_duration_that_is_learnt_late_counts_at_once_though_nothing_else_has_changed() -> None:
    [row] = told(make_person())
    NotificationLog.objects.filter(pk=row.pk).update(sent_at=row.created_at, delivered_at=row.created_at)
    figures.roll_up()
    NotificationLog.objects.filter(pk=row.pk).update(rtt_ms=20)
    assert dict(all_told().rtt_ms) == {20: 1}
    figures.roll_up()
    assert dict(all_told().rtt_ms) == {20: 1}


def test_a_change_before_a_row_is_counted_is_not_counted_twice() -> None:
    reader = make_person()
    [row] = told(reader)
    inbox.mark_as_read(reader.pk, [row.pk])
    assert LateChange.objects.count() == 2
    figures.roll_up()
    assert (all_told().read, LateChange.objects.count()) == (1, 0)


@pytest.mark.parametrize("is_counted", [True, False])
def test_what_retention_removes_stays_in_the_figures(is_counted: bool) -> None:
    reader = make_person()
    [row] = told(reader)
    NotificationLog.objects.filter(pk=row.pk).update(is_read=True, read_at=LONG_AGO)
    delivery(row, "sent", settled_at=row.created_at)
    before = recount(NotificationLog.objects.all())
    if is_counted:
        figures.roll_up()
    assert pruning.prune_all() == (1, 0)
    assert_same(figures.between(*days()), before)
    figures.roll_up()
    assert_same(figures.between(*days()), before)


def test_one_that_failed_stays_failed_when_it_is_removed() -> None:
    [row] = told(make_person())
    delivery(row, "failed", settled_at=row.created_at)
    figures.roll_up()
    assert NotificationLog.objects.filter(STATUS["failed"]).count() == all_told().failed == 1
    NotificationLog.objects.filter(pk=row.pk).update(deleted_at=LONG_AGO)
    assert pruning.prune_all() == (1, 0)
    assert all_told().failed == 1


def test_beside_people_at_work_and_retention_nothing_is_counted_twice_or_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rolling, "SLICE", 7)
    people = make_crowd(6)
    for _ in range(6):
        told(*people)
    doomed = NotificationLog.objects.filter(seq__lte=3)
    doomed.update(is_read=True, read_at=LONG_AGO)

    def work(act: Callable[[int], Any]) -> Callable[[], Any]:
        return lambda: [act(user) for user in people for _ in range(2)]

    all_at_once(
        work(lambda _: figures.roll_up()),
        work(lambda _: figures.roll_up()),
        pruning.prune_all,
        work(lambda user: inbox.mark_all_as_read(user, up_to_seq=5)),
        work(lambda user: inbox.acknowledge(user, up_to_seq=6)),
    )
    before = all_told()
    assert (before.created, before.read) == (36, 30)
    assert before.delivered >= NotificationLog.objects.filter(delivered_at__isnull=False).count() == 18
    while figures.roll_up() != (0, None):
        pass
    assert all_told() == before


def test_the_clock_of_a_figure_is_utc() -> None:
    [row] = told(make_person())
    at = datetime.combine(timezone.now().date() - timedelta(days=2), datetime.max.time(), timezone.now().tzinfo)
    NotificationLog.objects.filter(pk=row.pk).update(created_at=at)
    figures.roll_up()
    assert Figure.objects.get().day == at.date()


def test_what_happens_to_a_fresh_row_is_not_noted() -> None:
    reader = make_person()
    [row] = told(reader, ago=timedelta(minutes=1))
    inbox.mark_as_read(reader.pk, [row.pk])
    assert (all_told().read, LateChange.objects.count()) == (1, 0)


def test_triggers_that_were_lost_come_back_with_the_next_migration() -> None:
    where = " ON notifications_notificationlog" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER figures_note_notifications{where}")
    figures.install_triggers()
    reader = make_person()
    [row] = told(reader)
    inbox.mark_as_read(reader.pk, [row.pk])
    assert LateChange.objects.count() == 2


def test_figures_that_move_all_the_time_are_read_while_nobody_moves_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "TRIES", 0)
    told(*make_crowd(3))
    assert all_told().created == 3
