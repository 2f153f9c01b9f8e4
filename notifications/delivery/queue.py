"""The queue is the table: due deliveries are leased, and a lease that lapses makes them due again."""

import threading
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from ..database import among, as_parameter, database_now
from ..events import Priority
from ..models import Delivery, PausedChannel

LEASE_S = 30.0
OPEN = (Delivery.State.WAITING, Delivery.State.HELD)

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
    recipient_id: int | None
    lease: uuid.UUID


def claim(of_each: Mapping[str, int], *, most: int, oldest_first: bool = False) -> list[Leased]:
    """Lease what is due, so many at most and of each channel: the most urgent first, or what has waited longest.

    One statement, for it is asked every few attempts. What somebody else is just claiming is left to them.
    """
    room = {channel: min(places, most) for channel, places in of_each.items() if min(places, most) > 0}
    if not room:
        return []
    lease, now = uuid.uuid4(), database_now()
    free, parts = _free(room, as_parameter(now))
    table, order = Delivery._meta.db_table, "due_at" if oldest_first else "priority DESC, due_at"
    sql = f"""
        WITH free AS ({free}),
             placed AS (SELECT id, priority, due_at, places,
                               row_number() OVER (PARTITION BY channel ORDER BY {order}) AS place
                          FROM free WHERE channel NOT IN (SELECT channel FROM {PausedChannel._meta.db_table})),
             chosen AS (SELECT id FROM placed WHERE place <= places ORDER BY {order} LIMIT %s)
        UPDATE {table} SET lease = %s, due_at = %s WHERE id {among("SELECT id FROM chosen")}
        RETURNING priority, id, channel, recipient_id"""
    mark = Delivery._meta.get_field("lease").get_db_prep_value(lease, connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, [*parts, most, mark, as_parameter(now + timedelta(seconds=LEASE_S))])
        found = sorted(cursor.fetchall(), key=lambda row: -row[0])
    return [Leased(pk, channel, recipient, lease) for _, pk, channel, recipient in found]


def _free(room: Mapping[str, int], now: Any) -> tuple[str, list[Any]]:
    """SQL for what is due, locked, and its parameters: a short walk along the index for each channel and priority,
    however many wait and whenever they are due. On Postgres it is one plan, however many channels there are.
    """
    # the states are written out: SQLite takes a partial index only where the query says its condition literally
    walk = f"""SELECT id, channel, priority, due_at FROM {Delivery._meta.db_table} AS due
                WHERE channel = {{}} AND priority = {{}} AND due_at <= %s AND state IN ('waiting', 'held')
                ORDER BY due_at LIMIT {{}}"""
    if connection.vendor == "postgresql":
        rooms, ranks = ", ".join(["(%s, %s)"] * len(room)), ", ".join(f"({one.rank})" for one in Priority)
        walk = walk.format("room.channel", "ranks.rank", "room.places") + " FOR NO KEY UPDATE SKIP LOCKED"
        sql = f"""SELECT due.*, places FROM (VALUES {rooms}) AS room (channel, places),
                         (VALUES {ranks}) AS ranks (rank), LATERAL ({walk}) AS due"""
        return sql, [*[part for one in room.items() for part in one], now]
    walks = [(places, channel, one.rank, now, places) for channel, places in room.items() for one in Priority]
    one = f"SELECT *, %s AS places FROM ({walk.format('%s', '%s', '%s')})"
    return " UNION ALL ".join([one] * len(walks)), [part for walk in walks for part in walk]


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
