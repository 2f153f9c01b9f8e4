"""Counting what a person has: the counters kept on the inbox, and the live count for REST."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from ..events import Priority
from ..models import Inbox, NotificationLog, unexpired


def unread_counts(user_id: int) -> dict[str, Any]:
    """Exactly what the unread list holds at this moment, by kind and by priority."""
    inbox = Inbox.objects.filter(pk=user_id).first() or Inbox(user_id=user_id)
    grouped = unread(user_id, inbox).values("kind", "priority").annotate(n=Count("id")).order_by()
    by_type: Counter[str] = Counter()
    by_priority: Counter[str] = Counter()
    for group in grouped:
        by_type[group["kind"]] += group["n"]
        by_priority[Priority.of_rank(group["priority"]).value] += group["n"]
    return {
        "unread_count": by_type.total(),
        "by_type": dict(by_type),
        "by_priority": dict(by_priority),
        "last_seq": inbox.last_seq,
        "rev": inbox.rev,
    }


def unread(user_id: int, inbox: Inbox) -> QuerySet[NotificationLog]:
    """Listed, unread and not expired."""
    rows = NotificationLog.objects.filter(recipient_id=user_id, seq__gt=inbox.read_floor, is_read=False)
    return rows.listed().filter(unexpired())


def is_listed(row: NotificationLog) -> bool:
    return not (row.archived_at or row.snoozed_until or row.deleted_at or row.withdrawn)


def tally(rows: Iterable[NotificationLog]) -> tuple[int, int]:
    """(listed, listed and unread): what these rows add to their inbox's counters."""
    listed = [row for row in rows if is_listed(row)]
    return len(listed), sum(not row.is_read for row in listed)


def settle(inbox: Inbox, before: tuple[int, int], after: tuple[int, int], *, lowest_unread: int | None = None) -> None:
    """Move the counters by what changed, raise `rev`, keep the floor true, and save. The lock is held."""
    move(inbox, before, after, lowest_unread=lowest_unread)
    inbox.save(update_fields=["listed_count", "unread_count", "rev", "read_floor", "seen_floor"])


def move(inbox: Inbox, before: tuple[int, int], after: tuple[int, int], *, lowest_unread: int | None = None) -> None:
    """The same for the caller to save, with others in one statement."""
    inbox.listed_count += after[0] - before[0]
    inbox.unread_count += after[1] - before[1]
    inbox.rev += 1
    if lowest_unread is not None:
        inbox.read_floor = min(inbox.read_floor, lowest_unread - 1)
    elif inbox.unread_count == 0:
        inbox.read_floor = inbox.last_seq
