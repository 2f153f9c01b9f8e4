"""What an event's page says: how far it has come, what came of it on each channel, and who (does not) have it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Max

from ...api.events.counting import counts
from ...events import Audience
from ...insight import explaining
from ...insight.explaining import Explanation
from ...models import Event
from ...wire import status
from ..people.finding import names
from ..told.ways import LABELS, TONE_OF_STATUS
from .audience import in_words

COUNTED = 1_000  # recipients; the counts of all of them are one click away
UNDER_WAY = (Event.State.SCHEDULED, Event.State.EXPANDING)
TONE_OF_STATE = {"scheduled": "waits", "expanding": "waits", "done": "good", "cancelled": "quiet"}


@dataclass(frozen=True, slots=True)
class OnChannel:
    """One line of the table; `waits`: what is still to be tried."""

    label: str
    send: int
    hold: int
    sent: int
    waits: int
    failed: int
    delivered: int | None
    read: int | None
    skipped: Mapping[str, int]


def progress(event: Event, *, exactly: bool = False) -> dict[str, Any]:
    """The part of the page that changes by itself."""
    most = None if exactly else COUNTED
    counted = counts(event, most=most)
    is_moving = event.state in UNDER_WAY or any(found.get("waiting") for found in counted.values())
    return {
        "event": event,
        "tone": TONE_OF_STATE[event.state],
        "channels": [_line(name, found) for name, found in counted.items()],
        "counted": most if most and event.recipients > most else None,
        "is_moving": is_moving,
        "highest": _highest_person() if event.state == Event.State.EXPANDING else None,
    }


def _line(channel: str, found: Mapping[str, Any]) -> OnChannel:
    return OnChannel(
        label=LABELS[channel],
        send=found["send"],
        hold=found["hold"],
        sent=found["sent"],
        waits=found.get("waiting", 0) + found.get("held", 0),
        failed=found["failed"] + found.get("unknown", 0),
        delivered=found.get("delivered"),
        read=found.get("read"),
        skipped=found["skip"],
    )


def _highest_person() -> int:
    """What `position` runs towards."""
    return int(get_user_model()._default_manager.aggregate(highest=Max("pk"))["highest"] or 0)


def audience(event: Event) -> str:
    return in_words(Audience.from_json(event.audience))


@dataclass(frozen=True, slots=True)
class Receipt:
    row: Any
    username: str
    status: str
    tone: str


def receipts(rows: list[Any], *, now: Any) -> list[Receipt]:
    """Who was told, and has it, and read it."""
    known = names([row.recipient_id for row in rows])
    words = [(row, status(row, now=now)) for row in rows]
    return [
        Receipt(row, known.get(row.recipient_id, f"user {row.recipient_id}"), word, TONE_OF_STATUS.get(word, "quiet"))
        for row, word in words
    ]


def why(event: Event, person: Any) -> Explanation:
    return explaining.explain(event, person.pk)
