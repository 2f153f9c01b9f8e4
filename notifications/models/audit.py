"""Who did what, and what became of it: written in the transaction of the act, never changed."""

from django.db import models


class AuditEntry(models.Model):
    """One act. It names people and things by value, so it outlives them.

    An act on many rows is one entry: `first_id` to `last_id` of `target_user_id`, or of the event it is about.
    """

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=64, help_text="noun.verb")
    entity_type = models.CharField(max_length=32)
    entity_id = models.CharField(max_length=64, blank=True)
    first_id = models.BigIntegerField(null=True)
    last_id = models.BigIntegerField(null=True)
    target_user_id = models.BigIntegerField(null=True)
    metadata = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["entity_id", "entity_type"], name="audit_about"),
            models.Index(fields=["target_user_id", "id"], name="audit_target"),
            models.Index(fields=["actor_id", "id"], name="audit_actor"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["first_id", "last_id"], name="audit_range"),
            models.Index(fields=["at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type} {self.entity_id}"
