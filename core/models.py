"""A ticket, and what was said about it. `status` changes in `Ticket.move_to` and nowhere else."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models

from . import roles


class Status(models.TextChoices):
    NEW = "new"
    OPEN = "open"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    FINISHED = "finished"
    APPROVED = "approved"
    REJECTED = "rejected"


class Priority(models.TextChoices):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


# docs/requirements.md, Tickets: where a ticket must be to get there; nothing leads back to NEW or out of APPROVED
REACHED_FROM: Mapping[Status, tuple[Status, ...]] = {
    Status.OPEN: (Status.NEW,),
    Status.ASSIGNED: (Status.OPEN, Status.ASSIGNED, Status.IN_PROGRESS, Status.REJECTED),
    Status.IN_PROGRESS: (Status.ASSIGNED, Status.REJECTED),
    Status.FINISHED: (Status.IN_PROGRESS,),
    Status.APPROVED: (Status.FINISHED,),
    Status.REJECTED: (Status.FINISHED,),
}


class WrongState(Exception):
    """The ticket's status forbids the move; nothing was written."""

    def __init__(self, status: str, target: Status) -> None:
        allowed = ", ".join(REACHED_FROM.get(target, ()))
        super().__init__(f"A ticket that is {status} cannot become {target}; it would have to be one of: {allowed}.")


class TicketQuerySet(models.QuerySet["Ticket"]):
    def visible_to(self, user: User) -> "TicketQuerySet":
        """All of them for managers and admins; else those the person reported or was given."""
        if roles.oversees(user):
            return self
        reported = Ticket.objects.filter(created_by=user).order_by().values("pk")
        given = Ticket.assigned_to.through.objects.filter(user_id=user.pk).values("ticket_id")
        return self.filter(pk__in=reported.union(given))  # OR would read every ticket, a join would list one twice

    def with_details(self) -> "TicketQuerySet":
        """What the API shows of a ticket, in a constant number of queries."""
        return self.prefetch_related("assigned_to", "comments__author")


class Ticket(models.Model):
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True, max_length=10_000)
    priority = models.CharField(max_length=6, choices=Priority.choices, default=Priority.NORMAL)
    status = models.CharField(max_length=11, choices=Status.choices, default=Status.NEW, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="tickets_created")
    assigned_to = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="tickets_assigned")
    resolution_due_at = models.DateTimeField(null=True, blank=True)
    estimated_resolution_time = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-id"], name="ticket_by_status"),
            models.Index(fields=["priority", "-id"], name="ticket_by_priority"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"

    def move_to(self, target: Status, **changes: datetime | None) -> None:
        """The only way to another status. The caller holds the row's lock. Raises WrongState."""
        if self.status not in REACHED_FROM.get(target, ()):
            raise WrongState(self.status, target)
        self.status = target
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=["status", "updated_at", *changes])


class Comment(models.Model):
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=10_000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]
