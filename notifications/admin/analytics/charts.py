"""Charts as SVG. Pure: numbers in, markup out; colours and letters are the style sheet's, by class.

Every chart has a title and a description that a screen reader says; every group of bars and every point says its own
numbers when pointed at. The page has the same numbers as a table.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDE, HALF = 900, 430  # as they are shown on a desk, so that letters have their size
HEIGHT = 230
LEFT, RIGHT, TOP, BOTTOM = 54, 10, 12, 28
LABEL = 80  # room for a label below
MOST_DOTS = 60  # beyond them they are hardly dots
_S, _MIN, _H, _D = 1_000, 60_000, 3_600_000, 86_400_000
STEPS = (1, 10, 100, _S, 10 * _S, _MIN, 10 * _MIN, _H, _D, 10 * _D, 100 * _D, 3_650 * _D)  # ms
FINE_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, _S, 2 * _S, 5 * _S, 10 * _S)
MOST_STEPS = 7
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
    """From 0, in some five round steps.

    >>> counting(87).ticks
    [0, 20, 40, 60, 80, 100]
    >>> counting(0).ticks
    [0, 1]
    """
    if highest <= 1:
        return Scale([0, 1])
    rough = highest / 5
    magnitude = 10 ** floor(log10(rough))
    step = max(1, next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough))
    return Scale([step * n for n in range(ceil(highest / step) + 1)])


def lasting(values: Sequence[float]) -> Scale:
    """Durations in ms, each step a multiple of the one before: hours stand beside milliseconds.

    >>> lasting([40, 90]).ticks, lasting([40, 3_000_000]).ticks
    ([20, 50, 100], [10, 100, 1000, 10000, 60000, 600000, 3600000])
    """
    fine = _steps(FINE_STEPS, min(values), max(values))
    is_enough = fine[-1] > max(values) and len(fine) <= MOST_STEPS
    return Scale(fine if is_enough else _steps(STEPS, min(values), max(values)), is_log=True)


def _steps(steps: Sequence[int], lowest: float, highest: float) -> list[int]:
    low = max((step for step in steps if step <= lowest), default=steps[0])
    high = min((step for step in steps if step > highest), default=steps[-1])
    return [step for step in steps if low <= step <= high]


def around(values: Sequence[float]) -> Scale:
    """From the lowest to the highest, 0 among them, in round steps."""
    low, high = min(0.0, *values), max(0.0, *values)
    step = counting(max(abs(low), abs(high))).ticks[1]
    return Scale([step * n for n in range(floor(low / step), max(ceil(high / step), 1) + 1)])


@dataclass(frozen=True)
class Frame:
    """What is drawn into: a place for each label, and a scale."""

    labels: Sequence[str]
    scale: Scale
    say: Say
    width: int

    @property
    def room(self) -> float:
        return (self.width - LEFT - RIGHT) / max(1, len(self.labels))

    def x(self, place: int) -> float:
        """The middle of a label's place."""
        return round(LEFT + self.room * (place + 0.5), 1)


def bars(title: str, labels: Sequence[str], series: Series, *, say: Say) -> SafeString:
    """For each label, one bar inside the other: the first series is the widest."""
    highest = max((value or 0 for values in series.values() for value in values), default=0)
    frame = Frame(labels, counting(highest), say, WIDE)
    groups = format_html_join("", "{}", ((_group(frame, place, series),) for place in range(len(labels))))
    return _chart(title, frame, series, groups)


def _group(frame: Frame, place: int, series: Series) -> SafeString:
    said = ", ".join(f"{name} {frame.say(values[place] or 0)}" for name, values in series.items())
    rects = format_html_join("", "{}", ((_bar(frame, place, *one),) for one in enumerate(series.items())))
    hit = format_html(
        '<rect class="hit" x="{}" y="{}" width="{}" height="{}"/>',
        *(round(LEFT + frame.room * place, 1), TOP, round(frame.room, 1), HEIGHT - TOP - BOTTOM),
    )
    return format_html('<g class="group"><title>{}: {}</title>{}{}</g>', frame.labels[place], said, hit, rects)


def _bar(frame: Frame, place: int, depth: int, one: tuple[str, Values]) -> SafeString:
    name, values = one
    top, width = frame.scale.y(values[place] or 0), max(1.0, min(frame.room * 0.8, 44) * (1 - depth * 0.3))
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"/>',
        *(name, round(frame.x(place) - width / 2, 1), top, round(width, 1), round(HEIGHT - BOTTOM - top, 1)),
    )


def lines(
    title: str, labels: Sequence[str], series: Series, *, scale: Scale, say: Say, width: int = HALF
) -> SafeString:
    """A line for each series, with a gap where there is nothing; each value is a point that says itself."""
    frame = Frame(labels, scale, say, width)
    drawn = format_html_join("", "{}", ((_line(frame, name, values),) for name, values in series.items()))
    return _chart(title, frame, series, drawn)


def _line(frame: Frame, name: str, values: Values) -> SafeString:
    there = {place: value for place, value in enumerate(values) if value is not None}
    steps = (
        f"{'L' if place - 1 in there else 'M'}{frame.x(place)} {frame.scale.y(value)}" for place, value in there.items()
    )
    radius = 2.5 if len(there) < MOST_DOTS else 1
    dots = format_html_join(
        "",
        '<circle class="{}" cx="{}" cy="{}" r="{}"><title>{}: {} {}</title></circle>',
        (
            (name, frame.x(place), frame.scale.y(value), radius, frame.labels[place], name, frame.say(value))
            for place, value in there.items()
        ),
    )
    return format_html('<path class="{}" d="{}"/>{}', name, "".join(steps), dots)


def _chart(title: str, frame: Frame, series: Series, drawn: SafeString) -> SafeString:
    said = describe(frame.labels, series, frame.say)
    return format_html(
        '<svg class="chart{}" viewBox="0 0 {} {}" role="img"><title>{}</title><desc>{}</desc>{}{}{}</svg>',
        *(" wide" if frame.width == WIDE else "", frame.width, HEIGHT, title, said),
        *(_grid(frame), drawn, _below(frame)),
    )


def _grid(frame: Frame) -> SafeString:
    cells = (
        (LEFT, y := frame.scale.y(tick), frame.width - RIGHT, y, LEFT - 8, y + 4, frame.say(tick))
        for tick in frame.scale.ticks
    )
    return format_html_join(
        "", '<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/><text class="axis y" x="{}" y="{}">{}</text>', cells
    )


def _below(frame: Frame) -> SafeString:
    every = max(1, ceil(LABEL / frame.room))
    shown = ((frame.x(i), HEIGHT - 8, frame.labels[i]) for i in range(0, len(frame.labels), every))
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
