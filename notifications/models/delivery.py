"""Outward deliveries: one row per notification and channel that is to be tried, and one per attempt."""

import uuid

from django.conf import settings
from django.db import models

from ..events import Channel
from .event import Event
from .notification import NotificationLog


class Outcome(models.TextChoices):
    """What was decided."""

    SEND = "send"
    HOLD = "hold"
    SKIP = "skip"


class Delivery(models.Model):
    """It is its own queue: `waiting` and due means work. While it is leased, `due_at` is the lease's end.

    No foreign key is enforced: a chunk of an expansion writes thousands, and retention deletes what they point at last.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        HELD = "held"
        SENT = "sent"
        SKIPPED = "skipped"
        FAILED = "failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"
        UNKNOWN = "unknown"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, db_constraint=False, related_name="+")
    notification = models.ForeignKey(
        NotificationLog,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
        help_text="None: once per event (Apprise), or for another system (webhook).",
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    channel = models.CharField(max_length=9, choices=Channel.choices)
    target = models.CharField(max_length=64, blank=True, help_text="Webhook: its id and the type that is reported.")
    rung = models.PositiveSmallIntegerField(default=0, help_text="0: the kind's own channel; 1, 2 …: fallback.")
    outcome = models.CharField(max_length=4, choices=Outcome.choices)
    reason = models.CharField(max_length=24)
    state = models.CharField(max_length=9, choices=State.choices)
    priority = models.PositiveSmallIntegerField(help_text="0 (low) to 4 (critical).")
    due_at = models.DateTimeField(null=True, blank=True, help_text="None: a rung whose predecessor is not done yet.")
    lease = models.UUIDField(null=True, blank=True, help_text="Whose attempt is under way.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Started ones.")
    forgiven = models.PositiveSmallIntegerField(default=0, help_text="Attempts before staff ordered another round.")
    held_at = models.DateTimeField(null=True, blank=True, help_text="When it was held the last time.")
    held_for = models.CharField(max_length=24, blank=True, db_default="", default="", help_text="The reason then.")
    digest_key = models.CharField(
        max_length=128, blank=True, db_default="", default="", help_text="It waits to be told with others of this key."
    )
    carried_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_constraint=False,
        related_name="carried",
        help_text="The digest's delivery that tells this one too; it ends as that one ends.",
    )
    provider_id = models.CharField(max_length=255, blank=True)
    receipt = models.CharField(max_length=16, blank=True, help_text="What the provider said later: delivered, read …")
    receipt_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["notification", "channel", "target"], name="one_delivery_per_channel")
        ]
        indexes = [
            models.Index(  # the queue: a short walk per channel and priority
                fields=["channel", "priority", "due_at"],
                name="delivery_due",
                condition=models.Q(state__in=["waiting", "held"]),
            ),
            models.Index(  # what an acknowledgement stops
                fields=["recipient"],
                name="delivery_insisting",
                condition=models.Q(state="waiting") & (models.Q(rung__gt=0) | models.Q(channel="websocket")),
            ),
            models.Index(  # the open digest of a person
                fields=["recipient", "channel", "digest_key"],
                name="delivery_digest",
                condition=models.Q(state="held") & ~models.Q(digest_key=""),
            ),
            models.Index(fields=["provider_id"], name="delivery_provider", condition=~models.Q(provider_id="")),
            models.Index(  # what is stuck or dead
                fields=["state", "-created_at"],
                name="delivery_dead",
                condition=models.Q(state__in=["failed", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} for #{self.notification_id}: {self.state}"

    @property
    def digest_id(self) -> int | None:
        """The delivery whose message tells this one with others of its kind; its own where it is the first."""
        return self.carried_by_id or (self.pk if self.digest_key else None)


class Attempt(models.Model):
    """One call of a provider, written before it is made. `ended_at` None with a lapsed lease: outcome unknown."""

    class Outcome(models.TextChoices):
        RUNNING = "running"
        SENT = "sent"
        FAILED = "failed"
        UNKNOWN = "unknown"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, db_constraint=False, related_name="tries")
    number = models.PositiveSmallIntegerField(help_text="From 1.")
    channel = models.CharField(max_length=9, choices=Channel.choices)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, default=Outcome.RUNNING)
    answer = models.TextField(blank=True, help_text="What the provider said, without addresses.")
    provider_id = models.CharField(max_length=255, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempts_count_up")]
        indexes = [models.Index(fields=["channel", "started_at"], name="attempt_rate")]  # the cap per minute

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.delivery_id}: {self.outcome}"
