"""All ways of being addressed, together, against an audience that is put together person by person."""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.audience import members, size, why_not
from notifications.events import Audience, Related
from notifications.models import Member

from .crowd import make_person, make_room

ROLES, ROOMS, THERE = ("crew", "manager"), ("task_1", "task_2", "project:3"), ("", "assignee", "manager")
PEOPLE = 16


def make_world() -> list[User]:
    """People of all sorts: each with some roles, in some rooms, as several things; some inactive, some staff."""
    people = []
    for n in range(PEOPLE):
        roles = [role for place, role in enumerate(ROLES) if n >> place & 1]
        people.append(make_person(*roles, is_active=n % 5 != 4, is_staff=n % 3 == 0))
    for place, room in enumerate(ROOMS):
        for step, role in enumerate(THERE):
            make_room(room, *people[place + step :: 2 + step], role=role)
    return people


@dataclass(frozen=True)
class Known:
    """What is asked of a person, read once."""

    person: User
    roles: frozenset[str]
    rooms: tuple[tuple[str, str], ...]


def known(person: User) -> Known:
    rooms = Member.objects.filter(user=person).values_list("room__name", "role")
    return Known(person, frozenset(person.groups.values_list("name", flat=True)), tuple(rooms))


def reason(one: Known, audience: Audience, namespace: str) -> str | None:
    """Why this person is told; None: they are not."""
    person = one.person
    if not person.is_active or person.pk in audience.exclude or (namespace == "/admin" and not person.is_staff):
        return None
    wanted = audience.related
    related = [(room, role) for room, role in one.rooms if wanted and room == wanted.room and role in wanted.roles]
    in_rooms = [(room, role) for room, role in one.rooms if room in audience.rooms]
    parts = audience.users or audience.roles or audience.rooms or wanted
    found = (
        ["addressed"] * (person.pk in audience.users),
        one.roles & set(audience.roles),
        *([role for _, role in way if role] or [f"room {room}" for room, _ in way] for way in (related, in_rooms)),
        ["everyone"] * audience.everyone,
        [f"namespace {audience.namespace}"] * (audience.namespace is not None and not parts),
    )
    nearest = next((min(reasons) for reasons in found if reasons), None)
    return audience.reasons.get(person.pk, nearest) if nearest else None


def some(of: Iterable[object]) -> st.SearchStrategy[list]:
    return st.lists(st.sampled_from(list(of)), max_size=4)


@pytest.mark.django_db
def test_everybody_is_told_once_for_the_nearest_reason_whatever_is_put_together() -> None:
    people = make_world()
    ids = [person.pk for person in people]
    all_known = [known(person) for person in people]
    related = st.builds(Related, st.sampled_from(ROOMS), st.lists(st.sampled_from(THERE), min_size=1, max_size=2))
    audiences = st.builds(
        Audience,
        users=some(ids),
        roles=some(ROLES),
        rooms=some(ROOMS),
        related=st.none() | related,
        everyone=st.sampled_from([False, False, True]),
        namespace=st.sampled_from([None, None, "/", "/admin"]),
        exclude=some(ids),
        reasons=st.dictionaries(st.sampled_from(ids), st.just("watcher"), max_size=3),
    )

    @settings(max_examples=80, deadline=None)
    @given(audience=audiences, limit=st.integers(1, PEOPLE + 1))
    def holds(audience: Audience, limit: int) -> None:
        namespace = audience.namespace or "/"
        expected = [(one.person.pk, why) for one in all_known if (why := reason(one, audience, namespace)) is not None]
        told: list[tuple[int, str]] = []
        while page := members(audience, namespace=namespace, after=told[-1][0] if told else 0, limit=limit):
            told += page
        assert told == expected
        assert size(audience, namespace=namespace) == len(expected)
        assert [user for user in ids if why_not(audience, user, namespace=namespace) is None] == [
            user for user, _ in expected
        ]

    holds()
