"""An event becomes its rows: each chunk whole or not at all, each person once, whoever does it and however often."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.dispatch import notify
from notifications.events import Audience
from notifications.expansion import CHUNK, SMALL, expand_chunk
from notifications.live.rings import NewRing
from notifications.models import AuditEntry, Event, Inbox, NotificationLog
from notifications.workers.loop import sweep

from .at_once import all_at_once
from .conftest import Listener
from .crowd import assert_true_inboxes, event_to, everything_written, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)
LARGE = 2_500  # more than one chunk
State = Event.State
FUTURE = timezone.now() + timedelta(days=1)


def seqs(event: Event) -> list[tuple[int, int]]:
    return list(NotificationLog.objects.filter(event=event).order_by("recipient_id").values_list("recipient_id", "seq"))


def sweep_until_idle() -> None:
    while sweep():
        pass


def stray_row(event: Event, user_id: int) -> NotificationLog:
    """A row that makes the INSERT of this event's rows fail when it comes to `user_id`."""
    return NotificationLog.objects.create(
        event=event,
        recipient_id=user_id,
        seq=1_000_000,
        kind=event.kind,
        priority=1,
        reason="stray",
        created_at=event.created_at,
        updated_at=event.created_at,
    )


def test_a_large_audience_waits_for_the_sweep_and_gets_exactly_one_row_each() -> None:
    people = make_crowd(LARGE, "crowd")
    first, second = (send(audience=Audience(roles=["crowd"])) for _ in range(2))
    assert [Event.objects.get(pk=event.pk).state for event in (first, second)] == [State.EXPANDING] * 2
    sweep()
    assert len(seqs(first)) == len(seqs(second)) == CHUNK  # large ones take turns
    sweep_until_idle()
    for place, event in enumerate((first, second), start=1):
        event.refresh_from_db()
        assert (event.state, event.recipients, event.position) == (State.DONE, LARGE, people[-1])
        assert seqs(event) == [(person, place) for person in people]
    assert set(Inbox.objects.values_list("last_seq", "unread_count", "listed_count", "rev")) == {(2, 2, 2, 2)}


def test_repeating_a_chunk_of_what_is_done_adds_nothing() -> None:
    make_crowd(SMALL + 1, "crowd")
    event = send(audience=Audience(roles=["crowd"]))
    sweep_until_idle()
    before = everything_written(), list(Inbox.objects.order_by("pk").values())
    assert [expand_chunk(event.pk) for _ in range(3)] == [False] * 3
    assert (everything_written(), list(Inbox.objects.order_by("pk").values())) == before


def test_several_workers_on_one_event_write_each_person_once() -> None:
    people = make_crowd(LARGE, "crowd")
    event = send(audience=Audience(roles=["crowd"]))

    def work() -> None:
        while Event.objects.filter(pk=event.pk, state=State.EXPANDING).exists():
            expand_chunk(event.pk)

    all_at_once(*[work] * 4)
    assert seqs(event) == [(person, 1) for person in people]
    event.refresh_from_db()
    assert (event.state, event.recipients) == (State.DONE, LARGE)


