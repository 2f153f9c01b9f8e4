"""Who may do what at the desk. A role is a Django group; a superuser counts as an admin."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from django.contrib.auth.models import User
from django.db.models import QuerySet

if TYPE_CHECKING:
    from .models import Ticket

ADMIN, MANAGER, ENGINEER, REQUESTER = "admin", "manager", "engineer", "requester"


def oversees(user: User) -> bool:
    """Whether this person sees every ticket and decides what becomes of it."""
    return user.is_superuser or user.groups.filter(name__in=(ADMIN, MANAGER)).exists()


def engineers() -> QuerySet[User]:
    """The people a ticket can be given to."""
    return User.objects.filter(is_active=True, groups__name=ENGINEER)


def _overseer(user: User, ticket: "Ticket") -> bool:
    return oversees(user)


def _assignee(user: User, ticket: "Ticket") -> bool:
    return ticket.assigned_to.filter(pk=user.pk).exists()


def _onlooker(user: User, ticket: "Ticket") -> bool:
    return type(ticket).objects.visible_to(user).filter(pk=ticket.pk).exists()


MAY: Mapping[str, Callable[[User, "Ticket"], bool]] = {
    "open_ticket": _overseer,
    "assign": _overseer,
    "start_work": _assignee,
    "finish_work": _assignee,
    "approve": _overseer,
    "reject": _overseer,
    "add_comment": _onlooker,
}
