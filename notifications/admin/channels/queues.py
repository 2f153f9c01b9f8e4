"""How the channels that lead outside are: what waits, how late it is, what is dead. Nothing is counted to the end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice

from django.conf import settings
from django.db import connection
from django.db.models import BooleanField, Count
from django.db.models.expressions import RawSQL

from ... import transports
from ...database import database_now, from_column
from ...delivery.retrying import RETRIABLE
from ...events import Priority
from ...models import Attempt, Delivery, PausedChannel
from ...reaching import OUTWARD
from ..told.ways import LABELS

COUNTED = 1_000  # waiting deliveries, or attempts of the last hour, of one channel
LATELY = timedelta(hours=1)
STUCK = timedelta(minutes=5)
DEAD_SHOWN = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """`late`: how long what should have gone out first has been due; None: nothing is."""

    channel: str
    is_configured: bool
    paused: PausedChannel | None
    cap: int | None
    waiting: int
    late: timedelta | None
    sent: int
    failed: int

    @property
    def label(self) -> str:
        return LABELS[self.channel]

    @property
    def is_stuck(self) -> bool:
        return self.late is not None and self.late > STUCK and self.paused is None

    @property
    def waiting_in_words(self) -> str:
        return in_words(self.waiting)

    @property
    def sent_in_words(self) -> str:
        return in_words(self.sent)

    @property
    def late_in_words(self) -> str:
        seconds = int(self.late.total_seconds()) if self.late else 0
        return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def in_words(count: int) -> str:
    """
    >>> in_words(7), in_words(COUNTED)
    ('7', '1,000+')
    """
    return f"{count:,}+" if count >= COUNTED else f"{count:,}"


def queues() -> list[Queue]:
    """Every outward channel, in the order of the vocabulary."""
    now, configured, paused = database_now(), transports.configured(), PausedChannel.objects.in_bulk()
    due = _oldest_due()
    return [_queue(channel, configured, paused.get(channel), due.get(channel), now) for channel in OUTWARD]


def _queue(
    channel: str, configured: list[str], paused: PausedChannel | None, due: datetime | None, now: datetime
) -> Queue:
    lately = _lately(channel, since=now - LATELY)
    return Queue(
        channel=channel,
        is_configured=channel in configured,
        paused=paused,
        cap=settings.CHANNEL_CAPS.get(channel) or None,
        waiting=Delivery.objects.filter(_is("waiting", "held"), channel=channel)[:COUNTED].count(),
        late=now - due if due and due < now else None,
        sent=lately.get(Attempt.Outcome.SENT, 0),
        failed=lately.get(Attempt.Outcome.FAILED, 0) + lately.get(Attempt.Outcome.UNKNOWN, 0),
    )


def _lately(channel: str, *, since: datetime) -> Mapping[str, int]:
    newest = Attempt.objects.filter(channel=channel, started_at__gte=since).order_by("-started_at")[:COUNTED]
    tries = Attempt.objects.filter(pk__in=newest.values("pk"))
    return dict(tries.values_list("outcome").annotate(n=Count("pk")).order_by())


def _oldest_due() -> dict[str, datetime]:
    """One statement: for each channel and priority the first entry of the queue's index."""
    walk = f"""(SELECT MIN(due_at) FROM {Delivery._meta.db_table}
                 WHERE channel = %s AND priority = %s AND state IN ('waiting', 'held'))"""  # noqa: S608 - a table's name
    places = [(channel, priority.rank) for channel in OUTWARD for priority in Priority]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join([walk] * len(places))}", [part for place in places for part in place])
        found = cursor.fetchone()
    oldest: dict[str, datetime] = {}
    for (channel, _), at in zip(places, found, strict=True):
        if at is not None:
            oldest[channel] = min(from_column(at), oldest.get(channel, from_column(at)))
    return oldest


def dead() -> list[Delivery]:
    """The newest that have failed, or of which nobody knows: each state along the index, then merged."""
    return list(islice(merge(*map(_newest, RETRIABLE), key=lambda one: one.created_at, reverse=True), DEAD_SHOWN))


def _newest(state: str) -> Iterator[Delivery]:
    """As a range of the index (state, -created_at): of an equation SQLite takes the IN instead, and has to sort."""
    rows = Delivery.objects.filter(_is("failed", "unknown"), state__gte=state, state__lte=state)
    with_people = rows.filter(recipient__isnull=False).select_related("recipient", "event")
    return iter(with_people.order_by("state", "-created_at")[:DEAD_SHOWN])


def _is(*states: str) -> RawSQL:
    """As the partial indexes say it: SQLite takes one only where the query has its condition in the same words."""
    said = ", ".join(f"'{state}'" for state in states)
    return RawSQL(f"{Delivery._meta.db_table}.state IN ({said})", [], output_field=BooleanField())  # noqa: S611
