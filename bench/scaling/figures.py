"""What was measured, read from docs/performance.md by the name of its row: the model cannot fall behind the page."""

import re
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"


class NotOnThePage(Exception):
    """A row that the model needs was renamed or dropped."""


@dataclass(frozen=True)
class Range:
    least: float
    most: float

    @property
    def middle(self) -> float:
        return (self.least + self.most) / 2


@dataclass(frozen=True)
class Figures:
    """Measured on two cores that other work shared, so they say what is carried at least."""

    delivery_s: float  # CPU of a server for a frame to a socket, and for the ack that comes back
    rows_a_second: float  # written by one worker on one Postgres, of events to many
    attempts_a_second: float  # of one worker with 16 threads, which is what a worker has
    attempts_of_64_threads: Range  # the same with so many that its CPU is the limit
    attempt_cpu_s: Range  # CPU of that worker for an attempt: its loop and the sending thread
    singles_a_second: float  # accepted one by one, each committed, rung and shown; far from a limit
    singles_p99_s: float
    broadcast_to_100_000_s: float  # on Postgres, inboxes that exist


def measured(page: str | None = None) -> Figures:
    """Raises NotOnThePage."""
    text = PAGE.read_text() if page is None else page
    cpu_ms = _range(text, r"\| 64 \|[^|]+\|[^|]+\| (?P<all>\S+) ms \|")
    return Figures(
        delivery_s=_number(text, r"\| Tidings, clients that acknowledge \| ([\d.]+)") / 1e6,
        rows_a_second=_number(text, r"\| expansion: rows, seq, counters, audit \| ([\d,]+)"),
        attempts_a_second=_number(text, r"\| 16 \| (\d+) \|"),
        attempts_of_64_threads=_range(text, r"\| 64 \| (?P<all>\S+) \|"),
        attempt_cpu_s=Range(cpu_ms.least / 1e3, cpu_ms.most / 1e3),
        singles_a_second=_number(text, r"`python -m bench latency`: (\d+) single notifications a second"),
        singles_p99_s=_number(text, r"\| p50 \| p95 \| p99 \| most \|\n\|[-|]+\n\|[^|]+\|[^|]+\| ([\d.]+) ms") / 1e3,
        broadcast_to_100_000_s=_number(text, r"the second [\d.]+ s and ([\d.]+) s"),
    )


def _number(text: str, pattern: str) -> float:
    return float(_found(text, pattern)[1].replace(",", ""))


def _range(text: str, pattern: str) -> Range:
    ends = [float(end) for end in _found(text, pattern)["all"].split("–")]
    return Range(ends[0], ends[-1])


def _found(text: str, pattern: str) -> re.Match[str]:
    if found := re.search(pattern, text):
        return found
    raise NotOnThePage(f"docs/performance.md no longer says {pattern!r}: mend bench/scaling/figures.py")
