"""What a person wants, and in which words and when: only what they said differently from the defaults."""

from django.conf import settings
from django.db import models


class Preference(models.Model):
    """At most one per person; who has none has the defaults (deciding/preferences.py). Written under the Inbox lock."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    timezone = models.CharField(max_length=64, default="UTC", help_text="IANA name.")
    locale = models.CharField(max_length=16, default="en")
    quiet_start = models.TimeField(null=True, blank=True, help_text="Local time; both or neither.")
    quiet_end = models.TimeField(null=True, blank=True)
    min_priority = models.PositiveSmallIntegerField(default=0, help_text="0 (low) to 4 (critical).")
    only_categories = models.JSONField(null=True, blank=True, help_text="None: all of them.")
    muted_types = models.JSONField(default=list, blank=True)
    muted_categories = models.JSONField(default=list, blank=True)
    muted_sources = models.JSONField(default=list, blank=True)
    muted_tags = models.JSONField(default=list, blank=True)
    muted_threads = models.JSONField(default=list, blank=True)
    max_age_s = models.PositiveIntegerField(null=True, blank=True)
    digest = models.JSONField(default=dict, blank=True, help_text="{kind: window in seconds}; 0: none.")
    kinds = models.JSONField(default=dict, blank=True, help_text="{kind: {channel: bool}}, what was said.")
    unsubscribed = models.JSONField(default=dict, blank=True, help_text="{channel: [kinds]}; the kind * is all.")
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"
