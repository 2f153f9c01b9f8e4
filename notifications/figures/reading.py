"""The figures of a period, as they are at this moment."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models.expressions import RawSQL

from ..database import as_parameter, hold, id_list
from ..models import Counted, Delivery, Figure, NotificationLog
from .keeping import LOCK, counted_up_to
from .states import DELIVERIES, NOTIFICATIONS, TABLES, Table, count_changes, count_failed, count_rows
from .tallying import Line, Tallies, of_figures, of_lines, together

TRIES = 5


def between(first: date, last: date) -> Tallies:
    """Everybody's, of what was created on these days (UTC, both included); what was removed is remembered."""
    for _ in range(TRIES):
        before = _progress()
        found = _read(first, last)
        if _progress() == before:
            return found
    with transaction.atomic():  # figures move all the time: one moment without
        hold(LOCK)
        return _read(first, last)


def _progress() -> list[tuple[str, int]]:
    """Changes whenever anything is moved between the tables and the figures."""
    return list(Counted.objects.order_by("pk").values_list("pk", "version"))


def _read(first: date, last: date) -> Tallies:
    kept = of_figures(Figure.objects.filter(day__range=(first, last)))
    rows = NotificationLog.objects.filter(created_at__range=_range(first, last), pk__in=_may_have_failed(first))
    return together(kept, *(_since(table, first, last) for table in TABLES), of_lines(count_failed(rows)))


def _since(table: Table, first: date, last: date) -> Tallies:
    """What came after the last roll-up: changes of rows that are counted, and rows that are not."""
    up_to = counted_up_to(table)
    noted = count_changes(
        f"source = '{table.source}' AND row_id <= %s AND day BETWEEN %s AND %s",
        [up_to, first.isoformat(), last.isoformat()],
    )
    fresh = count_rows(table, f"r.id > %s AND {_DURING}", [up_to, *_parameters(first, last)])
    return of_lines([*noted, *fresh])


def of_people(user_ids: Sequence[int], first: date, last: date) -> dict[int, Tallies]:
    """Each one's own, counted from the rows that are there."""
    these, ids = id_list(user_ids)
    period = _parameters(first, last)
    mine = f"r.recipient_id {these} AND {_DURING}"
    told = f"SELECT id FROM {NotificationLog._meta.db_table} AS r WHERE {mine}"
    rows = NotificationLog.objects.filter(recipient_id__in=user_ids, created_at__range=_range(first, last))
    lines = [
        *count_rows(NOTIFICATIONS, mine, [ids, *period], by="recipient_id"),
        *count_rows(
            DELIVERIES, f"r.notification_id IN ({told}) AND {_DURING}", [ids, *period, *period], by="recipient_id"
        ),
        *count_failed(rows.filter(pk__in=_may_have_failed(first)), by="recipient_id"),
    ]
    return _by_person(lines)


def _by_person(lines: Iterable[Line]) -> dict[int, Tallies]:
    found: dict[int, list[Line]] = defaultdict(list)
    for user_id, *line in lines:
        found[user_id].append(tuple(line))
    return {user_id: of_lines(theirs) for user_id, theirs in found.items()}


_DURING = "r.created_at BETWEEN %s AND %s"


def _range(first: date, last: date) -> tuple[datetime, datetime]:
    """From the first moment to the last."""
    return datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)


def _parameters(first: date, last: date) -> list[Any]:
    return [as_parameter(at) for at in _range(first, last)]


def _may_have_failed(first: date) -> RawSQL:
    """Notifications with a delivery that has failed; the states are written out, for SQLite's partial index."""
    since = _range(first, first)[0] - timedelta(days=1)
    sql = f"""SELECT notification_id FROM {Delivery._meta.db_table}
               WHERE state IN ('failed', 'unknown') AND created_at >= %s AND notification_id IS NOT NULL"""
    return RawSQL(sql, [as_parameter(since)])
