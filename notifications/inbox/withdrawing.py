"""Rows that leave the inboxes without their owners' doing: the event was cancelled, or has expired."""

import uuid
from datetime import datetime

from django.db import connection
from django.db.models import Q, QuerySet

from .. import audit
from ..database import database_now
from ..live.bell import ring_on_commit
from ..live.rings import ChangeRing
from ..locks import lock_inbox, lock_inboxes, transacting
from ..models import Delivery, Event, NotificationLog, Outcome, Withdrawn, unexpired
from .counting import settle, tally

CHUNK = 500  # people, or deliveries
OPEN = Q(state__in=[Delivery.State.WAITING, Delivery.State.HELD])
UNTOUCHED = Q(delivered_at=None, is_read=False, withdrawn=Withdrawn.NO)  # what a cancel takes back


class NothingToStop(Exception):
    """Whatever was to be cancelled has arrived, was cancelled before, or has expired."""


@transacting
def withdraw_chunk(event_id: uuid.UUID, why: Withdrawn, *, after_user: int) -> int | None:
    """Take the next people's row of this event out of their inbox; the last of them, or None at the end.

    A cancelled event leaves what was delivered or read where it is; an expired one is shown to nobody.
    """
    rows = NotificationLog.objects.filter(event_id=event_id, recipient_id__gt=after_user, withdrawn=Withdrawn.NO)
    if why == Withdrawn.CANCELLED:
        rows = rows.filter(UNTOUCHED)
    people = list(rows.order_by("recipient_id").values_list("recipient_id", flat=True)[:CHUNK])
    if not people:
        return None
    _withdraw(rows, people, why)
    return people[-1]


def _withdraw(rows: QuerySet[NotificationLog], people: list[int], why: Withdrawn) -> int:
    inboxes = lock_inboxes(people)
    now = database_now()
    held = list(rows.filter(recipient_id__in=people))  # again, now that nobody else can change them
    rows.filter(pk__in=[row.pk for row in held]).update(withdrawn=why, updated_at=now)
    for row in held:
        before = tally([row])
        row.withdrawn = why
        inbox = inboxes[row.recipient_id]
        settle(inbox, before, tally([row]))
        frames = [("notification_removed", {"ids": [row.pk]})]
        ring_on_commit(ChangeRing(inbox.user_id, frames, inbox.unread_count, inbox.last_seq, inbox.rev))
    return len(held)


def stop_deliveries(which: QuerySet[Delivery], why: Withdrawn, *, at: datetime) -> int:
    """Up to a chunk of these end, as far as they wait and nobody is trying them; how many.

    It waits for nobody: whoever holds a delivery now looks at its event before the attempt begins.
    """
    waiting = which.filter(OPEN, lease=None)
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True, no_key=True)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:CHUNK])
    ended = {"outcome": Outcome.SKIP, "reason": why.value, "due_at": None, "settled_at": at}
    return Delivery.objects.filter(pk__in=ids).update(state=why.value, **ended)


def settle_event(event_id: uuid.UUID, why: Withdrawn, *, now: datetime) -> bool:
    """All of a cancelled or expired event leaves inboxes and queue; False while an attempt is still under way."""
    last: int | None = 0
    while last is not None:
        last = withdraw_chunk(event_id, why, after_user=last)
    while _stop_chunk(event_id, why, now):
        pass
    if Delivery.objects.filter(OPEN, event_id=event_id).exists():
        return False
    return Event.objects.filter(pk=event_id).update(settled_at=now) > 0


@transacting
def _stop_chunk(event_id: uuid.UUID, why: Withdrawn, now: datetime) -> int:
    return stop_deliveries(Delivery.objects.filter(event_id=event_id), why, at=now)


@transacting
def cancel_one(row_id: int, *, actor: tuple[int, str]) -> None:
    """Take one person's notification back, and stop what still waits to be sent of it. Raises NothingToStop."""
    row = NotificationLog.objects.get(pk=row_id)
    lock_inbox(row.recipient_id)
    now = database_now()
    stopped = stop_deliveries(Delivery.objects.filter(notification_id=row_id), Withdrawn.CANCELLED, at=now)
    untouched = NotificationLog.objects.filter(UNTOUCHED, unexpired(), pk=row_id, deleted_at=None)
    withdrawn = _withdraw(untouched, [row.recipient_id], Withdrawn.CANCELLED)
    if not (stopped or withdrawn):
        raise NothingToStop(f"notification {row_id}")
    audit.record(
        "notification.cancelled",
        "notification",
        row_id,
        actor=actor,
        target_user_id=row.recipient_id,
        at=now,
        deliveries=stopped,
    )
