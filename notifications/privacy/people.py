"""Who is meant, and what the host keeps about them: it says how that is exported and erased, and the engine asks."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol, cast

from django.conf import settings
from django.contrib.auth import get_user_model

from ..database import storable


class Unknown(Exception):
    """There is no such person."""


class Objection(Exception):
    """This one cannot be erased; it says why, and what to do instead."""


class Keeper(Protocol):
    """A module of the host's, named in NOTIFICATION_KEEPERS. All three may be called again after a crash."""

    def objection(self, user_id: int) -> str:
        """Why this person cannot be erased; “”: nothing speaks against it."""

    def export(self, user_id: int) -> Mapping[str, Any]:
        """What it keeps about them, as plain JSON."""

    def erase(self, user_id: int) -> Mapping[str, int]:
        """Remove it, in the caller's transaction; {what: how many}."""


def keepers() -> list[Keeper]:
    return [cast(Keeper, import_module(name)) for name in settings.NOTIFICATION_KEEPERS]


def account_of(user_id: int) -> Any:
    """Their row. Raises Unknown."""
    found = get_user_model()._default_manager.filter(pk__in=storable([user_id])).first()
    if found is None:
        raise Unknown(f"There is no user {user_id}.")
    return found


def tombstone(user_id: int) -> str:
    """The username of an account whose person was erased."""
    return f"erased-{user_id}"
