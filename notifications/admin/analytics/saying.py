"""Figures in words, as short as they fit an axis."""

from collections.abc import Sequence
from datetime import date, timedelta

_STEPS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms"))


def count(value: float) -> str:
    """
    >>> count(950), count(12_500), count(3_000_000), count(2.5)
    ('950', '12.5k', '3M', '2.5')
    """
    for size, unit in ((1_000_000, "M"), (10_000, "k")):
        if abs(value) >= size:
            return f"{value / (size if unit == 'M' else 1000):.3g}{unit}"
    return f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def duration(ms: float | None) -> str:
    """
    >>> duration(40), duration(1500), duration(90_000), duration(7_200_000), duration(None)
    ('40 ms', '1.5 s', '1.5 min', '2 h', '–')
    """
    if ms is None:
        return "–"
    for size, unit in _STEPS:
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return "0 ms"


def share(part: float | None) -> str:
    """
    >>> share(0.5), share(0.0312), share(None)
    ('50 %', '3.1 %', '–')
    """
    return "–" if part is None else f"{100 * part:.3g} %" if part >= 0.1 else f"{100 * part:.2g} %"


def spans(days: Sequence[date], most: int = 62) -> list[list[date]]:
    """The days of each bar: one by one, and week by week or month by month where they are many."""
    if len(days) <= most:
        return [[day] for day in days]
    found: dict[tuple[int, int], list[date]] = {}
    for day in days:
        week = day - timedelta(days=day.weekday())
        by_week = (week.year, week.timetuple().tm_yday)
        found.setdefault(by_week if len(days) <= 7 * most // 2 else (day.year, day.month), []).append(day)
    return list(found.values())


def span(days: Sequence[date]) -> str:
    """
    >>> span([date(2026, 11, 21)]), span([date(2026, 11, 16), date(2026, 11, 22)])
    ('21 Nov', '16–22 Nov')
    """
    first, last = days[0], days[-1]
    if first == last:
        return f"{last.day} {last:%b}"
    if (first.year, first.month) == (last.year, last.month):
        return (
            f"{last:%b %Y}"
            if first.day == 1 and (last + timedelta(days=1)).day == 1
            else f"{first.day}–{last.day} {last:%b}"
        )
    return f"{first.day} {first:%b}–{last.day} {last:%b}"
