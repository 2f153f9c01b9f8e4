"""Quiet hours in a person's own time, through every change of the clocks.

The person's clock decides. Where it jumps forward over a start or an end, that happens at the jump. Where it runs
through an hour twice, quiet begins at the first time and ends at the second: a sleeper is not woken in between. So it
is quiet whenever the clock shows a time from `start` until before `end`, and besides only within an hour that comes
twice.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .preferences import QuietHours

_DAY = timedelta(days=1)


@cache
def zones() -> frozenset[str]:
    """The IANA names that a person may choose."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def ends_at(quiet: QuietHours, zone: str, now: datetime) -> datetime | None:
    """When the quiet that reigns at `now` ends, in UTC; None: it is not quiet.

    Always later than `now`; then it is not quiet, and until then it is. A zone that is no longer known counts as UTC.
    """
    here = _zone(zone)
    end = _end_of_nights_around(quiet, here, now)
    while end and (later := _end_of_nights_around(quiet, here, end)):
        end = later  # the next one has begun before this one was over
    return end


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _end_of_nights_around(quiet: QuietHours, here: ZoneInfo, now: datetime) -> datetime | None:
    today = now.astimezone(here).date()
    return max((end for start, end in _nights(quiet, here, today) if start <= now < end), default=None)


@lru_cache(maxsize=4096)  # most people of a zone sleep at the same hours
def _nights(quiet: QuietHours, here: ZoneInfo, today: date) -> tuple[tuple[datetime, datetime], ...]:
    """(start, end) of each that may be going on. Clocks that go back over midnight show a date again that was over."""
    return tuple(_night(quiet, here, today + days * _DAY) for days in (-1, 0, 1))


def _night(quiet: QuietHours, here: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    end_day = day if quiet.start < quiet.end else day + _DAY
    start, end = datetime.combine(day, quiet.start), datetime.combine(end_day, quiet.end)
    return _when(start, here, fold=0), _when(end, here, fold=1)


def _when(shown: datetime, here: ZoneInfo, *, fold: int) -> datetime:
    """When the clock here shows this: the first (fold 0) or last time, or when it jumps over it."""
    first, last = (shown.replace(tzinfo=here, fold=which) for which in (0, 1))
    before, after = first.utcoffset(), last.utcoffset()
    assert before is not None
    assert after is not None
    if before < after:
        return _jump(shown, here, (shown - after).replace(tzinfo=UTC), (shown - before).replace(tzinfo=UTC))
    return (last if fold else first).astimezone(UTC)


def _jump(shown: datetime, here: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second at which the clock jumps over what it would have shown, between these two."""
    low, high = 0, int((after - before).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        is_past = (before + timedelta(seconds=middle)).astimezone(here).replace(tzinfo=None) >= shown
        low, high = (low, middle) if is_past else (middle, high)
    return before + timedelta(seconds=high)
