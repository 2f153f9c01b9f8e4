"""A trial run in words: how many would be reached how, who would not, and why."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from ... import dispatch
from ...database import database_now
from ...dispatch import Rehearsal
from ...events import Channel, Event
from ..people.finding import names
from ..told.ways import LABELS

DECIDED = 2_000  # people; it is decided for these, and the others are counted
EXAMPLES = 5  # people for each reason
NAMED_ONCE = ("excluded", "inactive", "not_in_namespace", "not_in_audience")  # of the person, not of the channel


@dataclass(frozen=True, slots=True)
class LeftOut:
    """So many, for this reason; some of them by name."""

    reason: str
    count: int
    examples: str


@dataclass(frozen=True, slots=True)
class Line:
    """One channel."""

    label: str
    send: int
    hold: int
    until: str
    left_out: list[LeftOut]


@dataclass(frozen=True, slots=True)
class Trial:
    """`summary` in a sentence; `looked_at` of the recipients were decided for."""

    recipients: int
    looked_at: int
    summary: str
    lines: list[Line]
    unaddressed: list[LeftOut]

    @property
    def others(self) -> int:
        """Counted, and not looked at."""
        return self.recipients - self.looked_at


def trial(event: Event) -> Trial:
    """Nothing is written. Raises Refused."""
    found = dispatch.rehearse(event, most=DECIDED)
    who = _examples(found)
    lines = [_line(channel, found, who) for channel in found.counts]
    return Trial(found.recipients, found.looked_at, _summary(found, lines), lines, _unaddressed(found, who))


def _examples(found: Rehearsal) -> dict[tuple[str, str], str]:
    """Some of those who are skipped, by channel and reason."""
    people: dict[tuple[str, str], list[int]] = defaultdict(list)
    for told in found.shown:
        people[told.channel, told.decision.reason].append(told.user_id)
    known = names(sorted({user for some in people.values() for user in some[:EXAMPLES]}))
    return {
        where: ", ".join(known.get(user, str(user)) for user in some[:EXAMPLES])
        + (" …" if len(some) > EXAMPLES else "")
        for where, some in people.items()
    }


def _line(channel: str, found: Rehearsal, who: dict[tuple[str, str], str]) -> Line:
    count = found.counts[channel]
    skipped = [
        LeftOut(reason, n, who.get((channel, reason), ""))
        for reason, n in sorted(count["skip"].items(), key=lambda one: -one[1])
        if reason not in NAMED_ONCE
    ]
    return Line(LABELS[channel], count["send"], count["hold"], _until(channel, found), skipped)


def _until(channel: str, found: Rehearsal) -> str:
    """Until when it is held; with the day, where that is not today."""
    if channel not in found.held:
        return ""
    today = database_now().date()
    first, last = (f"{at:%H:%M}" if at.date() == today else f"{at:%Y-%m-%d %H:%M}" for at in found.held[channel])
    return f"until {first} UTC" if first == last else f"until between {first} and {last} UTC"


def _summary(found: Rehearsal, lines: list[Line]) -> str:
    people = "1 person" if found.recipients == 1 else f"{found.recipients:,} people"
    if not found.recipients:
        return "Will reach nobody."
    ways = ", ".join(_parts(lines)) or "by the inbox alone"
    if found.looked_at < found.recipients:
        return f"Will reach {people}. Of the first {found.looked_at:,}: {ways}."
    return f"Will reach {people}: {ways}."


def _parts(lines: list[Line]) -> Iterator[str]:
    """The inbox always has it, and goes without saying."""
    for line in lines:
        if line.send and line.label != LABELS[Channel.INBOX]:
            yield f"{line.send:,} by {_said(line.label)}"
        if line.hold:
            yield f"{line.hold:,} by {_said(line.label)} held {line.until or 'until the channel is resumed'}"


def _said(label: str) -> str:
    return label if label in ("SMS", "WhatsApp", "Apprise") else label[:1].lower() + label[1:]


def _unaddressed(found: Rehearsal, who: dict[tuple[str, str], str]) -> list[LeftOut]:
    inbox = found.counts.get(Channel.INBOX.value, {"skip": {}})["skip"]
    return [
        LeftOut(reason, inbox[reason], who.get((Channel.INBOX.value, reason), ""))
        for reason in NAMED_ONCE
        if inbox.get(reason)
    ]
