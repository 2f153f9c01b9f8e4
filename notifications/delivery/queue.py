"""The queue is the table: due deliveries are leased, and a lease that lapses makes them due again."""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction

from ..database import as_parameter, database_now
from ..events import Priority
from ..models import Delivery, PausedChannel

LEASE_S = 30.0
OPEN = (Delivery.State.WAITING, Delivery.State.HELD)
SPARE = 4  # so many times more candidates than wanted: other workers look at the same ones

work = threading.Event()  # set when something is due: the senders of this process
tell_others: list[Callable[[], None]] = []  # how other processes hear of it before they look again anyway


def look_now() -> None:
    """Something is due."""
    work.set()
    for tell in tell_others:
        tell()


def look_after_commit() -> None:
    transaction.on_commit(look_now, robust=True)


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that is ours until the lease ends, unless it is renewed."""

    id: int
    channel: str
    lease: uuid.UUID


def claim(of_each: Mapping[str, int], *, most: int, oldest_first: bool = False) -> list[Leased]:
    """Lease what is due, so many at most and of each channel: the most urgent first, or what has waited longest."""
    with transaction.atomic():
        now = database_now()
        paused = set(PausedChannel.objects.values_list("channel", flat=True))
        open_ = {channel: count for channel, count in of_each.items() if count > 0 and channel not in paused}
        chosen = _chosen(open_, most, now, oldest_first=oldest_first)
        if not chosen:
            return []
        lease = uuid.uuid4()
        Delivery.objects.filter(pk__in=list(chosen)).update(lease=lease, due_at=now + timedelta(seconds=LEASE_S))
    return [Leased(pk, channel, lease) for pk, channel in chosen.items()]


def _chosen(of_each: Mapping[str, int], most: int, now: datetime, *, oldest_first: bool) -> dict[int, str]:
    """{delivery: channel}, locked."""
    candidates = _candidates(list(of_each), most * SPARE, now) if of_each else []
    candidates.sort(key=lambda due: due.due_at if oldest_first else (-due.priority, due.due_at))
    rows = Delivery.objects.filter(pk__in=[due.id for due in candidates], state__in=OPEN, due_at__lte=now)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, no_key=True)
    free = set(rows.values_list("pk", flat=True)) if candidates else set()
    left, chosen = Counter(of_each), dict[int, str]()
    for due in candidates:
        if due.id in free and left[due.channel] > 0 and len(chosen) < most:
            left[due.channel] -= 1
            chosen[due.id] = due.channel
    return chosen


class _Due(NamedTuple):
    channel: str
    priority: int
    due_at: Any  # as the database writes it; it sorts
    id: int


def _candidates(channels: Sequence[str], most: int, now: datetime) -> list[_Due]:
    """A short walk along the index for each channel and priority, however many wait and whenever they are due."""
    # the states are written out: SQLite takes a partial index only where the query says its condition literally
    one = f"""SELECT * FROM (SELECT channel, priority, due_at, id FROM {Delivery._meta.db_table}
               WHERE channel = %s AND priority = %s AND due_at <= %s AND state IN ('waiting', 'held')
               ORDER BY due_at LIMIT %s) AS due"""
    walks = [(channel, priority.rank, as_parameter(now), most) for channel in channels for priority in Priority]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(walks)), [part for walk in walks for part in walk])
        return [_Due(*row) for row in cursor.fetchall()]


def renew(leases: Collection[Leased]) -> None:
    """Those whose attempt is still under way."""
    until = database_now() + timedelta(seconds=LEASE_S)
    for lease in {one.lease for one in leases}:
        ids = [one.id for one in leases if one.lease == lease]
        Delivery.objects.filter(pk__in=ids, lease=lease).update(due_at=until)


def release(leases: Sequence[Leased]) -> None:
    """Those whose attempt has not begun: others may have them at once."""
    now = database_now()
    for one in leases:
        Delivery.objects.filter(pk=one.id, lease=one.lease).update(lease=None, due_at=now)
