"""Contestants in turns, the whole of HTTP without a network, and what is said of the figures."""

import gc
import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import plots
from ..stage import Person
from .peers.clock import cpu_s

ROUNDS = 5
Contestant = Callable[[], float]  # one round: milliseconds of CPU, or rows for a second of it


@dataclass
class Claim:
    """One goal: ours comes first, the peers after it."""

    name: str  # of the plot's file
    title: str
    unit: str
    figures: Mapping[str, Sequence[float]]
    more_is_better: bool = False
    note: str = ""

    def lines(self) -> list[str]:
        """A table in Markdown."""
        ours = next(iter(self.figures.values()))
        lines = [f"### {self.title}", "", f"| | {self.unit} | Tidings is better by |", "|---|---|---|"]
        for name, found in self.figures.items():
            ratios = [a / b if self.more_is_better else b / a for a, b in zip(ours, found, strict=True)]
            better = "" if found is ours else f"{_spread(ratios)} ×"
            lines.append(f"| {name} | {_spread(found)} | {better} |")
        return [*lines, "", *([self.note, ""] if self.note else []), f"![{self.title}](performance/{self.name}.svg)"]

    def plot(self) -> str:
        ours, *_ = self.figures
        rows = {
            f"Tidings: {name}" if name == ours and not name.startswith("Tidings") else name: _range(found)
            for name, found in self.figures.items()
        }
        return plots.bars(self.title, self.unit, rows)


def _range(found: Sequence[float]) -> plots.Spread:
    return min(found), statistics.median(found), max(found)


def _spread(found: Sequence[float]) -> str:
    low, middle, high = _range(found)
    return f"{plots.figure(middle)} ({plots.figure(low)} … {plots.figure(high)})"


def in_turns(contestants: Mapping[str, Contestant]) -> dict[str, list[float]]:
    """Each once a round, so that a bad minute of the machine hits all of them. A first round warms up."""
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(ROUNDS + 1):
        for name, contestant in contestants.items():
            gc.collect()
            figure = contestant()
            if turn:
                found[name].append(figure)
    return found


def milliseconds(act: Callable[[], object], *, times: int) -> float:
    """CPU of one call, on average."""
    began = cpu_s()
    for _ in range(times):
        act()
    return (cpu_s() - began) / times * 1000


class Http:
    """Requests of one person through the whole stack: middleware, sign-in, throttles, view, rendering.

    No network and no server, which would add the same to all; the connection to the database is kept.
    """

    def __init__(self, person: Person, *, urls: str | None = None) -> None:
        from django.core.handlers.base import BaseHandler
        from django.test import RequestFactory

        self._handler, self._urls = BaseHandler(), urls
        self._handler.load_middleware()
        self._requests = RequestFactory(headers={"Authorization": f"Bearer {person.token}"})

    def get(self, path: str) -> Any:
        return self._answer(self._requests.get(path))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._answer(self._requests.post(path, json.dumps(body), content_type="application/json"))

    def _answer(self, request: Any) -> Any:
        if self._urls:
            request.urlconf = self._urls
        response = self._handler.get_response(request)
        assert 200 <= response.status_code < 300, (response.status_code, response.content[:500])
        return response


def forget_throttles() -> None:
    """They count in the cache, and what is counted grows with every call."""
    from django.core.cache import cache

    cache.clear()
