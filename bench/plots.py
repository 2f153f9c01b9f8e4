"""Bars as plain SVG, for docs/performance: nothing needs installing, and they read in light and dark."""

from collections.abc import Mapping
from html import escape
from pathlib import Path

Spread = tuple[float, float, float]  # the least, the median, the most
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "performance"

_NAMES, _BARS, _VALUES, _LINE, _TOP = 350, 280, 150, 34, 52  # px
_STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #1c2430 }
  .title { font-weight: 600; font-size: 15px }
  .quiet { fill: #5b6675; font-size: 12px }
  .bar { fill: #a9b4c2 }
  .ours { fill: #2563c9 }
  .spread { stroke: #1c2430; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6eaf0 }
    .quiet { fill: #9aa5b4 }
    .bar { fill: #566274 }
    .ours { fill: #6ea0f5 }
    .spread { stroke: #e6eaf0 }
  }"""


def bars(title: str, unit: str, rows: Mapping[str, Spread]) -> str:
    """An SVG: a bar for each row, as long as its median, with a line from the least to the most.

    The scale begins at 0. What is ours is named “Tidings …” and has the colour.
    """
    longest = max((high for _, _, high in rows.values()), default=0) or 1
    width, height = _NAMES + _BARS + _VALUES, _TOP + _LINE * len(rows) + 4
    drawn = [
        _bar(name, unit, spread, y=_TOP + _LINE * i, scale=_BARS / longest)
        for i, (name, spread) in enumerate(rows.items())
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}\n</style>",
            f'<text class="title" x="8" y="20">{escape(title)}</text>',
            f'<text class="quiet" x="8" y="39">{escape(unit)}; the median, and from the least to the most</text>',
            *drawn,
            "</svg>\n",
        ]
    )


def save(name: str, svg: str) -> Path:
    """Write docs/performance/<name>.svg."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.svg"
    path.write_text(svg)
    return path


def _bar(name: str, unit: str, spread: Spread, *, y: int, scale: float) -> str:
    low, middle, high = (round(_NAMES + value * scale, 1) for value in spread)
    kind = "ours" if name.startswith("Tidings") else "bar"
    return "\n".join(
        [
            f'<text x="{_NAMES - 10}" y="{y + 17}" text-anchor="end">{escape(name)}</text>',
            f'<rect class="{kind}" x="{_NAMES}" y="{y + 3}" width="{max(middle - _NAMES, 1):.1f}" height="20" rx="2"/>',
            f'<path class="spread" d="M{low} {y + 13}H{high}"/>',
            f'<text x="{max(middle, high) + 8:.1f}" y="{y + 17}">{figure(spread[1])} {escape(unit)}</text>',
        ]
    )


def figure(value: float) -> str:
    """Three digits that count.

    >>> figure(0.0471), figure(12.34), figure(48211.7)
    ('0.0471', '12.3', '48,212')
    """
    if value >= 100:
        return f"{value:,.0f}"
    digits = 0 if value == 0 else max(0, 2 - int(f"{value:e}".partition("e")[2]))
    return f"{value:.{digits}f}"
