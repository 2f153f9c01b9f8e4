"""An event is accepted in the caller's transaction, and told after it commits."""

import logging
from datetime import datetime
from typing import Any

import orjson
from django.contrib.auth import get_user_model
from django.db import transaction

from .. import audience, audit, expansion, meters
from ..database import database_now
from ..events import NAMESPACES, ROOT, Category, Event, Priority, Refused
from ..many import insert_each
from ..models import Event as EventRow
from ..prepared import Prepared
from ..words import catalogue
from ..words.wording import LONGEST_TITLE, Wording, wording

__all__ = ["LONGEST_TITLE", "draft", "notify"]

log = logging.getLogger("tidings.dispatch")
_GIVEN_AS = {"kind": "notification_type", "audience": "to", "subject_kind": "subject", "subject_id": "subject"}
_PEOPLE = Prepared(lambda pk: get_user_model().objects.filter(pk=pk))


def notify(event: Event) -> EventRow:
    """Accept one event and tell its audience once the surrounding transaction has committed.

    The row and its audit entry are the promise: if nothing more happens here, the sweep does the rest.
    A transaction that rolls back tells nobody. Raises Refused, before anything is written.
    """
    row = draft(event)
    with transaction.atomic(savepoint=False):  # what is written here stands or falls with the caller's
        insert_each([row])
        actor = (row.actor_id, row.actor_name) if row.actor_id else None
        audit.record("event.created", "event", row.pk, actor=actor, at=row.created_at, kind=row.kind)
        meters.after_commit(lambda: _note(row))
        if row.state == EventRow.State.EXPANDING:
            transaction.on_commit(lambda: _tell(row), robust=True)  # no partial: see live/bell.py
    return row


def draft(event: Event) -> EventRow:
    """The row of this event, not saved. Raises Refused for whatever cannot be accepted."""
    audience.check(event.audience)
    row = _row(event, now=database_now())
    _make_storable(row)
    return row


def _note(event: EventRow) -> None:
    meters.accepted.labels(event.kind).inc()
    about = {"event_id": str(event.pk), "kind": event.kind, "user_id": event.actor_id, "state": event.state}
    log.info("event accepted", extra=about)


def _tell(event: EventRow) -> None:
    if not expansion.expand_small(event):
        expansion.work.set()


def _row(event: Event, *, now: datetime) -> EventRow:
    kind, category = _kind(event)
    actor_name = _name_of(event.actor_id)
    said = wording(kind, title=event.title, message=event.message, context=event.context, sender=actor_name)
    priority = event.priority or said.priority
    if priority not in Priority.values:
        raise Refused("priority", f"{priority!r} is none of {', '.join(Priority.values)}.", "unknown_priority")
    _refuse_past("scheduled_for", event.scheduled_for, now)
    _refuse_past("expires_at", event.expires_at, now)
    return EventRow(
        kind=kind.name,
        category=category,
        priority=priority,
        actor_id=event.actor_id,
        actor_name=actor_name,
        audience=event.audience.as_json(),
        context=dict(event.context),
        title=said.title,
        message=said.message,
        words=said.words,
        data=dict(event.data),
        source=event.source,
        tags=list(event.tags),
        subject_kind=event.subject.kind if event.subject else "",
        subject_id=event.subject.id if event.subject else "",
        namespace=_namespace(event),
        room=event.audience.room,
        thread=event.thread,
        link=event.link,
        image=event.image,
        actions=[{"id": action.id, "label": action.label} for action in event.actions],
        requires_acknowledgment=(
            kind.requires_acknowledgment if event.requires_acknowledgment is None else event.requires_acknowledgment
        ),
        channels=list(event.channels) if event.channels is not None else None,
        search=_searched(said),
        state=EventRow.State.SCHEDULED if event.scheduled_for else EventRow.State.EXPANDING,
        scheduled_for=event.scheduled_for,
        expires_at=event.expires_at,
        created_at=now,
    )


def _kind(event: Event) -> tuple[catalogue.Kind, str]:
    """The catalogue's entry and the category. A category's name as a kind is `general` in that category."""
    named = catalogue.canonical(event.kind)
    kind = catalogue.find(named)
    implied = None
    if kind is None and named in Category.values:
        kind, implied = catalogue.find("general"), named
    if kind is None:
        raise Refused("notification_type", f"There is no kind {event.kind!r}.", "unknown_kind")
    category = event.category or implied or kind.category
    if category not in Category.values:
        raise Refused("category", f"{category!r} is none of {', '.join(Category.values)}.", "unknown_category")
    return kind, category


def _searched(said: Wording) -> str:
    """The words of every language, in lower case."""
    texts = {f"{said.title}\n{said.message}": None}
    for spoken in said.words.values():
        texts |= {f"{words['title']}\n{words['message']}": None for channel, words in spoken.items() if not channel}
    return "\n".join(texts).lower()


def _namespace(event: Event) -> str:
    """The label of the rows. An audience that is a namespace is labelled with it."""
    named = event.audience.namespace
    if event.namespace not in NAMESPACES or (named and event.namespace not in (ROOT, named)):
        raise Refused("to.namespace", f"It cannot be {event.namespace!r} here.", "unknown_namespace")
    return named or event.namespace


def _make_storable(row: EventRow) -> None:
    """Refuse now what a column or the encoder of frames would refuse later, in a worker, again and again."""
    for field in EventRow._meta.concrete_fields:
        given = getattr(row, field.attname)
        if isinstance(given, str | dict | list):
            try:
                setattr(row, field.attname, _storable(given, most=getattr(field, "max_length", None)))
            except ValueError as error:
                raise Refused(_GIVEN_AS.get(field.name, field.name), str(error)) from error


def _storable(given: Any, *, most: int | None) -> Any:
    """The same as plain JSON. Raises ValueError."""
    if isinstance(given, str) and most is not None and len(given) > most:
        raise ValueError(f"At most {most} characters.")
    try:
        encoded = orjson.dumps(given)
    except TypeError as error:
        raise ValueError(f"{error}.") from error
    if b"\\u0000" in encoded.replace(rb"\\", b""):
        raise ValueError("The character NUL cannot be stored.")
    return orjson.loads(encoded)


def _refuse_past(field: str, at: datetime | None, now: datetime) -> None:
    if at is not None and at <= now:
        raise Refused(field, "This time lies in the past.", "in_the_past")


def _name_of(user_id: int | None) -> str:
    if user_id is None:
        return ""
    user = next(iter(_PEOPLE(user_id)), None)
    if user is None:
        raise Refused("sender", f"Unknown user {user_id}.", "unknown")
    return user.get_full_name() or user.get_username()
