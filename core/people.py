"""What the desk keeps about a person: tickets and what they wrote there. Named in NOTIFICATION_KEEPERS."""

from collections.abc import Mapping
from typing import Any

from .models import Comment, Ticket

ERASED = "(erased)"


def objection(user_id: int) -> str:
    """Nothing speaks against it: a ticket goes on without whoever reported it."""
    return ""


def export(user_id: int) -> Mapping[str, Any]:
    """The tickets they reported or were given, and their comments."""
    said = ("id", "title", "description", "priority", "status", "created_at")
    return {
        "tickets_reported": list(Ticket.objects.filter(created_by_id=user_id).order_by("pk").values(*said)),
        "tickets_assigned": list(
            Ticket.objects.filter(assigned_to=user_id).order_by("pk").values("id", "title", "status")
        ),
        "ticket_comments": list(Comment.objects.filter(author_id=user_id).values("ticket_id", "text", "created_at")),
    }


def erase(user_id: int) -> Mapping[str, int]:
    """What they wrote goes; the ticket stays, with its state and times, and nobody has it who was erased."""
    given = Ticket.assigned_to.through.objects.filter(user_id=user_id)
    reported = Ticket.objects.filter(created_by_id=user_id).exclude(title=ERASED, description="")
    comments = Comment.objects.filter(author_id=user_id).exclude(text=ERASED)
    return {
        "tickets without their words": reported.update(title=ERASED, description=""),
        "comments without their words": comments.update(text=ERASED),
        "assignments": given.delete()[0],
    }
