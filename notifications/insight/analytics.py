"""What a period came to: totals, and rows by day, kind, channel, priority or person (docs/analytics.md)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef

from .. import figures
from ..events import Channel, Priority
from ..figures.histogram import percentile
from ..figures.tallying import COUNTS, Key, Tallies, Tally
from ..models import Inbox, NotificationLog

USUAL_DAYS, MOST_DAYS = 30, 400
INSIDE = (Channel.INBOX, Channel.WEBSOCKET)  # the figures of notifications; all others are deliveries


@dataclass(frozen=True)
class Period:
    """Days in UTC, both included."""

    first: date
    last: date

    @classmethod
    def up_to(cls, last: date, days: int = USUAL_DAYS) -> "Period":
        return cls(last - timedelta(days=days - 1), last)

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last, time.max, UTC)

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def numbers(tally: Tally) -> dict[str, Any]:
    """Counts, rates as fractions of 1, and percentiles; None: of nothing."""
    return {
        **{name: getattr(tally, name) for name in COUNTS},
        "delivery_rate": _share(tally.delivered, tally.created),
        "read_rate": _share(tally.read, tally.created),
        "p50_delivery_ms": percentile(tally.delivery_ms, 0.50),
        "p95_delivery_ms": percentile(tally.delivery_ms, 0.95),
        "p50_ack_rtt_ms": percentile(tally.rtt_ms, 0.50),
        "p95_ack_rtt_ms": percentile(tally.rtt_ms, 0.95),
    }


def numbers_of(key: str, tally: Tally) -> dict[str, Any]:
    """The same of a row; where the key is a channel outside, a rate is None that its provider says nothing about."""
    told = _TOLD.get(key, _RATES)
    return {**numbers(tally), **{rate: None for rate in _RATES if rate not in told}}


_RATES = ("delivery_rate", "read_rate")
_TOLD: Mapping[str, Sequence[str]] = {
    Channel.EMAIL: (),
    Channel.PUSH: (),
    Channel.APPRISE: (),
    Channel.WEBHOOK: (),
    Channel.SMS: ("delivery_rate",),
}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def of_everybody(period: Period) -> Tallies:
    return figures.between(period.first, period.last)


def of_person(user_id: int, period: Period) -> Tallies:
    """From the rows that are still there."""
    return figures.of_people([user_id], period.first, period.last).get(user_id, {})


def total(tallies: Mapping[Key, Tally]) -> Tally:
    """Of all notifications; what became of them outside is told by channel."""
    return _sum(tally for key, tally in tallies.items() if key.channel in INSIDE)


def by_day(tallies: Tallies) -> dict[str, Tally]:
    return _grouped(tallies, lambda key: key.day.isoformat())


def by_kind(tallies: Tallies) -> dict[str, Tally]:
    return _grouped(tallies, lambda key: key.kind)


def by_priority(tallies: Tallies) -> dict[str, Tally]:
    """The least important first."""
    found = _grouped(tallies, lambda key: str(key.priority))
    return {Priority.of_rank(int(rank)).value: tally for rank, tally in found.items()}


def by_channel(tallies: Tallies) -> dict[str, Tally]:
    """`inbox`: all notifications; `websocket`: those that were to be shown on the open page; outside: deliveries."""
    found: dict[str, Tally] = defaultdict(Tally)
    for key, tally in tallies.items():
        if key.channel in INSIDE:
            found[Channel.INBOX].add(tally)
        if key.channel != Channel.INBOX:
            found[key.channel].add(tally)
    return {channel: found[channel] for channel in Channel.values if channel in found}


def failures(tallies: Tallies) -> dict[tuple[str, str], int]:
    """(channel, reason) of deliveries that failed, and how many; the most frequent first."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for key, tally in tallies.items():
        if key.channel not in INSIDE and tally.failed:
            found[key.channel, key.reason] += tally.failed
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def by_person(period: Period, *, after: int, limit: int) -> tuple[dict[int, Tally], int | None]:
    """The next people who got something, by id, from the rows that are still there; and after whom to go on."""
    created = {"created_at__gte": period.begin, "created_at__lte": period.end}
    theirs = NotificationLog.objects.filter(recipient_id=OuterRef("pk"), **created)
    told = Inbox.objects.filter(Exists(theirs), pk__gt=after).order_by("pk").values_list("pk", flat=True)
    people = list(told[: limit + 1])
    shown = people[:limit]
    found = figures.of_people(shown, period.first, period.last)
    more = shown[-1] if len(people) > limit else None
    return {user_id: total(found[user_id]) for user_id in shown if user_id in found}, more


def names_of(user_ids: Iterable[int]) -> dict[int, str]:
    people = get_user_model().objects.filter(pk__in=list(user_ids))
    return dict(people.values_list("pk", get_user_model().USERNAME_FIELD))


def _grouped(tallies: Mapping[Key, Tally], by: Callable[[Key], str]) -> dict[str, Tally]:
    found: dict[str, Tally] = defaultdict(Tally)
    for key, tally in sorted(tallies.items()):
        if key.channel in INSIDE:
            found[by(key)].add(tally)
    return dict(sorted(found.items()))


def _sum(several: Iterable[Tally]) -> Tally:
    found = Tally()
    for tally in several:
        found.add(tally)
    return found
