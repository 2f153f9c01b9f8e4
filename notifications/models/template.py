"""Words that staff wrote in place of the catalogue's."""

from django.conf import settings
from django.db import models

from ..events import Channel, Priority


class Template(models.Model):
    """What a kind says on one channel (blank: on all that have none of their own) in one language, as of now."""

    kind = models.CharField(max_length=64)
    channel = models.CharField(max_length=9, choices=Channel.choices, blank=True)
    locale = models.CharField(max_length=16, default="en")
    title = models.TextField(blank=True)
    message = models.TextField()
    priority = models.CharField(max_length=8, choices=Priority.choices, blank=True, help_text="Blank: the kind's.")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "channel", "locale"], name="one_template_per_place")]
        ordering = ["kind", "channel", "locale"]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel or 'all channels'} {self.locale}, version {self.version}"


class TemplateVersion(models.Model):
    """How a template read at one time; kept when the template is deleted. No foreign key."""

    template_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=64)
    channel = models.CharField(max_length=9, blank=True)
    locale = models.CharField(max_length=16)
    title = models.TextField(blank=True)
    message = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template_id", "version"], name="one_wording_per_version")]

    def __str__(self) -> str:
        return f"version {self.version} of template {self.template_id}"
