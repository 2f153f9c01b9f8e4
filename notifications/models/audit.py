"""Who did what, and what became of it: written in the transaction of the act, never changed, sealed soon after."""

from django.db import models


class AuditEntry(models.Model):
    """One act. It points at people and things by value, so it outlives them.

    An act on many rows is one entry: `first_id` to `last_id` of `target_user_id`, or of the event it is about.
    Who, what, when and on what is sealed as it stands. The particulars (a name, the metadata) stand beside it, and what
    is sealed of them is a salted hash: erased with their salt, they leave the seal whole (docs/audit-and-privacy.md).
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
    salt = models.CharField(max_length=32, null=True, help_text="Goes with the particulars when they are erased.")
    particulars_hash = models.CharField(max_length=64, blank=True, db_default="", default="", help_text="Once sealed.")
    batch = models.BigIntegerField(null=True, help_text="None: not sealed yet.")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["entity_id", "entity_type"], name="audit_about"),
            models.Index(fields=["target_user_id", "id"], name="audit_target"),
            models.Index(fields=["actor_id", "id"], name="audit_actor"),
            models.Index(fields=["action", "id"], name="audit_action"),
            models.Index(fields=["first_id", "last_id"], name="audit_range"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["batch", "id"], name="audit_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.entity_type} {self.entity_id}"


class AuditBatch(models.Model):
    """Entries sealed together. Its hash covers them and the batch before, so the last hash covers everything."""

    number = models.BigIntegerField(primary_key=True, help_text="1, 2, 3 …")
    previous = models.CharField(max_length=64, help_text="The hash of the batch before; of the first: zeros.")
    hash = models.CharField(max_length=64)
    seals = models.BinaryField(help_text="By id, 40 bytes an entry: its id, then the SHA-256 of what it says.")
    count = models.PositiveIntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "audit batches"

    def __str__(self) -> str:
        return f"batch {self.number}, sealed {self.sealed_at:%F %T}"
