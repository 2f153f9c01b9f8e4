"""What a bell says. It may be lost, doubled or late: whoever hears it checks `seq` and reads the rest."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from .. import wire
from ..models import Live, NotificationLog

VERSION = 1
LARGEST_BODY = 16 * 1024  # bytes; a larger body is read from the database by who needs it


class Head(NamedTuple):
    """One recipient's part of a new notification, and their counters just after it."""

    user_id: int
    id: int
    seq: int
    unread_count: int
    rev: int


@dataclass(frozen=True, slots=True)
class NewRing:
    """New rows of one event for people told for one reason; or a row in a new place."""

    name: str  # the frame's event name
    namespace: str
    tail: bytes | None  # the JSON object without `id` and `seq`, encoded once for everybody; None: read it
    heads: Sequence[Head]
    again: str | None = None  # why a row that clients may know has a new seq


@dataclass(frozen=True, slots=True)
class ChangeRing:
    """A person's rows changed; `frames` are (event name, data), for all of their devices."""

    user_id: int
    frames: Sequence[tuple[str, dict[str, Any]]]
    unread_count: int
    last_seq: int
    rev: int


@dataclass(frozen=True, slots=True)
class SignOutRing:
    """A person's tokens were revoked: look again who may stay."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Nonce:
    """A hub hearing itself: the bell is alive."""

    value: str


Ring = NewRing | ChangeRing | SignOutRing | Nonce
_TAGS: dict[str, type] = {"new": NewRing, "change": ChangeRing, "sign_out": SignOutRing, "nonce": Nonce}
_TAG_OF = {made: tag for tag, made in _TAGS.items()}


def tail(row: NotificationLog, *, now: datetime, is_silent: bool) -> bytes | None:
    """What all have in common who are rung for rows like this one; its event is loaded.

    None: whoever needs it reads it, and what is not shown live is not there to be read.
    """
    if row.live == Live.SKIP:
        return None
    body = wire.body(row, now=now, is_silent=is_silent)
    return body if len(body) <= LARGEST_BODY else None


def pack(ring: Ring) -> list[Any]:
    """Plain lists and numbers, for the channel layer."""
    if isinstance(ring, NewRing):
        return ["new", ring.name, ring.namespace, ring.tail, ring.heads, ring.again]
    return [_TAG_OF[type(ring)], *astuple(ring)]


def unpack(packed: Sequence[Any]) -> Ring | None:
    """The ring, or None for one of a kind we do not know (a newer process in a rolling deploy)."""
    tag, *fields = packed
    if tag == "new":
        name, namespace, tail, heads, again = fields
        return NewRing(name, namespace, tail, [Head._make(head) for head in heads], again)
    made = _TAGS.get(tag)
    return made(*fields) if made else None


def weight(ring: Ring) -> int:
    """About how many bytes it takes on the wire."""
    if isinstance(ring, NewRing):
        return 100 + len(ring.tail or b"") + 30 * len(ring.heads)
    return 300
