"""Erasing while everything runs, and when it is cut off: nothing of the person comes back, and nothing drifts."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications import expansion, inbox, locks, privacy
from notifications.audit.sealing import seal_next
from notifications.delivery import queue
from notifications.delivery.attempts.attempt import Outcome
from notifications.delivery.attempts.beginning import begin
from notifications.delivery.attempts.recording import record
from notifications.dispatch import notify
from notifications.expansion import chunks
from notifications.live.rings import SignOutRing
from notifications.models import (
    Attempt,
    AuditEntry,
    Delivery,
    Event,
    Inbox,
    NotificationLog,
    Suppression,
)
from notifications.transports.base import TransportError

from ..at_once import all_at_once
from ..crowd import event_to, make_crowd, send
from . import kept
from .kept import all_is_well

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_may_be_done_again(zebulon: User) -> None:
    kept.live_a_little(zebulon)
    assert privacy.erase(zebulon.pk)["notifications"] == 2
    again = privacy.erase(zebulon.pk)
    assert not any(count for what, count in again.items())
    assert all_is_well()


@pytest.mark.parametrize("step", ["texts.erase", "_belongings", "_close", "_audit"])
def test_a_crash_anywhere_is_mended_by_doing_it_again(zebulon: User, monkeypatch: Any, step: str) -> None:
    """The process ends just before this step: as if it had been killed there."""

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    kept.live_a_little(zebulon)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"notifications.privacy.erasing.{step}", killed)
        privacy.erase(zebulon.pk)
    assert all_is_well()
    privacy.erase(zebulon.pk)
    assert kept.left_of_them() == []
    assert all_is_well()


def test_a_large_inbox_goes_batch_by_batch(zebulon: User, monkeypatch: Any) -> None:
    monkeypatch.setattr("notifications.inbox.pruning.BATCH", 3)
    for _ in range(8):
        send(zebulon)
    assert privacy.erase(zebulon.pk)["notifications"] == 8
    assert AuditEntry.objects.filter(action="notification.erased").count() == 3
    assert all_is_well()


def test_deliveries_and_attempts_go_with_the_rows(zebulon: User) -> None:
    send(zebulon, channels=["inbox", "email"])
    [leased] = queue.claim({"email": 5}, most=5)
    begin([leased])
    assert Attempt.objects.count() == 1
    privacy.erase(zebulon.pk)
    assert (Delivery.objects.count(), Attempt.objects.count()) == (0, 0)
    assert all_is_well()


def test_an_attempt_that_ends_afterwards_brings_no_address_back(zebulon: User) -> None:
    send(zebulon, channels=["inbox", "email"])
    [begun] = begin(queue.claim({"email": 5}, most=5))
    privacy.erase(zebulon.pk)
    bounced = TransportError("no such mailbox", suppress=True, permanent=True)
    record([(begun, Outcome(errors=[(begun.addresses[0], bounced)]))])
    assert not Suppression.objects.exists()
    assert kept.left_of_them() == []
    assert all_is_well()


def test_a_chunk_that_was_being_written_meanwhile_is_written_without_them(zebulon: User) -> None:
    """Its people were read before the account was closed."""
    others = make_crowd(3)
    event = notify(event_to(zebulon, *others, scheduled_for=timezone.now() + timedelta(hours=1)))
    Event.objects.filter(pk=event.pk).update(state=Event.State.EXPANDING)
    event.refresh_from_db()
    people = chunks._next_people(event, limit=9)
    privacy.erase(zebulon.pk)
    with pytest.raises(locks.Gone):
        locks.transacting(chunks._write_next)(event, people, finished=True)
    assert all_is_well()
    expansion.expand_chunk(event.pk)  # the sweep tries again
    assert {row.recipient_id for row in NotificationLog.objects.all()} == set(others)
    assert all_is_well()


def test_beside_everybody_at_work_nothing_drifts(zebulon: User) -> None:
    """Events are being written to them, they read and acknowledge, and a worker seals."""
    others, later = make_crowd(5), timezone.now() + timedelta(hours=1)
    for _ in range(5):
        send(zebulon, *others)
    events = [notify(event_to(zebulon, *others, scheduled_for=later)) for _ in range(3)]
    Event.objects.filter(pk__in=[event.pk for event in events]).update(state=Event.State.EXPANDING)

    def keep_on(act: Callable[[], object]) -> Callable[[], None]:
        def work() -> None:
            for _ in range(10):
                with suppress(locks.Gone):
                    act()

        return work

    all_at_once(
        lambda: privacy.erase(zebulon.pk),
        *[keep_on(partial(expansion.expand_chunk, event.pk)) for event in events],
        keep_on(partial(inbox.mark_all_as_read, zebulon.pk)),
        keep_on(partial(inbox.acknowledge, zebulon.pk, up_to_seq=99)),
        keep_on(seal_next),
    )
    assert not NotificationLog.objects.filter(recipient=zebulon).exists()
    assert not Inbox.objects.filter(pk=zebulon.pk).exists()
    assert NotificationLog.objects.count() == 8 * len(others)
    assert all_is_well()


def test_their_sockets_are_looked_at_again(zebulon: User, listener: Any) -> None:
    privacy.erase(zebulon.pk)
    listener.wait_for(SignOutRing)
