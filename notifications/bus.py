"""In-process subscribers: they hear what happened, once it has committed, in the process that did it.

`dispatch.notify` is how something is published; docs/event-bus.md has an example of both. A handler may be late for
nothing and lose nothing of ours: it runs after delivery is settled, and what it raises goes to the log alone. But it
hears at most once: a process that is killed between the commit and the handler tells nobody. Who must hear of
everything subscribes a webhook.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import transaction

log = logging.getLogger("tidings.bus")
EVENT_DONE = "event.done"
CREATED, DELIVERED, READ, FAILED, ACTED = (
    f"notification.{what}" for what in ("created", "delivered", "read", "failed", "acted")
)
TYPES = (CREATED, DELIVERED, READ, FAILED, ACTED, EVENT_DONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """One person's notification, as far as it matters here."""

    notification_id: int
    user_id: int
    action_taken: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """What a handler gets: one event, and the recipients to whom it happened together (of `event.done`: none)."""

    type: str
    kind: str
    event_id: UUID
    at: datetime
    recipients: tuple[Recipient, ...] = ()


Handler = Callable[[Happened], object]
Given = TypeVar("Given", bound=Handler)
_subscribed: dict[str, list[tuple[frozenset[str], Handler]]] = {}


def subscribe(*kinds: str, on: str) -> Callable[[Given], Given]:
    """Decorate a handler: it hears of `on`, of these kinds or (none named) of all. Do it in `AppConfig.ready()`.

    Raises ValueError for a type or a spelling that would never be heard of.
    """
    if on not in TYPES:
        raise ValueError(f"{on!r} is none of {', '.join(TYPES)}")
    for kind in kinds:
        if not re.fullmatch("[a-z0-9_]+", kind):
            raise ValueError(f"write the kind {kind!r} in lower snake case")

    def keep(handler: Given) -> Given:
        unsubscribe(handler, on=on)  # ready() may run twice in tests
        _subscribed.setdefault(on, []).append((frozenset(kinds), handler))
        return handler

    return keep


def unsubscribe(handler: Handler, *, on: str) -> None:
    """It hears nothing of that any more."""
    _subscribed[on] = [(kinds, one) for kinds, one in _subscribed.get(on, []) if one != handler]


def subscribed_kinds() -> set[str]:
    """All that somebody has named: for the check that there are such kinds."""
    return {kind for each in _subscribed.values() for kinds, _ in each for kind in kinds}


def heard(on: str) -> frozenset[str] | None:
    """The kinds of which somebody wants to hear this: an empty set means all, None means that nobody does."""
    wanted = [kinds for kinds, _ in _subscribed.get(on, ())]
    if not wanted:
        return None
    return frozenset() if not all(wanted) else frozenset().union(*wanted)


def tell_after_commit(happened: Sequence[Happened]) -> None:
    """Run the handlers once the surrounding transaction has committed; never, if it rolls back."""
    if happened:
        transaction.on_commit(lambda: _tell(happened), robust=True)  # no partial: see live/bell.py


def _tell(happened: Sequence[Happened]) -> None:
    for one in happened:
        for kinds, handler in tuple(_subscribed.get(one.type, ())):
            if not kinds or one.kind in kinds:
                _call(handler, one)


def _call(handler: Handler, happened: Happened) -> None:
    try:
        handler(happened)
    except Exception:  # whatever it is, it is the handler's own: the others hear, and delivery goes on
        name = f"{getattr(handler, '__module__', '?')}.{getattr(handler, '__qualname__', handler)}"
        log.exception("subscriber %s failed on %s of event %s", name, happened.type, happened.event_id)
