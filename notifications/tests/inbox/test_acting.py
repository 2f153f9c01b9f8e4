"""Choosing: what is offered, once, by whom it was offered to; and who hears of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import bus, inbox
from notifications.dispatch import cancel
from notifications.events import Action, Refused
from notifications.live.rings import ChangeRing
from notifications.models import AuditEntry, Delivery, Event, NotificationLog, Withdrawn
from notifications.tests.at_once import all_at_once

from ..crowd import assert_true_inboxes, make_person, rows_of, send

Notify = Callable[..., Event]
OFFERED = [Action("approve", "Approve"), Action("reject", "Reject")]


@pytest.fixture
def row(person: User, notify_to: Notify) -> NotificationLog:
    notify_to(person, actions=OFFERED)
    return rows_of(person)[0]


def taken(row: NotificationLog) -> str | None:
    row.refresh_from_db()
    return row.action_taken


def test_a_choice_is_stored_and_reads(person: User, row: NotificationLog) -> None:
    inbox.act(person.pk, row.pk, "approve")
    assert taken(row) == "approve"
    assert row.is_read
    assert row.read_at == row.updated_at
    assert_true_inboxes([person.pk])
    entries = AuditEntry.objects.filter(entity_id=str(row.pk)).order_by("pk")
    assert [(one.action, one.actor_id) for one in entries] == [
        ("notification.acted", person.pk),
        ("notification.read", person.pk),
    ]
    assert entries[0].metadata == {"chosen": "approve"}


def test_what_was_read_before_keeps_its_time(person: User, row: NotificationLog) -> None:
    inbox.mark_as_read(person.pk, [row.pk])
    row.refresh_from_db()
    read_at = row.read_at
    inbox.act(person.pk, row.pk, "reject")
    row.refresh_from_db()
    assert row.read_at == read_at
    assert AuditEntry.objects.filter(action="notification.read").count() == 1
    assert_true_inboxes([person.pk])


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_the_second_choice_is_refused_even_the_same(second: str, person: User, row: NotificationLog) -> None:
    inbox.act(person.pk, row.pk, "approve")
    with pytest.raises(inbox.AlreadyActed, match="approve"):
        inbox.act(person.pk, row.pk, second)
    assert taken(row) == "approve"


def test_what_is_not_offered_is_refused_by_what_is(person: User, row: NotificationLog, notify_to: Notify) -> None:
    with pytest.raises(Refused, match="approve, reject") as refused:
        inbox.act(person.pk, row.pk, "Approve")
    assert refused.value.field == "action"
    notify_to(person)
    with pytest.raises(Refused, match="nothing to choose"):
        inbox.act(person.pk, rows_of(person)[-1].pk, "approve")
    assert not AuditEntry.objects.filter(action="notification.acted").exists()


def test_nobody_chooses_for_others_nor_for_what_is_deleted(person: User, row: NotificationLog) -> None:
    with pytest.raises(inbox.NotFound):
        inbox.act(make_person().pk, row.pk, "approve")
    inbox.delete(person.pk, [row.pk])
    with pytest.raises(inbox.NotFound):
        inbox.act(person.pk, row.pk, "approve")
    assert taken(row) is None


def expire(row: NotificationLog) -> None:
    Event.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def cancel_one(row: NotificationLog) -> None:
    inbox.cancel_one(row.pk, actor=(0, "test"))


def cancel_event(row: NotificationLog) -> None:
    """What was delivered stays in the inbox; but nobody waits for an answer."""
    inbox.acknowledge(row.recipient_id, ids=[row.pk])
    Delivery.objects.create(  # something to stop
        event=row.event, notification=row, channel="email", outcome="send", reason="kind_default", state="waiting",
        priority=1, created_at=timezone.now(),
    )  # fmt: skip
    cancel(row.event_id, actor=(0, "test"))


def replace(row: NotificationLog) -> None:
    NotificationLog.objects.filter(pk=row.pk).update(withdrawn=Withdrawn.REPLACED)


@pytest.mark.parametrize("end", [expire, cancel_one, cancel_event, replace])
def test_what_is_over_offers_nothing(end: Any, person: User, row: NotificationLog) -> None:
    end(row)
    with pytest.raises(inbox.NoLongerOffered):
        inbox.act(person.pk, row.pk, "approve")
    assert taken(row) is None


def test_what_is_archived_can_still_be_answered(person: User, row: NotificationLog) -> None:
    inbox.archive(person.pk, [row.pk])
    inbox.act(person.pk, row.pk, "approve")
    assert taken(row) == "approve"
    assert_true_inboxes([person.pk])


@pytest.mark.django_db(transaction=True)
def test_every_device_is_told(person: User, listener: Any) -> None:
    send(person, actions=OFFERED)
    row = rows_of(person)[0]
    inbox.act(person.pk, row.pk, "approve")
    [ring] = [ring for ring in listener.heard() if isinstance(ring, ChangeRing)]
    assert [name for name, _ in ring.frames] == ["notification_changed", "notification_read"]
    assert ring.frames[0][1] == {"id": row.pk, "seq": row.seq, "changes": {"action_taken": "approve"}}
    assert ring.unread_count == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_choice_counts(person: User) -> None:
    send(person, actions=OFFERED)
    row = rows_of(person)[0]
    heard: list[bus.Happened] = []
    bus.subscribe(on=bus.ACTED)(heard.append)

    def choose(action: str) -> str | None:
        try:
            inbox.act(person.pk, row.pk, action)
        except inbox.AlreadyActed:
            return None
        return action

    try:
        chosen = all_at_once(*(lambda action=action: choose(action) for action in ("approve", "reject") * 4))
    finally:
        bus.unsubscribe(heard.append, on=bus.ACTED)
    assert [one for one in chosen if one] == [taken(row)]
    assert [one.recipients[0].action_taken for one in heard] == [taken(row)]


def test_the_ladder_ends_with_a_choice(person: User, notify_to: Notify, settings: Any) -> None:
    settings.CHANNEL_URLS = {"email": "memory://"}
    User.objects.filter(pk=person.pk).update(email="anna@example.org")
    notify_to(person, priority="high", actions=OFFERED, channels=["inbox", "websocket"])
    waiting = Delivery.objects.filter(channel="email")
    assert [one.state for one in waiting] == ["waiting"]
    inbox.act(person.pk, rows_of(person)[-1].pk, "approve")
    assert [(one.state, one.reason) for one in waiting.all()] == [("cancelled", "acknowledged_first")]
