"""Each function turns an act on a ticket into the event that announces it. Pure: nothing is read or written."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from notifications.events import Audience, Event, Subject

from .models import Ticket
from .roles import MANAGER

_EXCERPT = 280  # characters of a comment that fit a notification


def ticket_created(ticket: Ticket, *, actor: User) -> Event:
    return _event("ticket_created", ticket, actor, roles=[MANAGER])


def ticket_opened(ticket: Ticket, *, actor: User) -> Event:
    return _event("ticket_opened", ticket, actor, people=_requester(ticket))


def ticket_assigned(ticket: Ticket, *, actor: User, newcomers: Iterable[int]) -> Event:
    """Only those who did not have the ticket before are told."""
    return _event(
        "ticket_assigned", ticket, actor, people=_assignees(newcomers), due_at=_when(ticket.resolution_due_at)
    )


def ticket_work_started(ticket: Ticket, *, actor: User) -> Event:
    return _event("ticket_work_started", ticket, actor, people=_requester(ticket))


def ticket_work_finished(ticket: Ticket, *, actor: User, comment: str) -> Event:
    people = _requester(ticket)
    return _event("ticket_work_finished", ticket, actor, people=people, roles=[MANAGER], comment=_excerpt(comment))


def ticket_approved(ticket: Ticket, *, actor: User, assignees: Iterable[int]) -> Event:
    return _event("ticket_approved", ticket, actor, people=_requester(ticket) | _assignees(assignees))


def ticket_rejected(ticket: Ticket, *, actor: User, assignees: Iterable[int], reason: str) -> Event:
    return _event("ticket_rejected", ticket, actor, people=_assignees(assignees), reason=_excerpt(reason))


def ticket_comment_added(ticket: Ticket, *, actor: User, assignees: Iterable[int], text: str) -> Event:
    people = _requester(ticket) | _assignees(assignees)
    return _event("ticket_comment_added", ticket, actor, people=people, comment=_excerpt(text))


def _event(
    kind: str, ticket: Ticket, actor: User, *, people: Mapping[int, str] = {}, roles: Iterable[str] = (), **words: str
) -> Event:
    """`people` says of each why they are told; `words` are what this kind's text needs beside ticket and actor."""
    facts: dict[str, Any] = {"id": ticket.pk, "title": ticket.title, "status": str(ticket.status)}
    return Event(
        kind=kind,
        actor_id=actor.pk,
        audience=Audience(users=sorted(people), roles=tuple(roles), exclude=(actor.pk,), reasons=dict(people)),
        context={"ticket": {**facts, "priority": str(ticket.priority)}, **words},
        data={"ticket": facts},
        source="tickets",
        subject=Subject("ticket", str(ticket.pk)),
        thread=f"ticket:{ticket.pk}",
    )


def _requester(ticket: Ticket) -> dict[int, str]:
    return {ticket.created_by_id: "requester"}


def _assignees(ids: Iterable[int]) -> dict[int, str]:
    return dict.fromkeys(ids, "assignee")


def _when(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%-d %B %Y, %H:%M} UTC" if moment else "at no fixed time"


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"
