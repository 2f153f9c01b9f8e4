"""What a row says, in SQL: the one place where it is written what counts as created, sent, delivered, read, failed.

The same expressions read the tables and stand in the triggers. A notification's `failed` is not among them: it follows
from other tables and from the clock, and is looked up (reading.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.db import connection
from django.db.models import Count, Model, QuerySet
from django.db.models.functions import TruncDate

from ..models import Delivery, LateChange, Live, NotificationLog, Source
from ..wire import STATUS
from .tallying import COUNTS, Key, Line

COLUMNS = (*Key._fields, *COUNTS, "delivery_ms", "rtt_ms")  # of LateChange; the order of a tallying.Line


@dataclass(frozen=True)
class Table:
    """A table that is counted. `changing`: the columns its figures depend on; `counts`: which of its rows do."""

    source: Source
    model: type[Model]
    changing: Sequence[str]
    state: Callable[[str], Mapping[str, str]]
    counts: Callable[[str], str]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def columns(self, row: str) -> list[str]:
        """SQL for each of COLUMNS, of the row that is called this."""
        said = self.state(row)
        return [said[column] for column in COLUMNS]


def _notification(row: str) -> Mapping[str, str]:
    return {
        "day": _day(f"{row}.created_at"),
        "channel": f"CASE WHEN {row}.live = 'send' THEN 'websocket' ELSE 'inbox' END",
        "kind": f"{row}.kind",
        "priority": f"{row}.priority",
        "reason": "''",
        "created": "1",
        "sent": _flag(f"{row}.sent_at IS NOT NULL"),
        "delivered": _flag(f"{row}.delivered_at IS NOT NULL"),
        "read": _flag(f"{row}.is_read"),
        "failed": "0",
        "delivery_ms": _ms(f"{row}.created_at", f"{row}.delivered_at"),
        "rtt_ms": f"{row}.rtt_ms",
    }


def _delivery(row: str) -> Mapping[str, str]:
    over, bounced = f"{row}.state IN ('failed', 'unknown')", f"{row}.receipt = 'failed'"
    accepted = f"{row}.state = 'sent'"
    settled = _ms(f"{row}.created_at", f"{row}.settled_at")
    return {
        "day": _day(f"{row}.created_at"),
        "channel": f"{row}.channel",
        "kind": "''",
        "priority": f"{row}.priority",
        "reason": f"CASE WHEN {over} THEN {row}.reason WHEN {bounced} THEN 'receipt_failed' ELSE '' END",
        "created": _flag(f"{row}.state IN ('waiting', 'held', 'sent', 'failed', 'unknown')"),
        "sent": _flag(accepted),
        "delivered": _flag(f"{accepted} AND {row}.receipt IN ('delivered', 'read')"),
        "read": _flag(f"{accepted} AND {row}.receipt = 'read'"),
        "failed": _flag(f"({over} OR {bounced})"),
        "delivery_ms": f"CASE WHEN {accepted} THEN {settled} END",
        "rtt_ms": "CAST(NULL AS bigint)",
    }


NOTIFICATIONS = Table(
    Source.NOTIFICATIONS,
    NotificationLog,
    ("sent_at", "delivered_at", "rtt_ms", "is_read"),
    _notification,
    lambda row: "1 = 1",
)
DELIVERIES = Table(
    Source.DELIVERIES,
    Delivery,
    ("state", "reason", "receipt", "settled_at"),
    _delivery,
    lambda row: f"{row}.channel <> 'websocket'",  # pushing again on open pages is not another way out
)
TABLES = (NOTIFICATIONS, DELIVERIES)


def count_rows(table: Table, where: str, params: Sequence[Any], *, along: str = "", by: str = "") -> list[Line]:
    """Lines of the rows of which this is so; the table is called `r`.

    `along` is done in the same statement, `by` one more column in front of the line.
    """
    inner = ", ".join(f"{sql} AS {column}" for column, sql in zip(COLUMNS, table.columns("r"), strict=True))
    extra = f"r.{by}, " if by else ""
    rows = f"SELECT {extra}{inner} FROM {table.name} AS r WHERE {where} AND {table.counts('r')}"
    return _grouped(rows, params, count="COUNT(*)", along=along, by=by)


def count_changes(where: str, params: Sequence[Any]) -> list[Line]:
    """Lines of the changes of which this is so, the old states taken off."""
    rows = f"SELECT * FROM {LateChange._meta.db_table} WHERE {where}"
    return _grouped(rows, params, count="SUM(sign)")


def count_failed(rows: QuerySet[NotificationLog], *, by: str = "") -> list[Line]:
    """Lines of those of these notifications that are `failed` just now (docs/protocol.md §3)."""
    alike = [*([by] if by else []), "day", "live", "kind", "priority"]
    failed = rows.filter(STATUS["failed"]).annotate(day=TruncDate("created_at", tzinfo=UTC)).order_by()
    counted = failed.values_list(*alike).annotate(n=Count("pk"))
    return [
        (*whose, day, "websocket" if live == Live.SEND else "inbox", kind, priority, "", *_FAILED_ONLY, n)
        for *whose, day, live, kind, priority, n in counted
    ]


_FAILED_ONLY = (0, 0, 0, 0, 1, None, None)


def _grouped(rows: str, params: Sequence[Any], *, count: str, along: str = "", by: str = "") -> list[Line]:
    alike = ", ".join([*([by] if by else []), *COLUMNS])
    sql = f"{along} SELECT {alike}, {count} FROM ({rows}) AS counted GROUP BY {alike}"
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        lines: list[Line] = cursor.fetchall()
    return lines


def _flag(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


def _day(at: str) -> str:
    return f"({at} AT TIME ZONE 'UTC')::date" if connection.vendor == "postgresql" else f"date({at})"


def _ms(begin: str, end: str) -> str:
    """Whole milliseconds, at least 0; NULL where it has not ended."""
    if connection.vendor == "postgresql":
        lasted = f"CAST(EXTRACT(EPOCH FROM ({end} - {begin})) * 1000 AS bigint)"
        return f"CASE WHEN {end} IS NOT NULL THEN GREATEST(0, {lasted}) END"
    return f"MAX(0, CAST(ROUND((julianday({end}) - julianday({begin})) * 86400000) AS INTEGER))"
