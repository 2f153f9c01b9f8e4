"""What ends tokens early, the tickets that sockets redeem, and the keys of other backends."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.validators import RegexValidator
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


class ServiceAccount(models.Model):
    """Another backend. `user` stands for it wherever a person would stand: it cannot sign in and is told nothing."""

    name = models.CharField(
        max_length=64,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_.-]*\Z", "Letters, digits and _ . - only.")],
        help_text="Shown as the sender.",
    )
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="service_account")
    people = models.ForeignKey(
        Group,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Its own users: for these, and for nobody else, it may ask for socket tickets.",
    )
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True, blank=True, help_text="Since then none of its keys is good.")

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key by its hash; who reads this table can use none of them.

    SHA-256, once and without salt: 256 random bits cannot be guessed, so a slow hash would only slow down each request.
    """

    account = models.ForeignKey(ServiceAccount, on_delete=models.CASCADE, related_name="keys")
    prefix = models.CharField(max_length=16, unique=True, help_text="How the key begins.")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the key.")
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        verbose_name_plural = "API keys"

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.account}"
