"""Periodic work: one row a job, and whoever holds its lease does it."""

from django.db import models


class Job(models.Model):
    """Once per interval, however many workers there are; a lease that lapses is another's (workers/periodic.py)."""

    name = models.CharField(max_length=32, primary_key=True)
    due_at = models.DateTimeField()
    position = models.BigIntegerField(default=0, help_text="How far this pass has come.")
    lease = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name}, due {self.due_at:%F %T}"
