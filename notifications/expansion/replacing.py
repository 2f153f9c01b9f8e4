"""Collapse: a newer notification of the same kind and thread takes the place of the one before (progress)."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F

from ..database import is_one_of
from ..live.bell import ring_on_commit
from ..live.rings import ChangeRing
from ..models import Delivery, Event, Inbox, NotificationLog, Withdrawn
from ..words import catalogue


def replace(event: Event, users: Sequence[int], *, now: datetime) -> dict[int, int]:
    """{user: the row that left for this one}. Its waiting deliveries end, too. Their inboxes are locked."""
    kind = catalogue.find(event.kind)
    if not event.thread or kind is None or not kind.collapse:
        return {}
    olds = _olds(event, users)
    for row in olds:
        _take_out(row)
    pks = [row.pk for row in olds]
    NotificationLog.objects.filter(pk__in=pks).update(withdrawn=Withdrawn.REPLACED, updated_at=now)
    waiting = Delivery.objects.filter(notification__in=pks, state__in=["waiting", "held"], lease=None)
    waiting.update(state="cancelled", outcome="skip", reason="collapsed", due_at=None, settled_at=now)
    return {row.recipient_id: row.pk for row in olds}


def _olds(event: Event, users: Sequence[int]) -> list[NotificationLog]:
    thread = Event.objects.filter(kind=event.kind, thread=event.thread).exclude(pk=event.pk)
    rows = NotificationLog.objects.filter(
        is_one_of("recipient_id", users), event__in=thread.values("pk"), withdrawn=Withdrawn.NO, deleted_at=None
    )
    return list(rows.order_by("recipient_id", "seq"))


def _take_out(row: NotificationLog) -> None:
    """Out of its owner's counters; their devices take it off the list."""
    is_listed = not (row.archived_at or row.snoozed_until)
    Inbox.objects.filter(pk=row.recipient_id).update(
        listed_count=F("listed_count") - int(is_listed),
        unread_count=F("unread_count") - int(is_listed and not row.is_read),
        rev=F("rev") + 1,
    )
    inbox = Inbox.objects.get(pk=row.recipient_id)
    frames = [("notification_removed", {"ids": [row.pk]})]
    ring_on_commit(ChangeRing(inbox.user_id, frames, inbox.unread_count, inbox.last_seq, inbox.rev))
