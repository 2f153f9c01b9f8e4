"""What ends tokens early, and the tickets that sockets redeem."""

from django.conf import settings
from django.db import models


class TokenVersion(models.Model):
    """How often a person's tokens were revoked; no row counts as 0.

    A number, not a time: `iat` has whole seconds, so a time could not tell a token from a revocation in its own second.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="token_version"
    )
    version = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"tokens of {self.user_id}: version {self.version}"


class SocketTicket(models.Model):
    """A ticket by its hash; who reads this table can sign in with none of them. It inherits what minted it."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the ticket.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    grant = models.CharField(max_length=64, help_text="What the ticket was minted with must still hold.")
    grant_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"ticket of {self.user_id} until {self.expires_at:%Y-%m-%dT%H:%M:%SZ}"
