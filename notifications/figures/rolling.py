"""The roll-up: each row is counted once, some minutes after it was written; a slice of a table in each transaction.

A slice, its changes and how far it went are committed together: a worker that is killed has counted all of it or
nothing.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from ..database import as_parameter, database_now, hold, id_list
from ..models import LateChange
from .keeping import LOCK, add, counted_up_to, move_on
from .states import TABLES, Table, count_changes, count_rows
from .tallying import Line, of_lines
from .triggers import SETTLING_S

SLICE = 20_000  # rows, or changes
SLACK_S = 10  # between the age from which changes are noted and the one at which rows are counted


def roll_up(_: int = 0) -> tuple[int, int | None]:
    """(how many rows and changes were counted, 1 when there may be more and None at the end)."""
    done = [_count_slice(table) for table in TABLES] + [_fold(table) for table in TABLES]
    return sum(done), 1 if max(done) >= SLICE else None


@transaction.atomic
def _count_slice(table: Table) -> int:
    """The next rows that are old enough; how many."""
    hold(LOCK)
    begin = counted_up_to(table)
    end, count = _end_of_slice(table, begin)
    if not count:
        return 0
    add(of_lines(_count_and_forget(table, begin, end)))
    move_on(table, end)
    return count


def _end_of_slice(table: Table, begin: int) -> tuple[int, int]:
    """(the last id, how many): up to the first row that is too young."""
    rows = f"SELECT id, created_at FROM {table.name} WHERE id > %s ORDER BY id LIMIT {SLICE}"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT MIN(id) FROM ({rows}) AS next WHERE created_at >= %s", [begin, as_parameter(_cut())])
        (young,) = cursor.fetchone()
        old = "" if young is None else f"WHERE id < {young}"
        cursor.execute(f"SELECT MAX(id), COUNT(*) FROM ({rows}) AS next {old}", [begin])
        end, count = cursor.fetchone()
    return end or begin, count


def _cut() -> datetime:
    """Rows written before this are settled: whoever may still change one unnoticed has ended, and so has whoever may
    still commit one with a lower id.
    """
    begun = _oldest_transaction() if connection.vendor == "postgresql" else database_now()
    return begun - timedelta(seconds=SETTLING_S + SLACK_S)


def _oldest_transaction() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT LEAST(clock_timestamp(), MIN(xact_start)) FROM pg_stat_activity
                WHERE datname = current_database()"""
        )
        begun: datetime = cursor.fetchone()[0]
    return begun


def _count_and_forget(table: Table, begin: int, end: int) -> list[Line]:
    """The rows as they are, and what was noted of them until now dropped: both as of one moment."""
    late = f"DELETE FROM {LateChange._meta.db_table} WHERE source = '{table.source}' AND row_id > %s AND row_id <= %s"
    where, span = "r.id > %s AND r.id <= %s", [begin, end]
    if connection.vendor == "postgresql":  # one statement is one snapshot
        return count_rows(table, where, [*span, *span], along=f"WITH dropped AS ({late})")
    with connection.cursor() as cursor:  # nobody else writes meanwhile
        cursor.execute(late, span)
    return count_rows(table, where, span)


@transaction.atomic
def _fold(table: Table) -> int:
    """Move changes of rows that have been counted into the figures; how many."""
    hold(LOCK)
    noted = LateChange.objects.filter(source=table.source, row_id__lte=counted_up_to(table)).order_by("pk")
    ids = list(noted.values_list("pk", flat=True)[:SLICE])
    if not ids:
        return 0
    these, listed = id_list(ids)
    add(of_lines(count_changes(f"id {these}", [listed])))
    LateChange.objects.filter(pk__in=ids)._raw_delete(connection.alias)
    move_on(table)
    return len(ids)
