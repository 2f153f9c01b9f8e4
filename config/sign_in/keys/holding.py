"""Whose key it is, what it is good for, and whether what was made with it still holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone

from notifications.sockets.sign_in import Refused

from ..models import ApiKey
from .issuing import Scope, digest

NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Program:
    """What a key says; `request.auth` of a request that came with one. The engine reads `scopes` alone."""

    key_id: int
    account: str
    people_id: int | None
    scopes: frozenset[str]
    expires_at: datetime | None


def holder(key: str) -> tuple[User, Program]:
    """The user who stands for the account, and what the key is good for, in one query. Raises Refused."""
    row = ApiKey.objects.select_related("account__user").filter(digest=digest(key)).first()
    if row is None:
        raise Refused("key_invalid", "The API key is not known.")
    now = timezone.now()
    if row.revoked_at or row.account.disabled_at:
        raise Refused("key_revoked", "The API key was revoked.")
    if row.expires_at and row.expires_at <= now:
        raise Refused("key_expired", "The API key has expired.")
    if row.last_used_at is None or row.last_used_at <= now - NOTED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)
    account = row.account
    return account.user, Program(row.pk, account.name, account.people_id, frozenset(row.scopes), row.expires_at)


def may_ask_for(program: Program, user_id: int) -> User | None:
    """The person, if a ticket of theirs may be asked for: one of the account's own, and nobody who has any power."""
    if program.people_id is None:
        return None
    return _without_power().filter(pk=user_id, groups=program.people_id).first()


def still_hold(grants: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Those pairs of key and person that would get a ticket now; two queries for any number, none for none."""
    asked = set(grants)
    if not asked:
        return set()
    good = ApiKey.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
        pk__in={key for key, _ in asked},
        revoked_at=None,
        account__disabled_at=None,
        account__people__isnull=False,
    )
    groups = {
        key: group for key, group, scopes in good.values_list("pk", "account__people", "scopes") if _issues(scopes)
    }
    own = _without_power().filter(pk__in={user for _, user in asked}, groups__in=set(groups.values()))
    members = set(own.values_list("groups", "pk"))
    return {(key, user) for key, user in asked if (groups.get(key), user) in members}


def _issues(scopes: Iterable[str]) -> bool:
    return Scope.TICKETS_ISSUE in scopes


def _without_power() -> QuerySet[User]:
    return User.objects.filter(is_active=True, is_staff=False, is_superuser=False)
