"""A person's inbox and its rows: narrow, one per recipient of an event."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import Exact

from ..events import Refused
from .event import Event, outlived


class Live(models.TextChoices):
    """What was decided for the open page."""

    SEND = "send"
    SKIP = "skip"


class Withdrawn(models.TextChoices):
    """Why a row left the inbox without its owner's doing."""

    NO = ""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REPLACED = "replaced"


def unexpired() -> models.Q:
    """Rows whose event has not expired, by the database's clock, or whose withdrawal is settled.

    Few events have expired and are still in the inboxes; looking for them costs less than joining each row's event.
    """
    return ~models.Q(event__in=Event.objects.filter(outlived(Now())))


def outward_failed() -> models.Q:
    """Channels outside were tried and all have ended failed: none was accepted, and none is still to come.

    One look at the row's own deliveries. Of an EXISTS Postgres would make a table of all that ever failed, for a page.
    """
    from .delivery import Delivery

    failed = (Delivery.State.FAILED, Delivery.State.UNKNOWN)
    may_arrive = (Delivery.State.WAITING, Delivery.State.HELD, Delivery.State.SENT)
    mine = Delivery.objects.filter(notification=models.OuterRef("pk"), recipient__isnull=False)
    tried = mine.filter(state__in=(*failed, *may_arrive)).order_by().values("notification")
    has_failed = models.Case(models.When(state__in=failed, then=1), default=0)
    all_failed = models.Subquery(tried.annotate(all_failed=models.Min(has_failed)).values("all_failed"))
    return models.Q(Exact(Coalesce(all_failed, 0), 1))


class Again(models.TextChoices):
    """Why a row that clients may know has a new seq."""

    REPUSH = "repush"
    SNOOZE = "snooze"


def erased_instead(collector: Any, field: Any, inboxes: Any, using: str) -> None:
    """An account that is deleted would take its rows along, and the ledger could not say where they went."""
    whose = ", ".join(str(inbox.pk) for inbox in inboxes)
    raise Refused(
        "user", f"Who was told something is erased, not deleted: manage.py erase_user {whose}", "erase_instead"
    )


class Inbox(models.Model):
    """One per person: the counters, and the lock. Whoever writes a person's rows holds this row first (locks.py)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=erased_instead, primary_key=True, related_name="+")
    last_seq = models.BigIntegerField(default=0)
    unread_count = models.PositiveIntegerField(
        default=0, help_text="Listed and unread; a test compares it with COUNT(*)."
    )
    listed_count = models.PositiveIntegerField(default=0, help_text="What the plain list shows.")
    rev = models.BigIntegerField(default=0, help_text="Rises with every change of this person's rows.")
    read_floor = models.BigIntegerField(default=0, help_text="No row at or below counts as unread.")
    seen_floor = models.BigIntegerField(default=0, help_text="Every row at or below has been seen.")
    delivered_floor = models.BigIntegerField(default=0, help_text="No row at or below waits for its first delivery.")

    def __str__(self) -> str:
        return f"inbox of {self.user_id}"


class ListedQuerySet(models.QuerySet["NotificationLog"]):
    def listed(self) -> "ListedQuerySet":
        """What the plain list counts: not archived, snoozed, deleted or withdrawn."""
        return self.filter(archived_at=None, snoozed_until=None, deleted_at=None, withdrawn=Withdrawn.NO)

    def to_show(self) -> "ListedQuerySet":
        """With what the notification object is made of: the event, and whether every way out has failed."""
        return self.select_related("event").annotate(outward_failed=outward_failed())


class NotificationLog(models.Model):
    """One event for one person. Its content is the event's; its place is `seq`, which is commit order."""

    event = models.ForeignKey(
        "Event", on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="rows"
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="+"
    )
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=64)
    priority = models.PositiveSmallIntegerField(help_text="0 low … 4 critical.")
    reason = models.CharField(max_length=64, help_text="Why this person was told.")
    locale = models.CharField(
        max_length=16, blank=True, db_default="", default="", help_text="Whose words it shows; “”: the event's."
    )
    live = models.CharField(max_length=4, choices=Live.choices, default=Live.SEND)
    live_reason = models.CharField(
        max_length=24, blank=True, db_default="", default="", help_text="Why; “”: the kind's default."
    )
    replaces = models.BigIntegerField(null=True, blank=True, help_text="The row of its thread that it replaced.")
    is_read = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    withdrawn = models.CharField(max_length=9, choices=Withdrawn.choices, default=Withdrawn.NO, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    rtt_ms = models.PositiveIntegerField(null=True, blank=True)
    again = models.CharField(max_length=6, choices=Again.choices, null=True, blank=True)
    action_taken = models.CharField(max_length=64, null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = ListedQuerySet.as_manager()

    class Meta:
        constraints = [
            # list, resume and keyset pages all walk this one index, in either direction
            models.UniqueConstraint(fields=["recipient", "seq"], name="seq_once_per_recipient"),
            models.UniqueConstraint(fields=["event", "recipient"], name="told_once_per_event"),
        ]
        # no index on a column that changes: updates stay HOT (docs/decisions.md); a snooze is rare
        indexes = [
            models.Index(  # the sweep: what comes back
                fields=["snoozed_until"], name="log_snoozed", condition=models.Q(snoozed_until__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq} for {self.recipient_id}"

    def mark_as_read(self) -> None:
        """Read, on every device of the recipient; repeating it changes nothing. The same way as the API's."""
        from ..inbox import mark_as_read

        mark_as_read(self.recipient_id, [self.pk])
        self.refresh_from_db()
