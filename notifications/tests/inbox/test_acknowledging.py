"""A device says that it has something: that row is delivered, once, and only rows of its own person."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.inbox import Ack, NotFound, acknowledge, archive, delete, record_acks, record_sent
from notifications.locks import lock_inbox
from notifications.models import AuditEntry, Inbox, Live, NotificationLog
from notifications.sockets.process import MOST_ROWS

from ..at_once import all_at_once
from ..crowd import assert_true_inboxes, everything_written, make_person, rows_of, send

pytestmark = pytest.mark.django_db
SENT = datetime(2026, 11, 21, 9, 0, 0, 123000, tzinfo=UTC)


@pytest.fixture
def told(person: User, notify_to) -> User:
    """Somebody with five rows."""
    for _ in range(5):
        notify_to(person)
    return person


def delivered(person: User) -> list[int]:
    return [row.seq for row in rows_of(person) if row.delivered_at]


def floor(person: User) -> int:
    return Inbox.objects.get(pk=person.pk).delivered_floor


def ack(person: User, seq: int, *, rtt_ms: int | None = 12, floor: int = 0) -> Ack:
    return Ack(person.pk, seq, seq, SENT, rtt_ms, floor)


class TestAcknowledge:
    @pytest.mark.parametrize(
        ("up_to", "seqs"),
        [(3, [1, 2, 3]), (5, [1, 2, 3, 4, 5]), (2**70, [1, 2, 3, 4, 5]), (0, []), (-3, [])],
    )
    def test_up_to_a_seq(self, told: User, up_to: int, seqs: list[int]) -> None:
        assert acknowledge(told.pk, up_to_seq=up_to) == len(seqs)
        assert delivered(told) == seqs
        assert floor(told) == len(seqs)
        assert acknowledge(told.pk, up_to_seq=up_to) == 0
        assert_true_inboxes([told.pk])

    def test_exactly_these(self, told: User) -> None:
        rows = rows_of(told)
        assert acknowledge(told.pk, ids=[rows[1].pk, rows[3].pk, rows[1].pk]) == 2
        assert delivered(told) == [2, 4]
        assert floor(told) == 0
        assert acknowledge(told.pk, up_to_seq=5) == 3

    def test_a_delivered_row_was_sent_and_has_no_round_trip_time(self, told: User) -> None:
        acknowledge(told.pk, up_to_seq=1)
        first, second, *_ = rows_of(told)
        assert first.sent_at == first.delivered_at is not None
        assert first.rtt_ms is None
        assert second.sent_at is None

    def test_what_is_another_persons_is_refused_whole(self, told: User, notify_to) -> None:
        other = make_person()
        notify_to(other)
        before = everything_written()
        for wrong in ([rows_of(told)[0].pk, rows_of(other)[0].pk], [2**70], [0]):
            with pytest.raises(NotFound):
                acknowledge(told.pk, ids=wrong)
        assert everything_written() == before
        assert delivered(told) == delivered(other) == []

    def test_up_to_a_seq_covers_what_was_to_be_shown(self, told: User) -> None:
        rows = rows_of(told)
        NotificationLog.objects.filter(pk=rows[1].pk).update(live=Live.SKIP)
        assert acknowledge(told.pk, up_to_seq=5) == 4
        assert delivered(told) == [1, 3, 4, 5]
        assert acknowledge(told.pk, ids=[rows[1].pk]) == 1

    def test_one_namespaces_cursor_says_nothing_of_the_others(self, notify_to) -> None:
        person = make_person(is_staff=True)
        for namespace in ("/", "/admin", "/"):
            notify_to(person, namespace=namespace)
        assert acknowledge(person.pk, up_to_seq=3, namespace="/admin") == 1
        assert (delivered(person), floor(person)) == ([2], 0)
        assert acknowledge(person.pk, up_to_seq=3) == 2
        assert (delivered(person), floor(person)) == ([1, 2, 3], 3)

    def test_a_batch_is_one_entry_in_the_audit(self, told: User) -> None:
        acknowledge(told.pk, up_to_seq=3)
        entry = AuditEntry.objects.get(action="notification.delivered")
        rows = rows_of(told)
        assert entry.metadata == {"count": 3, "first_id": rows[0].pk, "last_id": rows[2].pk}
        assert entry.target_user_id == told.pk


class TestRecordAcks:
    def test_a_batch_of_many_people_in_one_statement(self, notify_to) -> None:
        people = [make_person() for _ in range(4)]
        for _ in range(3):
            notify_to(*people)
        acks = [ack(person, seq, floor=seq) for person in people for seq in (1, 2)]
        assert record_acks(acks) == []
        for person in people:
            assert (delivered(person), floor(person)) == ([1, 2], 2)
            first = rows_of(person)[0]
            assert (first.sent_at, first.rtt_ms) == (SENT, 12)
        assert_true_inboxes([person.pk for person in people])

    @pytest.mark.parametrize("rtts", [(None, None), (None, 7), (7, None), (0, 2**31 - 1)])
    def test_a_round_trip_time_may_be_unknown(self, told: User, rtts: tuple[int | None, int | None]) -> None:
        record_acks([ack(told, seq, rtt_ms=rtt) for seq, rtt in enumerate(rtts, start=1)])
        assert tuple(row.rtt_ms for row in rows_of(told)[:2]) == rtts

    def test_the_first_word_counts(self, told: User) -> None:
        record_sent([(told.pk, 1, 1, SENT - timedelta(seconds=3))])
        record_acks([ack(told, 1, rtt_ms=5)])
        [before, *_] = rows_of(told)
        record_acks([ack(told, 1, rtt_ms=500), ack(told, 1, rtt_ms=600)])
        [after, *_] = rows_of(told)
        assert after.sent_at == SENT - timedelta(seconds=3)
        assert (after.delivered_at, after.rtt_ms) == (before.delivered_at, 5)
        assert AuditEntry.objects.filter(action="notification.delivered").count() == 1

    def test_a_seq_that_was_never_given_is_nothing(self, told: User) -> None:
        stranger = make_person()
        before = everything_written()
        assert record_acks([ack(told, 99), ack(told, -1), ack(stranger, 1), Ack(10**9, 1, 1, SENT, 1, 1)]) == []
        assert record_acks([]) == []
        assert everything_written() == before
        assert delivered(told) == []

    def test_the_floor_only_rises(self, told: User) -> None:
        record_acks([ack(told, seq, floor=seq) for seq in (1, 2, 3)])
        record_acks([ack(told, 2, floor=2), ack(told, 4, floor=0)])
        assert (floor(told), delivered(told)) == (3, [1, 2, 3, 4])

    def test_gone_and_archived_rows_are_delivered_all_the_same(self, told: User) -> None:
        one, two, *_ = rows_of(told)
        archive(told.pk, [one.pk])
        delete(told.pk, [two.pk])
        record_acks([ack(told, 1), ack(told, 2)])
        assert delivered(told) == [1, 2]

    def test_statements_do_not_grow_with_the_batch(self, notify_to) -> None:
        people = [make_person() for _ in range(6)]
        for _ in range(2):
            notify_to(*people)

        def statements(acks: list[Ack]) -> int:
            with CaptureQueriesContext(connection) as counted:
                record_acks(acks)
            return len(counted)

        assert statements([ack(people[0], 1)]) == statements([ack(person, 2) for person in people])

    def test_as_many_acks_as_a_process_flushes_at_once_fit(self, told: User) -> None:
        record_acks([ack(told, seq % 5 + 1) for seq in range(MOST_ROWS)])
        record_sent([(told.pk, seq % 5 + 1, seq % 5 + 1, SENT) for seq in range(MOST_ROWS)])
        assert delivered(told) == [1, 2, 3, 4, 5]


class TestRecordSent:
    def test_a_frame_that_nobody_acknowledged_was_sent(self, told: User) -> None:
        record_sent([(told.pk, 2, 2, SENT), (told.pk, 99, 99, SENT), (make_person().pk, 1, 1, SENT)])
        record_sent([(told.pk, 2, 2, timezone.now())])
        record_sent([])
        facts: list[Any] = [(row.sent_at, row.delivered_at) for row in rows_of(told)]
        assert facts == [(None, None), (SENT, None), *[(None, None)] * 3]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_acks_of_a_busy_inbox_wait_for_the_next_batch_and_hold_up_nobody() -> None:
    busy, free = make_person(), make_person()
    send(busy, free)
    acks = [ack(busy, 1, floor=1), ack(free, 1, floor=1)]
    with transaction.atomic():
        lock_inbox(busy.pk)
        [left] = all_at_once(lambda: record_acks(acks))
        all_at_once(lambda: record_sent([(busy.pk, 1, 1, SENT)]))
    assert left == [acks[0]]
    assert (delivered(busy), delivered(free)) == ([], [1])
    assert record_acks(left) == []
    assert delivered(busy) == [1]
