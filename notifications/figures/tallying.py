"""What rows that are alike come to. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from ..models import Figure
from .histogram import bucket

COUNTS = ("created", "sent", "delivered", "read", "failed")


class Key(NamedTuple):
    """In what rows of one figure are alike; the columns of `Figure`."""

    day: date
    channel: str
    kind: str
    priority: int
    reason: str


@dataclass
class Tally:
    """Counts, and durations by bucket."""

    created: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    delivery_ms: Counter[int] = field(default_factory=Counter)
    rtt_ms: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("delivery_ms", "rtt_ms"):
            mine: Counter[int] = getattr(self, name)
            for lowest, n in getattr(other, name).items():
                mine[lowest] += n


Tallies = dict[Key, Tally]
Line = tuple[Any, ...]  # the columns of Key, then of COUNTS as 0 or 1, two durations in ms or None, and how many rows


def of_lines(lines: Iterable[Line]) -> Tallies:
    """Rows that a statement has counted, by key."""
    found: Tallies = defaultdict(Tally)
    for day, channel, kind, priority, reason, created, sent, delivered, read, failed, ms, rtt, n in lines:
        tally = found[Key(_day(day), channel, kind, priority, reason)]
        tally.created += n * created
        tally.sent += n * sent
        tally.delivered += n * delivered
        tally.read += n * read
        tally.failed += n * failed
        if ms is not None:
            tally.delivery_ms[bucket(ms)] += n
        if rtt is not None:
            tally.rtt_ms[bucket(rtt)] += n
    return found


def of_figures(rows: Iterable[Figure]) -> Tallies:
    return {Key(row.day, row.channel, row.kind, row.priority, row.reason): of_figure(row) for row in rows}


def of_figure(row: Figure) -> Tally:
    counts = {name: getattr(row, name) for name in COUNTS}
    return Tally(**counts, delivery_ms=_read(row.delivery_ms), rtt_ms=_read(row.rtt_ms))


def to_figure(key: Key, tally: Tally) -> Figure:
    """A bucket that nothing is in is left out."""
    counts = {name: getattr(tally, name) for name in COUNTS}
    return Figure(**key._asdict(), **counts, delivery_ms=_written(tally.delivery_ms), rtt_ms=_written(tally.rtt_ms))


def together(*several: Mapping[Key, Tally]) -> Tallies:
    """Added up, key by key; what comes to nothing is left out."""
    found: Tallies = defaultdict(Tally)
    for tallies in several:
        for key, tally in tallies.items():
            found[key].add(tally)
    return {key: tally for key, tally in found.items() if any(getattr(tally, name) for name in COUNTS)}


def _read(counts: Mapping[str, int]) -> Counter[int]:
    return Counter({int(lowest): n for lowest, n in counts.items()})


def _written(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(lowest): n for lowest, n in sorted(counts.items()) if n}


def _day(given: date | str) -> date:
    """SQLite has no dates."""
    return given if isinstance(given, date) else date.fromisoformat(given)
