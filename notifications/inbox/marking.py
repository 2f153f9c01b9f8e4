"""Read, unread, archive, delete, seen: each on the person's own rows, each told to all of their devices."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min

from .. import audit, meters
from ..database import database_now, storable
from ..delivery import fallback, reporting
from ..live.bell import ring_on_commit
from ..live.rings import ChangeRing
from ..locks import lock_inbox, transacting
from ..models import Event, Inbox, NotificationLog, outlived
from ..wire import moment
from .counting import is_listed, settle, tally

Frame = tuple[str, dict[str, Any]]


class NotFound(Exception):
    """Some of these ids are not in this person's inbox; nothing was written."""

    def __init__(self, ids: Sequence[int]) -> None:
        super().__init__(f"not in this inbox: {', '.join(map(str, ids[:10]))}")
        self.ids = ids


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One thing a person can do to a row."""

    action: str  # in the audit
    already: Callable[[NotificationLog], bool]
    values: Callable[[datetime], dict[str, Any]]
    frames: Callable[[Sequence[NotificationLog], datetime], list[Frame]]


def _changed(*fields: str) -> Callable[[Sequence[NotificationLog], datetime], list[Frame]]:
    def frames(rows: Sequence[NotificationLog], now: datetime) -> list[Frame]:
        return [
            ("notification_changed", {"id": row.pk, "seq": row.seq, "changes": {f: _plain(row, f) for f in fields}})
            for row in rows
        ]

    return frames


def _plain(row: NotificationLog, field: str) -> Any:
    value = getattr(row, field)
    return moment(value) if isinstance(value, datetime) else value


def _ids(rows: Sequence[NotificationLog]) -> dict[str, list[int]]:
    return {"ids": [row.pk for row in rows]}


READ = Verb(
    action="notification.read",
    already=lambda row: row.is_read,
    values=lambda now: {"is_read": True, "read_at": now},
    frames=lambda rows, now: [("notification_read", {**_ids(rows), "read_at": moment(now)})],
)
UNREAD = Verb(
    action="notification.unread",
    already=lambda row: not row.is_read,
    values=lambda now: {"is_read": False, "read_at": None},
    frames=_changed("is_read", "read_at"),
)
ARCHIVE = Verb(
    action="notification.archived",
    already=lambda row: row.archived_at is not None,
    values=lambda now: {"archived_at": now},
    frames=_changed("archived_at"),
)
UNARCHIVE = Verb(
    action="notification.unarchived",
    already=lambda row: row.archived_at is None,
    values=lambda now: {"archived_at": None},
    frames=_changed("archived_at"),
)
DELETE = Verb(
    action="notification.deleted",
    already=lambda row: row.deleted_at is not None,
    values=lambda now: {"deleted_at": now},
    frames=lambda rows, now: [("notification_removed", _ids(rows))],
)


def mark_as_read(user_id: int, ids: Sequence[int]) -> int:
    """How many became read. Raises NotFound; repeating it changes nothing. So with the others below."""
    return _apply(READ, user_id, ids)


def mark_as_unread(user_id: int, ids: Sequence[int]) -> int:
    return _apply(UNREAD, user_id, ids)


def archive(user_id: int, ids: Sequence[int]) -> int:
    return _apply(ARCHIVE, user_id, ids)


def unarchive(user_id: int, ids: Sequence[int]) -> int:
    return _apply(UNARCHIVE, user_id, ids)


def delete(user_id: int, ids: Sequence[int]) -> int:
    """Gone from the inbox; the row stays for the audit."""
    return _apply(DELETE, user_id, ids)


@transacting
def _apply(verb: Verb, user_id: int, ids: Sequence[int]) -> int:
    inbox = lock_inbox(user_id)
    rows = [row for row in own_rows(user_id, ids) if not verb.already(row)]
    if not rows:
        return 0
    now = database_now()
    before = tally(rows)
    values = verb.values(now)
    NotificationLog.objects.filter(pk__in=[row.pk for row in rows]).update(**values, updated_at=now)
    for row in rows:
        for name, value in values.items():
            setattr(row, name, value)
    lowest_unread = min((row.seq for row in rows if is_listed(row) and not row.is_read), default=None)
    settle(inbox, before, tally(rows), lowest_unread=lowest_unread)
    if verb is READ:
        fallback.stop([user_id])
        reporting.report(reporting.READ, NotificationLog.objects.filter(pk__in=[row.pk for row in rows]), now=now)
        meters.count_kinds(meters.read, Counter(row.kind for row in rows))
    _record(verb.action, user_id, rows, now)
    tell(inbox, verb.frames(rows, now))
    return len(rows)


def own_rows(user_id: int, ids: Sequence[int]) -> list[NotificationLog]:
    """These rows of this person, none of them deleted. Raises NotFound."""
    wanted = set(ids)
    mine = NotificationLog.objects.filter(pk__in=storable(wanted), recipient_id=user_id, deleted_at=None)
    rows = list(mine.order_by("seq"))
    if missing := wanted - {row.pk for row in rows}:
        raise NotFound(sorted(missing))
    return rows


@transacting
def mark_all_as_read(user_id: int, *, up_to_seq: int | None = None, kind: str | None = None) -> int:
    """How many became read of what the unread list holds, up to and including `up_to_seq`."""
    inbox = lock_inbox(user_id)
    limit = inbox.last_seq if up_to_seq is None else min(up_to_seq, inbox.last_seq)
    now = database_now()
    unread = NotificationLog.objects.filter(
        recipient_id=user_id, seq__gt=inbox.read_floor, seq__lte=limit, is_read=False
    ).listed()
    if kind:
        unread = unread.filter(kind=kind)
    if expiring := _expired_but_not_settled(now):
        unread = unread.exclude(event_id__in=expiring)
    touched = unread.aggregate(first=Min("id"), last=Max("id"))
    by_kind = Counter(dict(unread.values_list("kind").annotate(Count("id")).order_by()))
    reporting.report(reporting.READ, unread, now=now)
    count = unread.update(is_read=True, read_at=now, updated_at=now)
    if count == 0:
        return 0
    if kind is None and not expiring:
        inbox.read_floor = max(inbox.read_floor, limit)
    meters.count_kinds(meters.read, by_kind)
    settle(inbox, (0, count), (0, 0))
    fallback.stop([user_id])
    _record_many("notification.read", user_id, (touched["first"], touched["last"]), now, count)
    scope = {"up_to_seq": limit, **({"notification_type": kind} if kind else {})}
    tell(inbox, [("notification_read", {**scope, "read_at": moment(now)})])
    return count


def _expired_but_not_settled(now: datetime) -> list[Any]:
    return list(Event.objects.filter(outlived(now)).values_list("pk", flat=True))


@transacting
def mark_seen(user_id: int, *, up_to_seq: int) -> int:
    """How many were seen for the first time: the list was opened, nothing was read yet."""
    inbox = lock_inbox(user_id)
    limit = min(up_to_seq, inbox.last_seq)
    now = database_now()
    unseen = NotificationLog.objects.filter(
        recipient_id=user_id, seq__gt=inbox.seen_floor, seq__lte=limit, seen_at=None, deleted_at=None
    )
    touched = unseen.aggregate(first=Min("id"), last=Max("id"))
    count = unseen.update(seen_at=now, updated_at=now)
    if count:
        inbox.seen_floor = max(inbox.seen_floor, limit)
        settle(inbox, (0, 0), (0, 0))
        _record_many("notification.seen", user_id, (touched["first"], touched["last"]), now, count)
        tell(inbox, [])
    return count


def _record(action: str, user_id: int, rows: Sequence[NotificationLog], now: datetime) -> None:
    actor = (user_id, "")
    audit.write(
        [audit.draft(action, "notification", row.pk, actor=actor, target_user_id=user_id, at=now) for row in rows]
    )


def _record_many(action: str, user_id: int, ids: tuple[int, int], now: datetime, count: int) -> None:
    audit.record(action, "notification", actor=(user_id, ""), target_user_id=user_id, ids=ids, at=now, count=count)


def tell(inbox: Inbox, frames: Sequence[Frame]) -> None:
    """Tell all of a person's devices, once this commits."""
    ring_on_commit(ChangeRing(inbox.user_id, frames, inbox.unread_count, inbox.last_seq, inbox.rev))
