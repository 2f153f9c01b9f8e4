"""Rooms: who makes them and who is in them. Each change is a verb, and in the audit."""

import re
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from . import audit
from .audit import Actor
from .database import database_now, storable
from .events import Refused
from .locks import transacting
from .models import Member, Room

NAME = "[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,127}"  # it stands in addresses
LONGEST_ROLE = 32


class NoEntry(Exception):
    """The room is closed, or there is none: whoever asks learns no more than that."""


class Taken(Exception):
    """There is a room of this name, and somebody else made it."""


def visible_to(user_id: int) -> QuerySet[Room]:
    """The rooms that a program may speak to: those it made, and the open ones."""
    return Room.objects.filter(Q(created_by=user_id) | Q(is_open=True))


def with_people(rooms: QuerySet[Room]) -> QuerySet[Any]:
    """With `people`: how many are in it; counted for the rooms that are shown, not for all of them."""
    members = Member.objects.filter(room=OuterRef("pk")).order_by().values("room")
    counted = members.annotate(people=Count("user", distinct=True)).values("people")
    return rooms.annotate(people=Coalesce(Subquery(counted), 0))


@transacting
def make(name: str, *, actor: Actor, is_open: bool | None = None, only_own: bool = False) -> tuple[Room, bool]:
    """The room, and whether it is new. One that is there already is opened or closed if `is_open` says so.

    Raises Refused for a name that cannot stand in an address, Taken where only one's own room will do.
    """
    if not re.fullmatch(NAME, name):
        raise Refused("room", "Letters, digits and _ . : @ + - only, the first a letter or a digit; at most 128.")
    now = database_now()
    new = {"created_by_id": actor[0], "created_at": now, "is_open": bool(is_open)}
    room, is_new = Room.objects.select_for_update(no_key=True).get_or_create(name=name, defaults=new)
    if only_own and room.created_by_id != actor[0]:
        raise Taken(name)
    if is_new:
        _record("room.created", room, actor, now, open=room.is_open)
    elif is_open is not None and room.is_open != is_open:
        room.is_open = is_open
        room.save(update_fields=["is_open"])
        _record("room.changed", room, actor, now, open=is_open)
    return room, is_new


@transacting
def remove(room_id: int, *, actor: Actor) -> None:
    """The room and who was in it; what they were told stays theirs. Repeating it changes nothing."""
    room = Room.objects.select_for_update().filter(pk=room_id).first()
    if room:
        _record("room.deleted", room, actor, database_now(), members=room.members.count())
        room.delete()


@transacting
def join(name: str, *, person: Actor) -> tuple[Room, bool]:
    """The room, and whether one was not in it before. Raises NoEntry."""
    room = Room.objects.select_for_update(no_key=True).filter(name=name).first()
    is_in = room is not None and room.members.filter(user_id=person[0]).exists()
    if room is None or not (room.is_open or is_in):
        raise NoEntry(name)
    if not is_in:
        now = database_now()
        Member.objects.create(room=room, user_id=person[0], joined_at=now)
        _record("room.joined", room, person, now, person[0])
    return room, not is_in


@transacting
def leave(name: str, *, person: Actor) -> bool:
    """Whether one was in it; whatever one was there one is no more."""
    room = Room.objects.select_for_update(no_key=True).filter(name=name).first()
    if room is None or not room.members.filter(user_id=person[0]).delete()[0]:
        return False
    _record("room.left", room, person, database_now(), person[0])
    return True


@transacting
def add_member(room_id: int, user_id: int, *, role: str = "", actor: Actor) -> tuple[Member, bool]:
    """What this person is in the room, and whether that is new: a person may be several things there.

    Raises Refused for an unknown person, Room.DoesNotExist.
    """
    room = Room.objects.select_for_update(no_key=True).get(pk=room_id)
    if not get_user_model().objects.filter(pk__in=storable([user_id])).exists():
        raise Refused("user_id", f"Unknown: {user_id}.", "unknown")
    now = database_now()
    member, is_new = Member.objects.get_or_create(room=room, user_id=user_id, role=role, defaults={"joined_at": now})
    if is_new:
        _record("member.added", room, actor, now, user_id, role=role)
    return member, is_new


@transacting
def remove_member(room_id: int, user_id: int, *, role: str | None = None, actor: Actor) -> int:
    """How many things this person is no more in the room: the one that is named, or all. Raises Room.DoesNotExist."""
    room = Room.objects.select_for_update(no_key=True).get(pk=room_id)
    leaving = room.members.filter(user_id__in=storable([user_id]), **({} if role is None else {"role": role}))
    roles = sorted(leaving.values_list("role", flat=True))
    leaving.delete()
    now = database_now()
    for one in roles:
        _record("member.removed", room, actor, now, user_id, role=one)
    return len(roles)


def _record(action: str, room: Room, actor: Actor, now: datetime, user_id: int | None = None, **about: Any) -> None:
    audit.record(action, "room", room.pk, actor=actor, target_user_id=user_id, at=now, room=room.name, **about)
