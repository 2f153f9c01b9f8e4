"""A trial run: what would be decided if this event were accepted now. The same functions decide; nothing is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .. import audience
from ..database import database_now
from ..deciding import policies
from ..deciding.decide import SKIP, Decision
from ..delivery.planning.decisions import Decisions
from ..events import Audience, Event
from ..models import Event as EventRow
from .accepting import draft

CHUNK = 2000  # people
MOST_SHOWN = 1000  # decisions


@dataclass(frozen=True, slots=True)
class Told:
    """One person on one channel."""

    user_id: int
    channel: str
    decision: Decision


@dataclass(slots=True)
class Rehearsal:
    """`counts`: {channel: {"send": n, "hold": n, "skip": {reason: n}}}; `shown`: the first decisions.

    `looked_at`: for how many recipients it was decided; `held`: {channel: (earliest, latest)} of those with a time.
    """

    recipients: int = 0
    looked_at: int = 0
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    shown: list[Told] = field(default_factory=list)

    def add(self, told: Told, *, n: int = 1) -> None:
        outcome, reason = told.decision.outcome, told.decision.reason
        total = self.counts.setdefault(told.channel, {"send": 0, "hold": 0, "skip": Counter()})
        if outcome == SKIP:
            total["skip"][reason] += n
        else:
            total[outcome] += n
        if until := told.decision.until:
            first, last = self.held.get(told.channel, (until, until))
            self.held[told.channel] = min(first, until), max(last, until)
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(told)


def rehearse(event: Event, *, most: int | None = None) -> Rehearsal:
    """What happens to everybody this event addresses, and why. Raises Refused, as `notify` would.

    With `most`, it is decided for about so many; the others are only counted.
    """
    row, made = draft(event), Rehearsal()
    now = row.scheduled_for or database_now()
    for decisions, people in _chunks(row, event.audience, now):
        made.looked_at += len(people)
        for user in people:
            for way, decision in decisions.of(user):
                made.add(Told(user, way.channel, decision))
        if most is not None and made.looked_at >= most:
            break
    is_whole = most is None or made.looked_at < most
    made.recipients = made.looked_at if is_whole else audience.size(event.audience, namespace=row.namespace)
    for user, reason in _left_out(row, event.audience):
        for channel in policies.PERSONAL:
            made.add(Told(user, channel, Decision(SKIP, reason)))
    return made


def _chunks(row: EventRow, to: Audience, now: datetime) -> Iterator[tuple[Decisions, list[int]]]:
    after = 0
    while people := [user for user, _ in audience.members(to, namespace=row.namespace, after=after, limit=CHUNK)]:
        yield Decisions(row, people, now=now), people
        after = people[-1]


def _left_out(row: EventRow, to: Audience) -> Iterator[tuple[int, str]]:
    """Those who are named and are not told all the same."""
    for user in sorted({*to.users, *to.exclude}):
        if reason := audience.why_not(to, user, namespace=row.namespace):
            yield user, reason
