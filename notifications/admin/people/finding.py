"""A person by whatever support is told: a number, a username, an e-mail address, or how the username begins."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import QuerySet

from ...database import beginning_with
from ..looking import number

FOUND = 25


def find(word: str) -> list[Any]:
    """Whoever it names; else those whose username begins so."""
    if found := exactly(word):
        return found
    start = _storable(word)
    return list(_people().filter(beginning_with(_username(), start)).order_by(_username())[:FOUND]) if start else []


def exactly(word: str) -> list[Any]:
    """Whoever has this username or number; else whoever has this address (no index has it), which several may have."""
    people, word = _people(), _storable(word)
    named = people.filter(**{_username(): word}).first() or people.filter(number(word, "pk")).first()
    if named:
        return [named]
    return list(people.filter(email=word).order_by("pk")[:FOUND]) if "@" in word else []


def _storable(word: str) -> str:
    """Postgres knows no NUL."""
    return word.replace("\0", "").strip()


def names(user_ids: Collection[int]) -> dict[int, str]:
    """{id: username} of those who still exist."""
    return dict(_people().filter(pk__in=user_ids).values_list("pk", _username()))


def _people() -> QuerySet[Any]:
    return get_user_model()._default_manager.all()


def _username() -> str:
    return str(get_user_model().USERNAME_FIELD)
