"""Snooze: a row goes out of sight and comes back at its time, unread, under the next seq: as if it were new."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from .. import audit, wire
from ..database import database_now
from ..deciding import wishes
from ..live.bell import ring_on_commit
from ..live.rings import Head, NewRing, tail
from ..locks import lock_inbox, lock_inboxes, transacting
from ..models import Again, Inbox, NotificationLog, Withdrawn, unexpired
from ..wire import moment
from .counting import is_listed, move, settle, tally
from .marking import own_rows, tell

LONGEST_SNOOZE = timedelta(days=366)
CHUNK = 200  # rows
# what a new row has not; `created_at` stays: it says when the thing happened
_LEFT_BEHIND = ("read_at", "seen_at", "archived_at", "snoozed_until", "sent_at", "delivered_at", "rtt_ms")
_CHANGED = (*_LEFT_BEHIND, "seq", "is_read", "again", "updated_at")


class WillNotReturn(Exception):
    """It was cancelled, replaced, or has expired: what is snoozed would never come back."""


@transacting
def snooze(user_id: int, row_id: int, *, until: datetime) -> None:
    """Out of list and badge until then; once more moves the time. Raises NotFound and WillNotReturn."""
    inbox = lock_inbox(user_id)
    [row] = own_rows(user_id, [row_id])
    if row.withdrawn or not NotificationLog.objects.filter(unexpired(), pk=row_id).exists():
        raise WillNotReturn(f"notification {row_id}")
    if row.snoozed_until == until:
        return
    before = tally([row])
    now = database_now()
    row.snoozed_until, row.updated_at = until, now
    row.save(update_fields=["snoozed_until", "updated_at"])
    settle(inbox, before, tally([row]))
    _record("snoozed", row, now, actor=(user_id, ""), until=moment(until))
    tell(inbox, [("notification_changed", {"id": row_id, "seq": row.seq, "changes": {"snoozed_until": moment(until)}})])


@transacting
def unsnooze(user_id: int, row_id: int) -> None:
    """Back at once, in its old place and as it was: it is not new. Raises NotFound; of what is not snoozed, nothing."""
    inbox = lock_inbox(user_id)
    [row] = own_rows(user_id, [row_id])
    if row.snoozed_until is None:
        return
    before, now = tally([row]), database_now()
    row.snoozed_until, row.updated_at = None, now
    row.save(update_fields=["snoozed_until", "updated_at"])
    unread = is_listed(row) and not row.is_read
    settle(inbox, before, tally([row]), lowest_unread=row.seq if unread else None)
    _record("unsnoozed", row, now, actor=(user_id, ""))
    tell(inbox, [("notification_changed", {"id": row_id, "seq": row.seq, "changes": {"snoozed_until": None}})])


@transacting
def wake_chunk() -> int:
    """Bring back what is due; how many rows that were. What was deleted or withdrawn meanwhile only loses its time."""
    now = database_now()
    due = NotificationLog.objects.filter(snoozed_until__lte=now)
    found = list(due.order_by("snoozed_until").values_list("pk", "recipient_id")[:CHUNK])
    if not found:
        return 0
    inboxes = lock_inboxes(sorted({user for _, user in found}))
    rows = due.filter(pk__in=[pk for pk, _ in found])  # again, now that nobody else can change them
    returning = _returning(rows)
    for row in returning:
        _return(row, inboxes[row.recipient_id], now)
    changed = {row.recipient_id for row in returning}
    counters = ["last_seq", "unread_count", "listed_count", "rev", "read_floor"]
    Inbox.objects.bulk_update([inboxes[user] for user in changed], counters)
    gone = rows.filter(Q(deleted_at__isnull=False) | ~Q(withdrawn=Withdrawn.NO))
    return len(returning) + gone.update(snoozed_until=None)  # what has just expired is withdrawn first


def _returning(rows: QuerySet[NotificationLog]) -> Sequence[NotificationLog]:
    there = rows.filter(unexpired(), deleted_at=None, withdrawn=Withdrawn.NO).select_related("event")
    return list(there.order_by("recipient_id", "snoozed_until", "seq"))


def _return(row: NotificationLog, inbox: Inbox, now: datetime) -> None:
    for name in _LEFT_BEHIND:
        setattr(row, name, None)
    inbox.last_seq += 1
    row.seq, row.is_read, row.again, row.updated_at = inbox.last_seq, False, Again.SNOOZE, now
    row.save(update_fields=_CHANGED)
    move(inbox, (0, 0), tally([row]), lowest_unread=row.seq)
    _record("returned", row, now)
    head = Head(row.recipient_id, row.pk, row.seq, inbox.unread_count, inbox.rev)
    told = tail(row, now=now, is_silent=row.pk in wishes.silent([row], now=now))
    ring_on_commit(NewRing(wire.frame_name(row.event), row.event.namespace, told, [head], row.again))


def _record(
    what: str, row: NotificationLog, now: datetime, *, actor: tuple[int, str] | None = None, **about: Any
) -> None:
    audit.record(
        f"notification.{what}", "notification", row.pk, actor=actor, target_user_id=row.recipient_id, at=now, **about
    )
