"""Figures: what is counted of many rows, and numbers that hosts hand in. Exactly what each means: docs/analytics.md."""

from django.db import models

from ..events import Channel


class Figure(models.Model):
    """A day's rows that are alike, counted; it stays when they are pruned. One writer at a time: figures/keeping.py."""

    day = models.DateField(help_text="UTC, of creation.")
    channel = models.CharField(
        max_length=9, choices=Channel.choices, help_text="“websocket” and “inbox”: notifications. Else: deliveries."
    )
    kind = models.CharField(max_length=64, blank=True, help_text="“” for deliveries.")
    priority = models.PositiveSmallIntegerField(help_text="0 low … 4 critical.")
    reason = models.CharField(max_length=24, blank=True, help_text="Why deliveries failed.")
    created = models.BigIntegerField(default=0)
    sent = models.BigIntegerField(default=0)
    delivered = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    delivery_ms = models.JSONField(default=dict, help_text="{bucket: how many}; figures/histogram.py.")
    rtt_ms = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "channel", "kind", "priority", "reason"], name="figure_once")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.channel} {self.kind}: {self.created}"


class Source(models.TextChoices):
    """The tables that are counted."""

    NOTIFICATIONS = "notifications"
    DELIVERIES = "deliveries"


class Counted(models.Model):
    """How far a table is in the figures. `version` tells a reader that figures moved while it was reading."""

    source = models.CharField(max_length=13, choices=Source.choices, primary_key=True)
    up_to = models.BigIntegerField(default=0, help_text="The highest id that has been counted.")
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.source} up to {self.up_to}"


class LateChange(models.Model):
    """A row that changed after it may have been counted: its old state with sign −1, its new one with +1.

    Written by triggers (figures/triggers.py), so that no way of changing a row can forget it; folded into the figures
    and deleted by the roll-up.
    """

    source = models.CharField(max_length=13, choices=Source.choices)
    row_id = models.BigIntegerField()
    sign = models.SmallIntegerField()
    day = models.DateField()
    channel = models.CharField(max_length=9)
    kind = models.CharField(max_length=64)
    priority = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=24)
    created = models.PositiveSmallIntegerField()
    sent = models.PositiveSmallIntegerField()
    delivered = models.PositiveSmallIntegerField()
    read = models.PositiveSmallIntegerField()
    failed = models.PositiveSmallIntegerField()
    delivery_ms = models.BigIntegerField(null=True)
    rtt_ms = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["source", "row_id"], name="late_by_row")]

    def __str__(self) -> str:
        return f"{self.sign:+d} {self.source} {self.row_id}"


class MetricSnapshot(models.Model):
    """A number that a host handed in: its value at that time, of the whole or of one subject."""

    name = models.CharField(max_length=64)
    value = models.FloatField()
    subject_kind = models.CharField(max_length=64, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    recorded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["name", "-id"], name="metric_by_name"),
            models.Index(fields=["recorded_at"], name="metric_retention"),
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"

    @property
    def subject(self) -> dict[str, str] | None:
        return {"kind": self.subject_kind, "id": self.subject_id} if self.subject_kind else None