def test_two_large_events_at_once_leave_no_hole_and_no_deadlock() -> None:
    people = make_crowd(SMALL * 2, "crowd")
    events = [send(audience=Audience(roles=["crowd"])) for _ in range(4)]
    all_at_once(*[lambda pk=event.pk: expand_chunk(pk) for event in events])
    assert_true_inboxes(people[:: SMALL // 4])
    assert set(Inbox.objects.values_list("last_seq", flat=True)) == {4}


def test_a_chunk_that_fails_half_way_leaves_nothing_of_itself(listener: Listener) -> None:
    people = make_crowd(SMALL + 1, "crowd")
    event = send(audience=Audience(roles=["crowd"]))
    stray = stray_row(event, people[SMALL // 2])
    before = everything_written()
    with pytest.raises(IntegrityError):
        expand_chunk(event.pk)
    assert everything_written() == before
    assert listener.heard() == []
    event.refresh_from_db()
    assert (event.state, event.position, event.recipients) == (State.EXPANDING, 0, 0)
    stray.delete()
    sweep_until_idle()
    assert seqs(event) == [(person, 1) for person in people]


def test_a_small_audience_that_fails_does_not_fail_the_request() -> None:
    person, other = make_person(), make_person()

    def refuse_rows(execute, sql, params, many, context):
        if sql.lstrip().startswith("INSERT INTO notifications_notificationlog"):
            raise IntegrityError("no room")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_rows):
        event = notify(event_to(person, other))
    assert rows_of(person) == rows_of(other) == []
    assert Event.objects.get(pk=event.pk).state == State.EXPANDING
    sweep_until_idle()
    assert seqs(event) == [(person.pk, 1), (other.pk, 1)]


def test_a_cancelled_event_writes_no_more_rows() -> None:
    make_crowd(SMALL + 1, "crowd")
    event = send(audience=Audience(roles=["crowd"]))
    Event.objects.filter(pk=event.pk).update(state=State.CANCELLED)
    assert expand_chunk(event.pk) is False
    assert seqs(event) == []


def test_eight_writers_to_one_person_leave_no_hole_at_any_moment() -> None:
    """seq order is commit order: whoever reads a head, reads every row below it."""
    person = make_person()
    each, writers = 6, 8
    torn: list[tuple[int, int]] = []

    def write() -> None:
        for _ in range(each):
            notify(event_to(person))

    def read() -> None:
        highest = 0
        while highest < each * writers:
            highest, count = head_and_count(person)
            if highest != count:
                torn.append((highest, count))

    all_at_once(read, *[write] * writers)
    assert torn == []
    rows = rows_of(person)
    assert [row.seq for row in rows] == list(range(1, each * writers + 1))
    assert [row.created_at for row in rows] == sorted(row.created_at for row in rows)
    assert_true_inboxes([person.pk])


def head_and_count(person: User) -> tuple[int, int]:
    table = NotificationLog._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX(seq), 0), COUNT(*) FROM {table} WHERE recipient_id = %s", [person.pk])
        head, count = cursor.fetchone()
        return head, count


def test_people_told_for_different_reasons_are_rung_apart_and_know_their_own_reason(listener: Listener) -> None:
    one, two, three = (make_person() for _ in range(3))
    reasons = {one.pk: "assignee", three.pk: "assignee", two.pk: "requester"}
    send(audience=Audience(users=list(reasons), reasons=reasons))
    rings = [ring for ring in listener.heard() if isinstance(ring, NewRing)]
    assert [[head.user_id for head in ring.heads] for ring in rings] == [[one.pk, three.pk], [two.pk]]
    for ring, reason in zip(rings, ("assignee", "requester"), strict=True):
        assert f'"reason":"{reason}"'.encode() in (ring.tail or b"")
    assert {row.recipient_id: row.reason for row in NotificationLog.objects.all()} == reasons


def test_a_body_that_is_too_large_for_a_bell_is_read_from_the_database(listener: Listener) -> None:
    send(make_person(), data={"map": "x" * 20_000})
    [ring] = listener.heard()
    assert isinstance(ring, NewRing)
    assert ring.tail is None


@pytest.mark.parametrize(
    "fields", [{"channels": ["inbox", "email"]}, {"expires_at": FUTURE}], ids=["channels", "expired"]
)
def test_what_open_pages_do_not_show_rings_without_its_body(listener: Listener, fields: dict[str, Any]) -> None:
    person = make_person()
    event = notify(event_to(person, scheduled_for=FUTURE - timedelta(hours=1), **fields))
    late = {"expires_at": timezone.now() - timedelta(seconds=1)} if "expires_at" in fields else {}
    Event.objects.filter(pk=event.pk).update(state=Event.State.EXPANDING, **late)
    expand_chunk(event.pk)
    assert [row.live for row in rows_of(person)] == ["skip"]
    assert [ring.tail for ring in listener.heard() if isinstance(ring, NewRing)] == [None]


def test_one_audit_entry_covers_a_chunk() -> None:
    make_crowd(SMALL + 1, "crowd")
    event = send(audience=Audience(roles=["crowd"]))
    sweep_until_idle()
    entry = AuditEntry.objects.get(action="notification.created")
    ids = sorted(NotificationLog.objects.values_list("pk", flat=True))
    assert entry.metadata == {
        "event_id": str(event.pk),
        "count": SMALL + 1,
        "first_id": ids[0],
        "last_id": ids[-1],
    }
    assert (entry.first_id, entry.last_id) == (ids[0], ids[-1])


def test_a_chunk_takes_the_same_number_of_statements_whatever_its_size() -> None:
    def statements(size: int) -> int:
        make_crowd(size, f"crowd of {size}")
        audience = Audience(roles=[f"crowd of {size}"])
        expand_chunk(notify(event_to(audience=audience)).pk)  # makes their inboxes
        event = notify(event_to(audience=audience))
        with CaptureQueriesContext(connection) as counted:
            expand_chunk(event.pk)
        return len(counted)

    assert statements(SMALL + 1) == statements(SMALL * 3)
