"""What happens to a ticket. Each act is one transaction: lock, check, write, announce once."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from notifications.dispatch import notify

from . import notifiers, roles
from .models import Comment, Priority, Status, Ticket


class NotAllowed(Exception):
    """The actor may not do this with this ticket (any more); nothing was written."""


@transaction.atomic
def create(*, actor: User, title: str, description: str = "", priority: str = Priority.NORMAL) -> Ticket:
    ticket = Ticket.objects.create(created_by=actor, title=title, description=description, priority=priority)
    notify(notifiers.ticket_created(ticket, actor=actor))
    return ticket


@transaction.atomic
def open_ticket(ticket_id: int, *, actor: User) -> Ticket:
    """Accept a new ticket as something to be worked on."""
    ticket = _locked(ticket_id, "open_ticket", actor)
    ticket.move_to(Status.OPEN)
    notify(notifiers.ticket_opened(ticket, actor=actor))
    return ticket


@transaction.atomic
def assign(
    ticket_id: int,
    *,
    actor: User,
    assigned_to: Collection[User],
    resolution_due_at: datetime,
    estimated_resolution_time: datetime | None = None,
) -> Ticket:
    """Give the ticket to `assigned_to` and to nobody else; only people who did not have it are told."""
    ticket = _locked(ticket_id, "assign", actor)
    newcomers = {user.pk for user in assigned_to} - _assignees(ticket)
    ticket.move_to(
        Status.ASSIGNED,
        resolution_due_at=resolution_due_at,
        estimated_resolution_time=estimated_resolution_time,
    )
    ticket.assigned_to.set(assigned_to)
    notify(notifiers.ticket_assigned(ticket, actor=actor, newcomers=newcomers))
    return ticket


@transaction.atomic
def start_work(ticket_id: int, *, actor: User) -> Ticket:
    ticket = _locked(ticket_id, "start_work", actor)
    ticket.move_to(Status.IN_PROGRESS)
    notify(notifiers.ticket_work_started(ticket, actor=actor))
    return ticket


@transaction.atomic
def finish_work(ticket_id: int, *, actor: User, comment: str) -> Ticket:
    """Hand the work in for approval; `comment` says what was done and is kept with the ticket."""
    ticket = _locked(ticket_id, "finish_work", actor)
    ticket.move_to(Status.FINISHED)
    Comment.objects.create(ticket=ticket, author=actor, text=comment)
    notify(notifiers.ticket_work_finished(ticket, actor=actor, comment=comment))
    return ticket


@transaction.atomic
def approve(ticket_id: int, *, actor: User) -> Ticket:
    ticket = _locked(ticket_id, "approve", actor)
    ticket.move_to(Status.APPROVED)
    notify(notifiers.ticket_approved(ticket, actor=actor, assignees=_assignees(ticket)))
    return ticket


@transaction.atomic
def reject(ticket_id: int, *, actor: User, reason: str) -> Ticket:
    """Send finished work back; `reason` is kept with the ticket as a comment."""
    ticket = _locked(ticket_id, "reject", actor)
    ticket.move_to(Status.REJECTED)
    Comment.objects.create(ticket=ticket, author=actor, text=reason)
    notify(notifiers.ticket_rejected(ticket, actor=actor, assignees=_assignees(ticket), reason=reason))
    return ticket


@transaction.atomic
def add_comment(ticket_id: int, *, actor: User, text: str) -> Ticket:
    ticket = _locked(ticket_id, "add_comment", actor)
    Comment.objects.create(ticket=ticket, author=actor, text=text)
    ticket.save(update_fields=["updated_at"])
    notify(notifiers.ticket_comment_added(ticket, actor=actor, assignees=_assignees(ticket), text=text))
    return ticket


def _locked(ticket_id: int, act: str, actor: User) -> Ticket:
    """The ticket, held until commit: of two acts at once, the second sees what the first did.

    The right to act is asked under the lock, because an assignee may have lost the ticket a moment ago.
    """
    ticket = Ticket.objects.select_for_update(no_key=True).get(pk=ticket_id)
    if not roles.MAY[act](actor, ticket):
        raise NotAllowed(f"{actor.get_username()} may not {act} ticket {ticket_id}.")
    return ticket


def _assignees(ticket: Ticket) -> set[int]:
    return set(ticket.assigned_to.values_list("pk", flat=True))
