"""Retention: rows that nobody needs any more go for good, in small transactions. The audit keeps that they were there.

What is unread stays, however old; so does what is snoozed or still to be sent somewhere.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from .. import audit, figures
from ..database import database_now
from ..live.bell import ring_on_commit
from ..live.rings import ChangeRing
from ..locks import lock_inboxes, transacting
from ..models import Attempt, Delivery, Event, Inbox, NotificationLog, Withdrawn
from .counting import tally
from .withdrawing import OPEN

BATCH = 500  # rows that go in one transaction
WINDOW = 20_000  # rows that are looked at for them


@dataclass(frozen=True)
class By:
    """Who prunes, as the audit names it."""

    action: str = "notification.pruned"
    actor: tuple[int, str] | None = None


THE_JOB = By()


def prune_old(after: int = 0, by: By = THE_JOB) -> tuple[int, int | None]:
    """(how many went, where to go on) of the next rows beyond this id that are kept no longer; None at the end."""
    beyond = NotificationLog.objects.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)
    end = beyond[WINDOW - 1 : WINDOW].first()  # a stretch of the primary key: no planner takes it for the whole table
    which = old_rows(database_now())
    here = which.filter(pk__gt=after, **({"pk__lte": end} if end else {}))
    candidates = list(here.order_by("pk").values_list("pk", "recipient_id")[:BATCH])
    gone = remove(candidates, which, by) if candidates else 0
    return gone, candidates[-1][0] if len(candidates) == BATCH else end


def old_rows(now: datetime) -> QuerySet[NotificationLog]:
    """Expired and replaced ones at once; after the time of retention what was read, deleted or cancelled."""
    over = Q(withdrawn__in=[Withdrawn.EXPIRED, Withdrawn.REPLACED])
    if hours := settings.NOTIFICATION_RETENTION_HOURS:
        kept_since = now - timedelta(hours=hours)
        over |= Q(is_read=True, read_at__lte=kept_since) | Q(deleted_at__lte=kept_since)
        over |= Q(withdrawn=Withdrawn.CANCELLED, updated_at__lte=kept_since)
    return _free().filter(over)


def prune_crowded(after: int = 0, by: By = THE_JOB) -> tuple[int, int | None]:
    """The same for the next person beyond `after` with more rows than the cap: read ones, the oldest first."""
    crowded = people_over_cap().filter(recipient_id__gt=after).order_by("recipient_id").first()
    if crowded is None:
        return 0, None
    user_id = crowded["recipient_id"]
    rows = read_rows_of(user_id)
    surplus = crowded["rows"] - settings.MAX_NOTIFICATIONS_PER_USER
    candidates = [(pk, user_id) for pk in rows.order_by("seq").values_list("pk", flat=True)[: min(surplus, BATCH)]]
    gone = remove(candidates, rows, by) if candidates else 0
    return gone, user_id - 1 if gone and surplus > BATCH else user_id


def people_over_cap() -> QuerySet[NotificationLog, Any]:
    """Each person's id and number of rows, of those who have too many."""
    cap = settings.MAX_NOTIFICATIONS_PER_USER
    rows = NotificationLog.objects.filter(deleted_at=None, withdrawn=Withdrawn.NO)
    counted = rows.values("recipient_id").annotate(rows=Count("id")).order_by()
    return counted.filter(rows__gt=cap) if cap else counted.none()


def read_rows_of(user_id: int) -> QuerySet[NotificationLog]:
    return _free().filter(recipient_id=user_id, is_read=True, deleted_at=None, withdrawn=Withdrawn.NO)


def _free() -> QuerySet[NotificationLog]:
    """Rows that nothing is going to happen to."""
    to_send = Delivery.objects.filter(OPEN, notification=OuterRef("pk"))
    return NotificationLog.objects.filter(~Exists(to_send), snoozed_until=None)


@transacting
def remove(candidates: Sequence[tuple[int, int]], which: QuerySet[NotificationLog], by: By) -> int:
    """Delete those that still belong to `which` now that their owners' inboxes are locked; how many."""
    inboxes = lock_inboxes(sorted({user for _, user in candidates}))
    now = database_now()
    rows = list(which.filter(pk__in=[pk for pk, _ in candidates]).order_by("pk"))
    if not rows:
        return 0
    _delete([row.pk for row in rows])
    _count_on_events(rows)
    _leave(inboxes, rows)
    span = (rows[0].pk, rows[-1].pk)
    audit.record(by.action, "notification", actor=by.actor, ids=span, at=now, count=len(rows))
    return len(rows)


def _delete(ids: Sequence[int]) -> None:
    """Rows, deliveries, attempts: three statements, where the ORM would first read what it deletes."""
    figures.keep_figures_of(ids)
    deliveries = Delivery.objects.filter(notification_id__in=ids)
    Attempt.objects.filter(delivery__in=list(deliveries.values_list("pk", flat=True)))._raw_delete(connection.alias)
    deliveries._raw_delete(connection.alias)
    NotificationLog.objects.filter(pk__in=ids)._raw_delete(connection.alias)


def _count_on_events(rows: Iterable[NotificationLog]) -> None:
    """`recipients` still adds up: what is there and what was pruned."""
    counts = Counter(row.event_id for row in rows)
    events = Event.objects.filter(pk__in=list(counts)).order_by("pk")
    if connection.features.has_select_for_update:
        events = events.select_for_update(no_key=True)  # in order: two who prune do not wait for each other in a ring
    list(events.values_list("pk"))
    for count in set(counts.values()):
        alike = [event for event, n in counts.items() if n == count]
        Event.objects.filter(pk__in=alike).update(pruned=F("pruned") + count)


def _leave(inboxes: dict[int, Inbox], rows: Iterable[NotificationLog]) -> None:
    by_owner: dict[int, list[NotificationLog]] = defaultdict(list)
    for row in rows:
        by_owner[row.recipient_id].append(row)
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)  # most people lose as much as others do
    for owner, theirs in by_owner.items():
        listed, unread = tally(theirs)
        alike[listed, unread].append(owner)
        inbox = inboxes[owner]
        frames = [("notification_removed", {"ids": [row.pk for row in theirs]})]
        ring_on_commit(ChangeRing(owner, frames, inbox.unread_count - unread, inbox.last_seq, inbox.rev + 1))
    for (listed, unread), owners in alike.items():
        less = {"listed_count": F("listed_count") - listed, "unread_count": F("unread_count") - unread}
        Inbox.objects.filter(pk__in=owners).update(**less, rev=F("rev") + 1)


def prune_all(by: By = THE_JOB) -> tuple[int, int]:
    """Everything now, in as many transactions as it takes: (kept long enough or expired, beyond the cap)."""
    return _pass(prune_old, by), _pass(prune_crowded, by)


def _pass(step: Callable[[int, By], tuple[int, int | None]], by: By) -> int:
    gone, at = step(0, by)
    while at is not None:
        more, at = step(at, by)
        gone += more
    return gone


def would_go() -> tuple[int, int]:
    """What prune_all() would remove just now."""
    old = old_rows(database_now())
    beyond = 0
    for crowded in people_over_cap():
        mine = old.filter(recipient_id=crowded["recipient_id"])
        left = crowded["rows"] - mine.filter(deleted_at=None, withdrawn=Withdrawn.NO).count()
        read = read_rows_of(crowded["recipient_id"]).exclude(pk__in=mine.values("pk")).count()
        beyond += max(0, min(left - settings.MAX_NOTIFICATIONS_PER_USER, read))
    return old.count(), beyond
