"""By what a person is named in texts, and the same texts without it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group

from ..models import Phone
from .people import tombstone

ERASED = "(erased)"
SHORTEST = 3  # characters: a shorter name is part of too much


@dataclass(frozen=True)
class Names:
    """`own` can mean nobody else, wherever it stands. `common` is short, or a role's name, too: it is taken for theirs
    only in what they sent or were told.
    """

    own: tuple[str, ...] = ()
    common: tuple[str, ...] = ()

    def __iter__(self) -> Any:
        return iter((*self.own, *self.common))

    @cached_property
    def spellings(self) -> tuple[str, ...]:
        """`own`, as text columns have it and as JSON may."""
        return tuple(dict.fromkeys(said for name in self.own for said in (name, json.dumps(name)[1:-1])))

    def removed_from(self, said: Any, *, common_too: bool) -> Any:
        """A text, or JSON with texts in it, without them; whole words only, in any case.

        >>> Names(own=("ada",)).removed_from({"to": ["Ada!", "Adana"]}, common_too=False)
        {'to': ['(erased)!', 'Adana']}
        """
        pattern = _pattern(tuple(self) if common_too else self.own)
        return _replaced(said, pattern) if pattern else said


def names_of(account: Any) -> Names:
    """Nothing of somebody who was erased before: a second run has no names to look for."""
    if account.get_username() == tombstone(account.pk):
        return Names()
    phones = Phone.objects.filter(pk=account.pk).values_list("number", "asked_number").first() or ()
    parts = (account.first_name, account.last_name)
    said = {account.get_username(), account.email, account.get_full_name(), *phones} - {""}
    taken = {name.lower() for name in Group.objects.values_list("name", flat=True)}
    own = {name for name in said if len(name) >= SHORTEST and name.lower() not in taken}
    common = (said | set(parts)) - own - {""}
    return Names(_longest_first(own), _longest_first(common))


def _longest_first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    listed = "|".join(re.escape(name) for name in names)
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE) if names else None


def _replaced(said: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(said, str):
        return pattern.sub(ERASED, said)
    if isinstance(said, list):
        return [_replaced(one, pattern) for one in said]
    if isinstance(said, dict):
        return {_replaced(key, pattern): _replaced(value, pattern) for key, value in said.items()}
    return said
