"""Charts as SVG. Pure: numbers in, markup out; colours and letters are the style sheet's, by class.

Every chart has a title and a description that a screen reader says; every group of bars and every point says its own
numbers when pointed at. The page has the same numbers as a table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT = 720, 230
LEFT, RIGHT, TOP, BOTTOM = 54, 10, 12, 28
MOST_LABELS = 8
Values = Sequence[float | None]
Series = Mapping[str, Values]  # by name; the name is the class, too
Say = Callable[[float], str]


@dataclass(frozen=True)
class Scale:
    """Where a value lies, and the values at which there are lines."""

    ticks: Sequence[float]
    is_log: bool = False

    def y(self, value: float) -> float:
        low, high = self._at(self.ticks[0]), self._at(self.ticks[-1])
        part = (self._at(value) - low) / (high - low)
        return round(HEIGHT - BOTTOM - min(1.0, max(0.0, part)) * (HEIGHT - TOP - BOTTOM), 1)

    def _at(self, value: float) -> float:
        return log10(max(value, self.ticks[0])) if self.is_log else value


def counting(highest: float) -> Scale:
    """From 0, in four or five round steps.

    >>> counting(87).ticks
    [0, 20, 40, 60, 80, 100]
    >>> counting(0).ticks
    [0, 1]
    """
    if highest <= 1:
        return Scale([0, 1])
    rough = highest / 4
    magnitude = 10 ** floor(log10(rough))
    step = max(1, next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough))
    return Scale([step * n for n in range(ceil(highest / step) + 1)])


def lasting(values: Sequence[float]) -> Scale:
    """Durations in ms, from a power of ten to one: what takes hours stands beside what takes milliseconds."""
    low = floor(log10(max(1, min(values))))
    high = ceil(log10(max(10, *values)))
    return Scale([10**power for power in range(low, max(high, low + 1) + 1)], is_log=True)


def around(values: Sequence[float]) -> Scale:
    """From the lowest to the highest, 0 among them, in round steps."""
    low, high = min(0.0, *values), max(0.0, *values)
    step = counting(max(abs(low), abs(high))).ticks[1]
    return Scale([step * n for n in range(floor(low / step), max(ceil(high / step), 1) + 1)])


def bars(title: str, labels: Sequence[str], series: Series, *, say: Say) -> SafeString:
    """For each label, one bar inside the other: the first series is the widest."""
    scale = counting(max((value or 0 for values in series.values() for value in values), default=0))
    room = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    groups = format_html_join(
        "", "{}", ((_group(i, room, label, series, scale, say),) for i, label in enumerate(labels))
    )
    return _chart(title, labels, scale, say, groups, describe(labels, series, say))


def _group(place: int, room: float, label: str, series: Series, scale: Scale, say: Say) -> SafeString:
    middle = LEFT + room * (place + 0.5)
    said = ", ".join(f"{name} {say(values[place] or 0)}" for name, values in series.items())
    each = [
        (
            name,
            round(middle - width / 2, 1),
            scale.y(value),
            round(width, 1),
            round(HEIGHT - BOTTOM - scale.y(value), 1),
        )
        for depth, (name, values) in enumerate(series.items())
        if (value := values[place]) and (width := max(1.0, min(room * 0.8, 44) * (1 - depth * 0.3)))
    ]
    rects = format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>', each)
    back = (round(LEFT + room * place, 1), TOP, round(room, 1), HEIGHT - TOP - BOTTOM)
    hit = format_html('<rect class="hit" x="{}" y="{}" width="{}" height="{}"/>', *back)
    return format_html('<g class="group"><title>{}: {}</title>{}{}</g>', label, said, hit, rects)


def lines(title: str, labels: Sequence[str], series: Series, *, scale: Scale, say: Say) -> SafeString:
    """A line for each series, with a gap where there is nothing; each value is a point that says itself."""
    room = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    drawn = format_html_join(
        "", "{}", ((_line(name, labels, values, room, scale, say),) for name, values in series.items())
    )
    return _chart(title, labels, scale, say, drawn, describe(labels, series, say))


def _line(name: str, labels: Sequence[str], values: Values, room: float, scale: Scale, say: Say) -> SafeString:
    points = [
        (round(LEFT + room * (place + 0.5), 1), scale.y(value), labels[place], value)
        for place, value in enumerate(values)
        if value is not None
    ]
    there = {place for place, value in enumerate(values) if value is not None}
    path = ""
    for place, (x, y, *_) in zip(sorted(there), points, strict=True):
        path += f"{'L' if place - 1 in there else 'M'}{x} {y}"
    dots = format_html_join(
        "",
        '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}: {} {}</title></circle>',
        ((name, x, y, 3 if len(points) < 60 else 1.5, label, name, say(value)) for x, y, label, value in points),
    )
    return format_html('<path class="{}" d="{}"/>{}', name, path, dots)


def _chart(title: str, labels: Sequence[str], scale: Scale, say: Say, drawn: SafeString, said: str) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img"><title>{}</title><desc>{}</desc>{}{}{}</svg>',
        *(WIDTH, HEIGHT, title, said, _grid(scale, say), drawn, _below(labels)),
    )


def _grid(scale: Scale, say: Say) -> SafeString:
    ends = (LEFT, WIDTH - RIGHT)
    rows = [(ends[0], ends[1], scale.y(tick), LEFT - 8, scale.y(tick) + 4, say(tick)) for tick in scale.ticks]
    cells = ((a, y, b, y, x, below, said) for a, b, y, x, below, said in rows)
    return format_html_join(
        "", '<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/><text class="axis y" x="{}" y="{}">{}</text>', cells
    )


def _below(labels: Sequence[str]) -> SafeString:
    room = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    every = max(1, ceil(len(labels) / MOST_LABELS))
    shown = [(round(LEFT + room * (i + 0.5), 1), HEIGHT - 8, label) for i, label in enumerate(labels) if i % every == 0]
    return format_html_join("", '<text class="axis x" x="{}" y="{}">{}</text>', shown)


def describe(labels: Sequence[str], series: Series, say: Say) -> str:
    """In words: from when to when, and the highest and lowest of each series."""
    told = [
        f"{name}: lowest {say(min(there))}, highest {say(max(there))}"
        for name, values in series.items()
        if (there := [value for value in values if value is not None])
    ]
    span = f"{labels[0]} to {labels[-1]}. " if labels else ""
    return span + ("; ".join(told) + "." if told else "Nothing.")


def meter(share: float | None, name: str) -> SafeString:
    """A rate as a little bar; the number stands beside it."""
    if share is None:
        return mark_safe("")
    width = round(100 * min(1.0, share), 1)
    return format_html(
        '<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="rail" width="100" height="8"/><rect class="{}" width="{}" height="8"/></svg>',
        *(name, width),
    )
