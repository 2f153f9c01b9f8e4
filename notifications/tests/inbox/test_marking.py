"""Read, unread, archive, delete, seen: on one's own rows, once, and on all of one's devices."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import inbox
from notifications.live.rings import ChangeRing, NewRing
from notifications.models import AuditEntry, Event, Inbox, NotificationLog

from ..conftest import Listener
from ..crowd import assert_true_inboxes, everything_written, make_person, rows_of, send

pytestmark = pytest.mark.django_db
Verb = Callable[[int, list[int]], int]


def standing(person: User) -> tuple[int, int, int]:
    kept = Inbox.objects.get(pk=person.pk)
    return kept.unread_count, kept.listed_count, kept.rev


def ids_of(person: User) -> list[int]:
    return [row.pk for row in rows_of(person)]


# verb, what came before, the counters after it (of two rows), the audit's word
VERBS: list[tuple[Verb, list[Verb], tuple[int, int], str]] = [
    (inbox.mark_as_read, [], (1, 2), "notification.read"),
    (inbox.mark_as_unread, [inbox.mark_as_read], (2, 2), "notification.unread"),
    (inbox.archive, [], (1, 1), "notification.archived"),
    (inbox.archive, [inbox.mark_as_read], (1, 1), "notification.archived"),
    (inbox.unarchive, [inbox.archive], (2, 2), "notification.unarchived"),
    (inbox.unarchive, [inbox.mark_as_read, inbox.archive], (1, 2), "notification.unarchived"),
    (inbox.mark_as_read, [inbox.archive], (1, 1), "notification.read"),
    (inbox.delete, [], (1, 1), "notification.deleted"),
    (inbox.delete, [inbox.archive], (1, 1), "notification.deleted"),
]
NAMES = ["_after_".join(v.__name__ for v in (verb, *reversed(before))) for verb, before, _, _ in VERBS]


@pytest.mark.parametrize(("verb", "before", "counts", "word"), VERBS, ids=NAMES)
def test_a_verb_moves_the_counters_and_is_in_the_audit(
    person: User, notify_to, verb: Verb, before: list[Verb], counts: tuple[int, int], word: str
) -> None:
    notify_to(person)
    notify_to(person)
    row, _ = ids_of(person)
    for earlier in before:
        earlier(person.pk, [row])
    *_, rev = standing(person)
    assert verb(person.pk, [row, row]) == 1
    assert standing(person) == (*counts, rev + 1)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.entity_id, entry.target_user_id, entry.actor_id) == (
        word,
        str(row),
        person.pk,
        person.pk,
    )
    assert_true_inboxes([person.pk])


@pytest.mark.parametrize("verb", [inbox.mark_as_read, inbox.mark_as_unread, inbox.archive, inbox.unarchive])
def test_repeating_a_verb_changes_nothing(person: User, notify_to, verb: Verb) -> None:
    notify_to(person)
    ids = ids_of(person)
    verb(person.pk, ids)
    before = everything_written(), standing(person), list(NotificationLog.objects.values())
    assert verb(person.pk, ids) == 0
    assert (everything_written(), standing(person), list(NotificationLog.objects.values())) == before


@pytest.mark.parametrize(
    "verb", [inbox.mark_as_read, inbox.mark_as_unread, inbox.archive, inbox.unarchive, inbox.delete]
)
@pytest.mark.parametrize("strange", ["another's", "deleted", "unknown", "beyond 64 bits"])
def test_of_ids_that_are_not_all_ones_own_none_is_touched(person: User, notify_to, verb: Verb, strange: str) -> None:
    other = make_person()
    notify_to(person, other)
    notify_to(person)
    mine, gone = ids_of(person)
    inbox.delete(person.pk, [gone])
    wrong = {"another's": ids_of(other)[0], "deleted": gone, "unknown": 10**12, "beyond 64 bits": 2**70}[strange]
    before = everything_written(), list(NotificationLog.objects.order_by("pk").values()), standing(person)
    with pytest.raises(inbox.NotFound) as refused:
        verb(person.pk, [mine, wrong])
    assert refused.value.ids == [wrong]
    assert (
        everything_written(),
        list(NotificationLog.objects.order_by("pk").values()),
        standing(person),
    ) == before


def test_a_stranger_who_tries_leaves_no_trace(notify_to) -> None:
    outsider, person = make_person(), make_person()
    notify_to(person)
    before = everything_written()
    with pytest.raises(inbox.NotFound):
        inbox.mark_as_read(outsider.pk, ids_of(person))
    assert everything_written() == before


def test_many_rows_are_one_change(person: User, notify_to) -> None:
    for _ in range(5):
        notify_to(person)
    ids = ids_of(person)
    inbox.mark_as_read(person.pk, ids[:2])
    assert inbox.mark_as_read(person.pk, ids) == 3
    assert standing(person) == (0, 5, 7)
    assert inbox.archive(person.pk, ids) == 5
    assert standing(person) == (0, 0, 8)


def test_the_rows_own_verb_is_the_same(person: User, notify_to) -> None:
    notify_to(person)
    [row] = rows_of(person)
    row.mark_as_read()
    assert row.is_read
    assert row.read_at is not None
    assert standing(person) == (0, 1, 2)
    row.mark_as_read()
    assert standing(person) == (0, 1, 2)


class TestMarkAll:
    @pytest.fixture(autouse=True)
    def three_rows(self, person: User, notify_to) -> None:
        for kind in ("general", "admin_message", "general"):
            notify_to(person, kind=kind)

    @pytest.mark.parametrize(
        ("bounds", "read"),
        [
            ({}, [1, 2, 3]),
            ({"up_to_seq": 2}, [1, 2]),
            ({"up_to_seq": 10**15}, [1, 2, 3]),
            ({"up_to_seq": 2**70}, [1, 2, 3]),
            ({"up_to_seq": 0}, []),
            ({"up_to_seq": -5}, []),
            ({"kind": "general"}, [1, 3]),
            ({"kind": "general", "up_to_seq": 2}, [1]),
            ({"kind": "no_such_kind"}, []),
        ],
    )
    def test_it_reads_what_it_was_asked_for(self, person: User, bounds: dict[str, Any], read: list[int]) -> None:
        assert inbox.mark_all_as_read(person.pk, **bounds) == len(read)
        assert [row.seq for row in rows_of(person) if row.is_read] == read
        assert standing(person) == (3 - len(read), 3, 4 if read else 3)
        assert inbox.mark_all_as_read(person.pk, **bounds) == 0
        assert_true_inboxes([person.pk])

    def test_what_is_not_in_the_unread_list_is_left_alone(self, person: User) -> None:
        one, two, three = rows_of(person)
        inbox.archive(person.pk, [one.pk])
        Event.objects.filter(pk=two.event_id).update(expires_at=timezone.now() - timedelta(seconds=5))
        assert inbox.unread_counts(person.pk)["unread_count"] == 1
        assert inbox.mark_all_as_read(person.pk) == 1
        assert [row.seq for row in rows_of(person) if row.is_read] == [three.seq]
        inbox.unarchive(person.pk, [one.pk])
        assert inbox.unread_counts(person.pk)["unread_count"] == 1
        assert_true_inboxes([person.pk])

    def test_what_comes_back_below_the_floor_is_unread_again(self, person: User) -> None:
        first = rows_of(person)[0]
        inbox.archive(person.pk, [first.pk])
        inbox.mark_all_as_read(person.pk)
        assert Inbox.objects.get(pk=person.pk).read_floor == 3
        inbox.unarchive(person.pk, [first.pk])
        assert inbox.unread_counts(person.pk)["unread_count"] == 1
        assert inbox.mark_all_as_read(person.pk) == 1

    def test_what_is_marked_unread_below_the_floor_counts_again(self, person: User) -> None:
        inbox.mark_all_as_read(person.pk)
        inbox.mark_as_unread(person.pk, [rows_of(person)[1].pk])
        assert inbox.unread_counts(person.pk)["unread_count"] == 1
        assert inbox.mark_all_as_read(person.pk) == 1
        assert_true_inboxes([person.pk])

    def test_one_entry_in_the_audit_covers_it(self, person: User) -> None:
        inbox.mark_all_as_read(person.pk)
        ids = ids_of(person)
        entry = AuditEntry.objects.get(action="notification.read")
        assert entry.metadata == {"count": 3, "first_id": ids[0], "last_id": ids[-1]}
        assert (entry.target_user_id, entry.actor_id) == (person.pk, person.pk)


class TestSeen:
    def test_the_list_was_opened_and_nothing_was_read(self, person: User, notify_to) -> None:
        for _ in range(3):
            notify_to(person)
        assert inbox.mark_seen(person.pk, up_to_seq=2) == 2
        assert [row.seen_at is not None for row in rows_of(person)] == [True, True, False]
        assert standing(person) == (3, 3, 4)
        assert inbox.mark_seen(person.pk, up_to_seq=2) == 0
        assert standing(person) == (3, 3, 4)
        assert inbox.mark_seen(person.pk, up_to_seq=2**70) == 1
        assert inbox.mark_seen(person.pk, up_to_seq=-1) == 0
        assert_true_inboxes([person.pk])

    def test_what_was_seen_first_stays_so(self, person: User, notify_to) -> None:
        notify_to(person)
        inbox.mark_seen(person.pk, up_to_seq=1)
        [before] = rows_of(person)
        notify_to(person)
        inbox.mark_seen(person.pk, up_to_seq=2)
        assert rows_of(person)[0].seen_at == before.seen_at


@pytest.mark.django_db(transaction=True)
class TestAllDevices:
    @pytest.mark.parametrize(
        ("verb", "event"),
        [
            (lambda person, row: inbox.mark_as_read(person, [row]), "notification_read"),
            (lambda person, row: inbox.mark_all_as_read(person), "notification_read"),
            (lambda person, row: inbox.archive(person, [row]), "notification_changed"),
            (lambda person, row: inbox.delete(person, [row]), "notification_removed"),
        ],
        ids=["read", "all read", "archived", "deleted"],
    )
    def test_a_change_is_rung_with_the_counters_just_after_it(
        self, listener: Listener, verb: Callable[[int, int], int], event: str
    ) -> None:
        person = make_person()
        send(person)
        verb(person.pk, ids_of(person)[0])
        new, change = listener.heard()
        assert isinstance(new, NewRing)
        assert isinstance(change, ChangeRing)
        assert [name for name, _ in change.frames] == [event]
        assert (change.user_id, change.unread_count, change.last_seq, change.rev) == (person.pk, 0, 1, 2)

    def test_frames_say_what_became_of_the_rows(self, listener: Listener) -> None:
        person = make_person()
        send(person)
        [row] = ids_of(person)
        for verb in (inbox.mark_as_read, inbox.mark_as_unread, inbox.archive, inbox.unarchive, inbox.delete):
            verb(person.pk, [row])
        frames = [ring.frames[0][1] for ring in listener.heard() if isinstance(ring, ChangeRing)]
        read, unread, archived, unarchived, removed = frames
        assert (read["ids"], removed) == ([row], {"ids": [row]})
        assert unread == {"id": row, "seq": 1, "changes": {"is_read": False, "read_at": None}}
        assert archived["changes"]["archived_at"].endswith("Z")
        assert unarchived == {"id": row, "seq": 1, "changes": {"archived_at": None}}

    def test_what_changed_nothing_rings_nobody(self, listener: Listener) -> None:
        person = make_person()
        for nothing in (inbox.mark_all_as_read, lambda who: inbox.mark_seen(who, up_to_seq=9)):
            assert nothing(person.pk) == 0
        assert listener.heard() == []
