"""What happened, once, whoever is told of it."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ..events import DEFAULT_LOCALE, Category, Priority


def outlived(at: datetime | Now) -> models.Q:
    """Events that have expired and are still in the inboxes.

    A cancelled one is settled a first time by that: some keep it, until it expires.
    """
    return models.Q(expires_at__lte=at) & _UNSETTLED


_UNSETTLED = models.Q(settled_at__isnull=True) | models.Q(settled_at__lt=models.F("expires_at"))


class Event(models.Model):
    """The content of a notification lives here once and is never edited; rows per recipient point at it."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled"
        EXPANDING = "expanding"  # accepted; rows are being written, `position` says how far
        DONE = "done"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=64)
    category = models.CharField(max_length=16, choices=Category.choices)
    priority = models.CharField(max_length=8, choices=Priority.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, related_name="+"
    )
    actor_name = models.CharField(max_length=150, blank=True)
    audience = models.JSONField()
    context = models.JSONField(default=dict)
    title = models.CharField(max_length=255)
    message = models.TextField()
    words = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        help_text="{locale: {channel or “”: {title, message, version}}}; empty: title and message are all there is.",
    )
    data = models.JSONField(default=dict)
    source = models.CharField(max_length=64, blank=True)
    tags = models.JSONField(default=list)
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    namespace = models.CharField(max_length=32, default="/")
    room = models.CharField(max_length=128, null=True)
    thread = models.CharField(max_length=128, null=True)
    link = models.CharField(max_length=500, null=True)
    image = models.CharField(max_length=500, null=True)
    actions = models.JSONField(default=list)
    requires_acknowledgment = models.BooleanField(default=False)
    channels = models.JSONField(null=True)
    decided = models.JSONField(default=dict, help_text="Skipped for everybody alike: {channel: reason}.")
    search = models.TextField(help_text="Title and message in lower case: what ?search= looks through.")
    state = models.CharField(max_length=9, choices=State.choices)
    position = models.BigIntegerField(default=0, help_text="The highest user id that has been considered.")
    recipients = models.PositiveIntegerField(default=0, help_text="How many rows have been written.")
    pruned = models.PositiveIntegerField(default=0, help_text="How many of them retention has removed.")
    scheduled_for = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When the rows left the inboxes after expiry or cancel.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(  # the sweep: what is being expanded, or was cut off
                fields=["created_at"], name="event_open", condition=models.Q(state="expanding")
            ),
            models.Index(  # the sweep: what falls due
                fields=["scheduled_for"], name="event_scheduled", condition=models.Q(state="scheduled")
            ),
            models.Index(  # the sweep: what has expired but still counts in the inboxes
                fields=["expires_at"],
                name="event_unsettled",
                condition=models.Q(expires_at__isnull=False) & _UNSETTLED,
            ),
            models.Index(  # the sweep: what was cancelled but still counts in the inboxes
                fields=["created_at"],
                name="event_cancelled",
                condition=models.Q(state="cancelled", settled_at__isnull=True),
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="event_subject"),
            models.Index(fields=["actor", "-created_at"], name="event_by_actor"),
            models.Index(  # what a newer one of its thread replaces
                fields=["kind", "thread"], name="event_thread", condition=models.Q(thread__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    def nearest_locale(self, wanted: str) -> str:
        """The language of its words that comes nearest to this one; “”: the default's, as in title and message.

        >>> Event(words={"en": {}, "de": {}}).nearest_locale("de-AT")
        'de'
        """
        if wanted in self.words:
            return wanted
        language = wanted.partition("-")[0]
        return language if language in self.words else ""

    def words_in(self, locale: str, channel: str = "") -> tuple[str, str]:
        """Title and message in this language for this channel: the nearest there are. Rendered when it was accepted."""
        language = locale.partition("-")[0]
        spoken = self.words.get(locale) or self.words.get(language) or self.words.get(DEFAULT_LOCALE) or {}
        said = spoken.get(channel) or spoken.get("")
        return (said["title"], said["message"]) if said else (self.title, self.message)

    @property
    def sender(self) -> dict[str, Any] | None:
        return {"id": self.actor_id, "name": self.actor_name} if self.actor_id else None

    @property
    def subject(self) -> dict[str, str] | None:
        return {"kind": self.subject_kind, "id": self.subject_id} if self.subject_kind else None


class IdempotencyKey(models.Model):
    """A request that was accepted; kept for ever, so that its repetition is recognised. No foreign keys."""

    sender = models.BigIntegerField(help_text="The user's id; 0 for the system.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="sha256 of the path and the canonical body.")
    result = models.CharField(max_length=64, help_text="The id of what the request made.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "key"], name="one_result_per_key")]

    def __str__(self) -> str:
        return f"{self.sender}:{self.key}"


class Installation(models.Model):
    """The one row about this installation. `epoch` changes after a restore: a seq given again is another one."""

    epoch = models.UUIDField(default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.epoch)
