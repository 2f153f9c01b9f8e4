"""A device says that it has something: delivered. Batched, because a socket acknowledges all the time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Coalesce

from .. import audit, meters
from ..database import as_parameter, database_now, from_column
from ..delivery import fallback, reporting
from ..locks import lock_free_inboxes, lock_inbox, transacting
from ..many import given
from ..models import AuditEntry, Inbox, Live, NotificationLog
from .marking import own_rows

_RUN = {"user_id": "bigint", "first_seq": "bigint", "last_seq": "bigint", "sent_at": "timestamptz"}


@dataclass(frozen=True, slots=True)
class Ack:
    """Rows of successive seq that were sent together and that a socket of this person has acknowledged."""

    user_id: int
    first_seq: int
    last_seq: int
    sent_at: datetime
    rtt_ms: int | None
    floor: int  # every row up to here is delivered with it; 0 when the connection does not show them all


@transacting
def acknowledge(
    user_id: int, *, ids: Sequence[int] | None = None, up_to_seq: int | None = None, namespace: str | None = None
) -> int:
    """How many became delivered: exactly `ids` (raises NotFound), or what was to be shown up to `up_to_seq`.

    With a `namespace`, `up_to_seq` covers the rows of that one alone. No round-trip time: nobody sent a frame.
    """
    inbox = lock_inbox(user_id)
    if ids is not None:
        rows = NotificationLog.objects.filter(pk__in=[row.pk for row in own_rows(user_id, ids)])
        return _deliver(rows, user_id)
    limit = min(up_to_seq or 0, inbox.last_seq)
    rows = NotificationLog.objects.filter(
        recipient_id=user_id, seq__gt=inbox.delivered_floor, seq__lte=limit, live=Live.SEND
    )
    if namespace is not None:
        return _deliver(rows.filter(event__namespace=namespace), user_id)
    count = _deliver(rows, user_id)
    if limit > inbox.delivered_floor:
        Inbox.objects.filter(pk=user_id).update(delivered_floor=limit)
    return count


def _deliver(rows: QuerySet[NotificationLog], user_id: int) -> int:
    waiting = NotificationLog.objects.filter(pk__in=rows.values("pk"), delivered_at=None)
    touched = waiting.aggregate(first=Min("id"), last=Max("id"))
    by_kind = dict(waiting.values_list("kind").annotate(Count("id")).order_by())
    now = database_now()
    reporting.report(reporting.DELIVERED, waiting, now=now)
    count = waiting.update(delivered_at=now, sent_at=Coalesce("sent_at", now), updated_at=now)
    if count:
        fallback.stop([user_id])
        meters.count_kinds(meters.delivered, by_kind)
        audit.record(
            "notification.delivered",
            "notification",
            target_user_id=user_id,
            ids=(touched["first"], touched["last"]),
            at=now,
            count=count,
        )
    return count


@transacting
def record_acks(acks: Sequence[Ack]) -> list[Ack]:
    """Write a batch from the sockets; returns those whose inbox is busy just now, for the next batch."""
    free = lock_free_inboxes(sorted({ack.user_id for ack in acks}))
    doable = [ack for ack in acks if ack.user_id in free]
    if doable:
        now = database_now()
        _write_acks(doable, now)
        _raise_floors(doable)
    busy = {ack.user_id for ack in acks if ack.user_id not in free}
    known = set(Inbox.objects.filter(pk__in=busy).values_list("pk", flat=True)) if busy else busy
    return [ack for ack in acks if ack.user_id in known]


def _write_acks(acks: Sequence[Ack], now: datetime) -> None:
    at = as_parameter(now)
    table = NotificationLog._meta.db_table
    acked, listed = given(
        {**_RUN, "rtt_ms": "integer"},
        [(ack.user_id, ack.first_seq, ack.last_seq, as_parameter(ack.sent_at), ack.rtt_ms) for ack in acks],
    )
    sql = f"""
        UPDATE {table} SET delivered_at = %s, updated_at = %s,
               sent_at = COALESCE({table}.sent_at, acked.sent_at), rtt_ms = acked.rtt_ms
          FROM {acked} AS acked
         WHERE {table}.recipient_id = acked.user_id AND {table}.seq BETWEEN acked.first_seq AND acked.last_seq
           AND {table}.delivered_at IS NULL
        RETURNING {table}.recipient_id, {table}.id, {table}.kind, {table}.created_at"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, at, listed])
        delivered = cursor.fetchall()
    by_user: dict[int, list[int]] = {}
    for user_id, row_id, _, _ in delivered:
        by_user.setdefault(user_id, []).append(row_id)
    fallback.stop(list(by_user))
    just_now = NotificationLog.objects.filter(pk__in=[row_id for _, row_id, _, _ in delivered])
    reporting.report(reporting.DELIVERED, just_now, now=now)
    audit.write([_delivered_entry(user, ids, now) for user, ids in by_user.items()])
    alike = Counter((kind, created_at) for _, _, kind, created_at in delivered)
    meters.after_commit(lambda: _note(alike, now))


def _note(alike: Mapping[tuple[str, Any], int], now: datetime) -> None:
    """Rows of one chunk of an event are equally old: thousands are a few observations."""
    for (kind, created_at), count in alike.items():
        meters.delivered.labels(kind).inc(count)
        meters.seconds_to_delivered.observe_many((now - from_column(created_at)).total_seconds(), count)


def _delivered_entry(user_id: int, ids: list[int], now: datetime) -> AuditEntry:
    action, kind = "notification.delivered", "notification"
    if len(ids) == 1:
        return audit.draft(action, kind, ids[0], target_user_id=user_id, at=now)
    span = (min(ids), max(ids))
    return audit.draft(action, kind, target_user_id=user_id, ids=span, at=now, metadata={"count": len(ids)})


def _raise_floors(acks: Sequence[Ack]) -> None:
    floors: dict[int, int] = {}
    for ack in acks:
        if ack.floor > floors.get(ack.user_id, 0):
            floors[ack.user_id] = ack.floor
    if not floors:
        return
    table = Inbox._meta.db_table
    acked, listed = given({"user_id": "bigint", "floor": "bigint"}, list(floors.items()))
    sql = f"""
        UPDATE {table} SET delivered_floor = acked.floor FROM {acked} AS acked
         WHERE {table}.user_id = acked.user_id AND {table}.delivered_floor < acked.floor"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [listed])


@transacting
def record_sent(sent: Sequence[tuple[int, int, int, datetime]]) -> set[int]:
    """(user, first seq, last seq, when) of frames that were written to a socket and are not acknowledged yet.

    The answer: the people whose rows were written. Those whose inbox is busy just now are for the next batch.
    """
    free = lock_free_inboxes(sorted({run[0] for run in sent}))
    rows = [(user, first, last, as_parameter(at)) for user, first, last, at in sent if user in free]
    if not rows:
        return free
    table = NotificationLog._meta.db_table
    shown, listed = given(_RUN, rows)
    sql = f"""
        UPDATE {table} SET sent_at = shown.sent_at FROM {shown} AS shown
         WHERE {table}.recipient_id = shown.user_id AND {table}.seq BETWEEN shown.first_seq AND shown.last_seq
           AND {table}.sent_at IS NULL"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [listed])
    return free
