"""cancel(): what has not begun does not begin, what nobody has is taken back, what has arrived stays."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from notifications import expansion, inbox
from notifications.dispatch import cancel, notify
from notifications.events import Audience
from notifications.expansion import chunks
from notifications.inbox import NothingToStop, cancel_one, withdrawing
from notifications.live.rings import ChangeRing
from notifications.models import AuditEntry, Delivery, Event, NotificationLog
from notifications.workers.loop import sweep

from ..at_once import all_at_once
from ..conftest import Listener
from ..crowd import assert_true_inboxes, event_to, everything_written, make_crowd, make_person, rows_of, send

pytestmark = pytest.mark.django_db(transaction=True)
ACTOR = (1, "admin")
FUTURE = timezone.now() + timedelta(days=1)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
State = Delivery.State


def delivery(row: NotificationLog, state: str = "waiting", channel: str = "email", **fields: Any) -> Delivery:
    return Delivery.objects.create(
        event_id=row.event_id,
        notification=row,
        recipient_id=row.recipient_id,
        channel=channel,
        outcome="send",
        reason="kind_default",
        state=state,
        priority=row.priority,
        due_at=FUTURE,
        created_at=row.created_at,
        **fields,
    )


def statuses(event: Event) -> dict[int, str]:
    return dict(NotificationLog.objects.filter(event=event).values_list("recipient_id", "withdrawn"))


def test_it_leaves_the_inboxes_of_those_who_do_not_have_it_yet(listener: Listener) -> None:
    untouched, reader, device = people = [make_person() for _ in range(3)]
    event = send(*people)
    inbox.mark_as_read(reader.pk, [rows_of(reader)[0].pk])
    inbox.acknowledge(device.pk, up_to_seq=1)
    cancel(event.pk, actor=ACTOR)
    assert statuses(event) == {untouched.pk: "cancelled", reader.pk: "", device.pk: ""}
    event.refresh_from_db()
    assert (event.state, event.settled_at is None) == (Event.State.CANCELLED, False)
    changes = [ring for ring in listener.heard() if isinstance(ring, ChangeRing)]
    removals = [ring for ring in changes if ring.frames and ring.frames[0][0] == "notification_removed"]
    assert [(ring.user_id, ring.unread_count) for ring in removals] == [(untouched.pk, 0)]
    assert_true_inboxes([person.pk for person in people])
    assert sweep() is False, "everything is done"


def test_deliveries_that_wait_end_and_others_stay_as_they_are() -> None:
    person, other = make_person(), make_person()
    event, another = send(person), send(other)
    [row], [others] = rows_of(person), rows_of(other)
    states = [("waiting", "email"), ("held", "sms"), ("sent", "push"), ("failed", "whatsapp")]
    made = [delivery(row, state, channel) for state, channel in states]
    elsewhere = delivery(others)
    cancel(event.pk, actor=ACTOR)
    assert [Delivery.objects.get(pk=one.pk).state for one in made] == ["cancelled", "cancelled", "sent", "failed"]
    stopped = Delivery.objects.get(pk=made[0].pk)
    assert (stopped.outcome, stopped.reason, stopped.due_at) == ("skip", "cancelled", None)
    assert stopped.settled_at is not None
    elsewhere.refresh_from_db()
    assert elsewhere.state == State.WAITING
    assert Event.objects.get(pk=another.pk).state == Event.State.DONE


def test_an_attempt_under_way_is_left_to_who_makes_it_and_the_event_settles_after_it() -> None:
    person = make_person()
    event = send(person)
    leased = delivery(rows_of(person)[0], lease=uuid.uuid4())
    cancel(event.pk, actor=ACTOR)
    assert sweep() is False, "it would be tried again and again without a pause"
    leased.refresh_from_db()
    assert leased.state == State.WAITING
    assert Event.objects.get(pk=event.pk).settled_at is None
    Delivery.objects.update(lease=None)  # it failed, and another attempt was planned
    assert sweep() is True
    leased.refresh_from_db()
    assert leased.state == State.CANCELLED
    assert Event.objects.get(pk=event.pk).settled_at is not None
    assert sweep() is False


def test_what_is_scheduled_never_begins() -> None:
    person = make_person()
    event = notify(event_to(person, scheduled_for=FUTURE))
    cancel(event.pk, actor=ACTOR)
    Event.objects.filter(pk=event.pk).update(scheduled_for=LONG_AGO)
    while sweep():
        pass
    assert rows_of(person) == []
    assert Event.objects.get(pk=event.pk).state == Event.State.CANCELLED


def test_an_expansion_stops_where_it_is_and_the_sweep_takes_back_what_was_written(monkeypatch) -> None:
    people = make_crowd(withdrawing.CHUNK + 50, "crowd")
    event = notify(event_to(audience=Audience(roles=["crowd"])))
    monkeypatch.setattr(chunks, "CHUNK", withdrawing.CHUNK + 10)
    expansion.expand_chunk(event.pk)
    cancel(event.pk, actor=ACTOR)
    assert set(statuses(event).values()) == {""}, "too many for the request"
    while sweep():
        pass
    assert statuses(event) == dict.fromkeys(people[: withdrawing.CHUNK + 10], "cancelled")
    event.refresh_from_db()
    assert (event.recipients, event.settled_at is None) == (withdrawing.CHUNK + 10, False)
    assert_true_inboxes(people[:: withdrawing.CHUNK // 4])


def test_beside_an_expansion_no_row_is_left_that_nobody_takes_back() -> None:
    make_crowd(expansion.SMALL * 3, "crowd")
    events = [notify(event_to(audience=Audience(roles=["crowd"]))) for _ in range(4)]

    def expand() -> None:
        for event in events:
            expansion.expand_chunk(event.pk)

    all_at_once(expand, *[lambda pk=event.pk: cancel(pk, actor=ACTOR) for event in events])
    while sweep():
        pass
    assert not NotificationLog.objects.filter(withdrawn="").exists()
    assert not Event.objects.filter(settled_at=None).exists()


def test_of_two_who_cancel_at_once_one_is_told_that_nothing_is_left() -> None:
    event = send(make_person())

    def try_to() -> bool:
        try:
            cancel(event.pk, actor=ACTOR)
        except NothingToStop:
            return False
        return True

    assert sorted(all_at_once(*[try_to] * 2)) == [False, True]
    assert AuditEntry.objects.filter(action="event.cancelled").count() == 1


def test_it_is_refused_when_nothing_is_left_to_stop() -> None:
    reader, late = make_person(), make_person()
    everywhere, over = send(reader), send(late, expires_at=FUTURE)
    inbox.mark_as_read(reader.pk, [rows_of(reader)[0].pk])
    Event.objects.filter(pk=over.pk).update(expires_at=LONG_AGO)
    before = everything_written()
    for event in (everywhere, over):
        with pytest.raises(NothingToStop):
            cancel(event.pk, actor=ACTOR)
    assert everything_written() == before
    delivery(rows_of(reader)[0])
    cancel(everywhere.pk, actor=ACTOR)  # the e-mail is left


def test_what_a_cancel_left_with_its_readers_still_leaves_when_it_expires() -> None:
    reader, other = make_person(), make_person()
    event = send(reader, other, expires_at=FUTURE)
    inbox.mark_as_read(reader.pk, [rows_of(reader)[0].pk])
    cancel(event.pk, actor=ACTOR)
    Event.objects.filter(pk=event.pk).update(settled_at=LONG_AGO - timedelta(days=1), expires_at=LONG_AGO)
    assert sweep() is True
    assert statuses(event) == {reader.pk: "expired", other.pk: "cancelled"}
    assert sweep() is False
    assert_true_inboxes([reader.pk, other.pk])


def test_what_was_cut_off_after_the_commit_is_finished_by_the_sweep() -> None:
    person = make_person()
    event = send(person)
    with transaction.atomic():
        cancel(event.pk, actor=ACTOR)
        connection.run_on_commit.clear()  # as of a process that was killed here
    assert statuses(event) == {person.pk: ""}
    assert sweep() is True
    assert statuses(event) == {person.pk: "cancelled"}
    assert_true_inboxes([person.pk])


def test_it_is_in_the_audit_with_who_did_it() -> None:
    event = send(make_person())
    cancel(event.pk, actor=ACTOR)
    entry = AuditEntry.objects.get(action="event.cancelled")
    assert (entry.entity_type, entry.entity_id, entry.actor_id, entry.actor_name) == (
        "event",
        str(event.pk),
        1,
        "admin",
    )


def test_expiry_ends_what_waits_too() -> None:
    person = make_person()
    event = send(person, expires_at=FUTURE)
    waiting, sent = delivery(rows_of(person)[0]), delivery(rows_of(person)[0], "sent", "sms")
    Event.objects.filter(pk=event.pk).update(expires_at=LONG_AGO)
    assert sweep() is True
    assert [Delivery.objects.get(pk=one.pk).state for one in (waiting, sent)] == ["expired", "sent"]
    assert sweep() is False


# --- one person's ---------------------------------------------------------------------------------------------------


@pytest.fixture
def two() -> tuple[User, User]:
    return make_person(), make_person()


def test_one_persons_is_taken_back_and_the_others_keep_theirs(two: tuple[User, User]) -> None:
    event = send(*two)
    row = rows_of(two[0])[0]
    mine, other = delivery(row), delivery(rows_of(two[1])[0])
    cancel_one(row.pk, actor=ACTOR)
    assert statuses(event) == {two[0].pk: "cancelled", two[1].pk: ""}
    assert [Delivery.objects.get(pk=one.pk).state for one in (mine, other)] == ["cancelled", "waiting"]
    assert Event.objects.get(pk=event.pk).state == Event.State.DONE
    entry = AuditEntry.objects.get(action="notification.cancelled")
    assert (entry.entity_id, entry.target_user_id, entry.actor_id) == (str(row.pk), two[0].pk, 1)
    assert_true_inboxes([person.pk for person in two])


def test_of_what_was_read_only_the_deliveries_stop(two: tuple[User, User]) -> None:
    send(*two)
    [row] = rows_of(two[0])
    inbox.mark_as_read(two[0].pk, [row.pk])
    waiting = delivery(row, "held")
    cancel_one(row.pk, actor=ACTOR)
    waiting.refresh_from_db()
    assert (waiting.state, rows_of(two[0])[0].withdrawn) == (State.CANCELLED, "")
    with pytest.raises(NothingToStop):
        cancel_one(row.pk, actor=ACTOR)
