"""Where people and other systems are reached outside, and where not to try any more."""

from django.conf import settings
from django.db import models

from ..events import Channel


class Device(models.Model):
    """A browser (web push) or an app (FCM) of one person."""

    class Kind(models.TextChoices):
        WEBPUSH = "webpush"
        FCM = "fcm"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind.choices)
    address = models.TextField(unique=True, help_text="The endpoint's URL, or the token.")
    keys = models.JSONField(default=dict, blank=True, help_text="Web push: p256dh and auth.")
    created_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True, help_text="The provider says that it is no more.")

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class Phone(models.Model):
    """A person's number, used once it is verified. The code is kept as a hash."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    number = models.CharField(max_length=16, blank=True, help_text="E.164; empty: none is verified.")
    verified_at = models.DateTimeField(null=True, blank=True)
    asked_number = models.CharField(max_length=16, blank=True, help_text="The one that a code was sent to.")
    code_hash = models.CharField(max_length=128, blank=True)
    code_sent_at = models.DateTimeField(null=True, blank=True)
    tries_left = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"phone of {self.user_id}"


class Suppression(models.Model):
    """An address that bounced or complained: nothing is sent there until it is released."""

    channel = models.CharField(max_length=9, choices=Channel.choices)
    address = models.CharField(max_length=320, help_text="As it is sent to; e-mail in lower case.")
    why = models.TextField(blank=True)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "address"], name="suppressed_once")]

    def __str__(self) -> str:
        return f"{self.channel} {self.address}"


class Webhook(models.Model):
    """Another system that wants to hear. While `old_secret` is there, both sign."""

    url = models.CharField(max_length=500)
    types = models.JSONField(help_text="notification.created, notification.read, event.done …")
    secret = models.CharField(max_length=64)
    old_secret = models.CharField(max_length=64, blank=True)
    old_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.url


class PausedChannel(models.Model):
    """Staff have paused it: its deliveries wait."""

    channel = models.CharField(max_length=9, choices=Channel.choices, primary_key=True)
    since = models.DateTimeField()
    by_name = models.CharField(max_length=150, blank=True)

    def __str__(self) -> str:
        return self.channel
