"""Whom an event addresses, in words."""

from collections.abc import Iterator, Sequence

from ...events import ADMIN, Audience
from ..people.finding import names

NAMED = 5  # people; of more, how many


def in_words(audience: Audience) -> str:
    """
    >>> in_words(Audience(everyone=True))
    'Everyone'
    >>> in_words(Audience(roles=["engineer"], rooms=["task_1"], namespace="/admin"))
    'Everyone with the role engineer; the members of the room task_1, of these only staff (namespace /admin)'
    """
    parts = list(_parts(audience))
    label = ", of these only staff (namespace /admin)" if audience.namespace == ADMIN and parts else ""
    if not parts:
        parts = ["all staff (namespace /admin)" if audience.namespace == ADMIN else "everyone (namespace /)"]
    left_out = f", but not {_people(audience.exclude)}" if audience.exclude else ""
    said = f"{'; '.join(parts)}{label}{left_out}"
    return said[:1].upper() + said[1:]


def _parts(audience: Audience) -> Iterator[str]:
    if audience.everyone:
        yield "everyone"
    if audience.users:
        yield _people(audience.users)
    if audience.roles:
        yield f"everyone with the {_list('role', audience.roles)}"
    if audience.rooms:
        yield f"the members of the {_list('room', audience.rooms)}"
    if related := audience.related:
        yield f"whoever is {' or '.join(related.roles)} in the room {related.room}"


def _list(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _people(user_ids: Sequence[int]) -> str:
    if len(user_ids) > NAMED:
        return f"{len(user_ids):,} people"
    return ", ".join(names(user_ids).get(user, f"user {user}") for user in user_ids)
