"""Accounts of other backends and their keys: each change is a verb, and in the audit."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import TextChoices
from django.utils import timezone

from notifications import audit
from notifications.api import permissions
from notifications.audit import Actor

from ..models import ApiKey, ServiceAccount

RANDOM_BYTES = 32
_USERNAME = "service:{}"  # no sign-up form takes a colon


class Scope(TextChoices):
    """What a key may be good for."""

    EVENTS_SEND = permissions.EVENTS_SEND, "send events, and see and cancel its own"
    ROOMS_MANAGE = permissions.ROOMS_MANAGE, "make rooms, and say who is in them"
    TICKETS_ISSUE = "tickets:issue", "ask for socket tickets of its own users"


@transaction.atomic
def create_account(name: str, *, people: Group | None = None, actor: Actor | None = None) -> ServiceAccount:
    """The account, with the user who stands for it. Raises ValidationError for a name that is taken or is none."""
    now = timezone.now()
    account = ServiceAccount(name=name, people=people, created_at=now)
    account.full_clean(exclude=["user"])
    user = User(username=_USERNAME.format(name), first_name=name, is_active=False)
    user.set_unusable_password()
    user.full_clean(exclude=["username", "password"])  # the colon is meant
    user.save(force_insert=True)
    account.user = user
    account.save(force_insert=True)
    audit.record("account.created", "service_account", account.pk, actor=actor, at=now, name=name)
    return account


@transaction.atomic
def set_people(account: ServiceAccount, people: Group | None, *, actor: Actor) -> None:
    """Whose tickets it may ask for; connections of people outside close within 30 s."""
    account.people = people
    account.save(update_fields=["people"])
    name = people.name if people else None
    audit.record("account.changed", "service_account", account.pk, actor=actor, people=name)


@transaction.atomic
def switch(account_id: int, *, on: bool, actor: Actor) -> None:
    """Off: none of its keys is good from now on. Repeating it changes nothing."""
    now = timezone.now()
    changed = ServiceAccount.objects.filter(pk=account_id, disabled_at__isnull=not on)
    if changed.update(disabled_at=None if on else now):
        action = "account.enabled" if on else "account.disabled"
        audit.record(action, "service_account", account_id, actor=actor, at=now)


@transaction.atomic
def create_key(
    account: ServiceAccount, scopes: Sequence[str], *, expires_at: datetime | None = None, actor: Actor | None = None
) -> tuple[ApiKey, str]:
    """The row, and the key itself, which is stored nowhere: show it once."""
    now = timezone.now()
    prefix = f"tdg_{secrets.token_hex(4)}"
    key = f"{prefix}_{secrets.token_urlsafe(RANDOM_BYTES)}"
    named = [scope.value for scope in Scope if scope in scopes]
    row = ApiKey.objects.create(
        account=account, prefix=prefix, digest=digest(key), scopes=named, created_at=now, expires_at=expires_at
    )
    audit.record(
        "key.created", "api_key", row.pk, actor=actor, at=now, prefix=prefix, scopes=named, account=account.name
    )
    return row, key


@transaction.atomic
def revoke(key_id: int, *, actor: Actor) -> None:
    """Good for nothing from now on; sockets opened with its tickets close within 30 s. Repeating it changes nothing."""
    now = timezone.now()
    if ApiKey.objects.filter(pk=key_id, revoked_at=None).update(revoked_at=now):
        audit.record("key.revoked", "api_key", key_id, actor=actor, at=now)


def digest(key: str) -> str:
    return sha256(key.encode(errors="surrogatepass")).hexdigest()
