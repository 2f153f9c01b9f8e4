"""The figures once more, the slow way: row by row in Python, from what the rows say."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from notifications import wire
from notifications.figures.histogram import percentile
from notifications.figures.tallying import Key, Tally
from notifications.models import Delivery, Live, NotificationLog

COUNTS = ("created", "sent", "delivered", "read", "failed")
Facts = dict[str, Any]
Recount = dict[tuple[Any, ...], Facts]


def recount(rows: Iterable[NotificationLog]) -> Recount:
    """By day, channel, kind, priority and reason, as the figures are kept; durations one by one, in milliseconds."""
    found: Recount = defaultdict(_nothing)
    for row in rows:
        _count_notification(
            found[_day(row), "websocket" if row.live == Live.SEND else "inbox", row.kind, row.priority, ""], row
        )
        for delivery in row.deliveries.exclude(channel="websocket"):
            _count_delivery(found[_day(delivery), delivery.channel, "", delivery.priority, _reason(delivery)], delivery)
    return found


def _nothing() -> Facts:
    return {**dict.fromkeys(COUNTS, 0), "delivery_ms": [], "rtt_ms": []}


def _count_notification(mine: Facts, row: NotificationLog) -> None:
    mine["created"] += 1
    mine["sent"] += row.sent_at is not None
    mine["delivered"] += row.delivered_at is not None
    mine["read"] += row.is_read
    mine["failed"] += wire.status(row, now=timezone.now()) == "failed"
    mine["delivery_ms"] += [_ms(row.created_at, row.delivered_at)] if row.delivered_at else []
    mine["rtt_ms"] += [row.rtt_ms] if row.rtt_ms is not None else []


def _count_delivery(mine: Facts, one: Delivery) -> None:
    mine["created"] += one.state in ("waiting", "held", "sent", "failed", "unknown")
    mine["sent"] += one.state == "sent"
    mine["delivered"] += one.state == "sent" and one.receipt in ("delivered", "read")
    mine["read"] += one.state == "sent" and one.receipt == "read"
    mine["failed"] += one.state in ("failed", "unknown") or one.receipt == "failed"
    mine["delivery_ms"] += [_ms(one.created_at, one.settled_at)] if one.state == "sent" and one.settled_at else []


def _reason(one: Delivery) -> str:
    if one.state in ("failed", "unknown"):
        return one.reason
    return "receipt_failed" if one.receipt == "failed" else ""


def _day(row: NotificationLog | Delivery) -> Any:
    return row.created_at.astimezone(UTC).date()


def _ms(begin: datetime, end: datetime) -> float:
    return max(0.0, (end - begin) / timedelta(milliseconds=1))


def plus(*several: Recount) -> Recount:
    found: Recount = defaultdict(_nothing)
    for one in several:
        for key, facts in one.items():
            for name, value in facts.items():
                found[key][name] = found[key][name] + value
    return found


def assert_same(figures: Mapping[Key, Tally], counted: Recount) -> None:
    """The counts to the last one, percentiles within what is promised."""
    told = {key: facts for key, facts in counted.items() if any(facts[name] for name in COUNTS)}
    assert {key: _counts(tally) for key, tally in figures.items()} == {
        key: {name: facts[name] for name in COUNTS} for key, facts in told.items()
    }
    for key, tally in figures.items():
        for name in ("delivery_ms", "rtt_ms"):
            for fraction in (0.5, 0.95):
                assert_near(percentile(getattr(tally, name), fraction), told[key][name], fraction)


def _counts(tally: Tally) -> Facts:
    return {name: getattr(tally, name) for name in COUNTS}


def assert_near(found: int | None, values: list[float], fraction: float) -> None:
    """docs/analytics.md: at most 1/64 off, and a millisecond for rounding."""
    if not values:
        assert found is None
        return
    rank = -(-len(values) * round(fraction * 100) // 100)
    true = sorted(values)[rank - 1]
    assert found is not None
    assert abs(found - true) <= true / 64 + 1, (found, true)
