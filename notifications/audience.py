"""Who is addressed: an Audience becomes recipient ids, ascending: the order in which inboxes are locked.

Each way of being addressed is walked along its own index, a page at a time; nowhere is one table searched by several
conditions joined with OR, which no planner does well among 100,000 people.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Case, Expression, Min, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, Concat

from .database import id_list, is_one_of, storable
from .events import ADMIN, NAMESPACES, ROOT, Audience, Refused
from .models import Member, Room
from .prepared import Prepared

LONGEST_REASON = 64  # what a row holds; a role may have a longer name
Way = tuple[QuerySet[Any], Expression]  # rows with a `user`, and the reason they give


def check(audience: Audience) -> None:
    """Refuse unknown users, roles, rooms and namespaces. Raises Refused with the field's name."""
    _refuse_unknown("to.users", audience.users, _people(audience.users))
    _refuse_unknown("to.exclude", audience.exclude, _people(audience.exclude))
    _refuse_unknown("to.roles", audience.roles, _named_so(audience.roles, Group.objects.all()))
    check_rooms(audience, Room.objects.all())
    if audience.namespace not in (None, *NAMESPACES):
        raise Refused("to.namespace", f"There is no namespace {audience.namespace!r}.", "unknown_namespace")


def check_rooms(audience: Audience, known: QuerySet[Room]) -> None:
    """Refuse rooms that are not among these, in the same words whether they exist or not. Raises Refused."""
    _refuse_unknown("to.rooms", audience.rooms, _named_so(audience.rooms, known))
    if audience.related:
        room = [audience.related.room]
        _refuse_unknown("to.related.room", room, _named_so(room, known))


def _people(ids: Sequence[int]) -> set[int]:
    return {person.pk for person in _PEOPLE(id_list(storable(ids))[1])} if ids else set()


def _these(ids: str) -> QuerySet[Any]:
    return get_user_model().objects.filter(is_one_of("id", ids)).only("pk")


_PEOPLE = Prepared(_these)


def _named_so(names: Sequence[str], known: QuerySet[Any]) -> set[str]:
    return set(known.filter(name__in=names).values_list("name", flat=True)) if names else set()


def _refuse_unknown(field: str, given: Sequence[int | str], found: Collection[int | str]) -> None:
    if missing := [name for name in given if name not in found]:
        raise Refused(field, f"Unknown: {', '.join(map(str, missing[:10]))}.", "unknown")


def members(audience: Audience, *, namespace: str, after: int, limit: int) -> list[tuple[int, str]]:
    """(user id, reason) of the next `limit` active people beyond `after`, ascending; each of them once.

    The reason is the first that holds: the one given for this person, "addressed", the name of their role, what they
    are in the room that `related` names, what they are in one of `rooms`, "room <name>", "namespace …" or "everyone".
    Of several roles, or things they are in a room, the first by name.
    """
    ahead = [user for user in audience.exclude if user > after]
    audience = replace(audience, exclude=ahead)
    if _all_who_may_enter(audience):
        reasons = _walk(audience, namespace, after, limit)
    else:
        reasons = _gather(audience, namespace, after, limit)
    page = sorted(reasons)[:limit]
    return [(user, (audience.reasons.get(user) or reasons[user])[:LONGEST_REASON]) for user in page]


def size(audience: Audience, *, namespace: str) -> int:
    """How many people would be told now."""
    people = get_user_model().objects.filter(_may_be_told("", namespace, audience.exclude))
    if not _all_who_may_enter(audience):
        named = people.filter(pk__in=list(audience.users)).values_list("pk").order_by()
        rows = [found.values_list("user_id").order_by() for found, _ in _ways(audience)]
        people = people.filter(pk__in=reduce(lambda one, other: one.union(other), rows, named))
    return people.count()


def why_not(audience: Audience, user_id: int, *, namespace: str) -> str | None:
    """The reason for which this person is not told; None: they are. The reasons are those of docs/protocol.md §7."""
    person = get_user_model().objects.filter(pk__in=storable([user_id])).first()
    if user_id in audience.exclude:
        return "excluded"
    if person is None or not _is_addressed(audience, user_id):
        return "not_in_audience"
    if not person.is_active:
        return "inactive"
    return "not_in_namespace" if namespace == ADMIN and not person.is_staff else None


def _is_addressed(audience: Audience, user_id: int) -> bool:
    by_name = _all_who_may_enter(audience) or user_id in audience.users
    return by_name or any(rows.filter(user_id=user_id).exists() for rows, _ in _ways(audience))


def _all_who_may_enter(audience: Audience) -> bool:
    """With other parts a namespace is a label; alone it addresses all who may enter it."""
    others = audience.users or audience.roles or audience.rooms or audience.related
    return audience.everyone or (audience.namespace is not None and not others)


def _walk(audience: Audience, namespace: str, after: int, limit: int) -> dict[int, str]:
    """Along the people themselves; the nearer reasons of those on this page are looked up."""
    people = get_user_model().objects.filter(_may_be_told("", namespace, audience.exclude), id__gt=after)
    ids = list(people.order_by("id").values_list("id", flat=True)[:limit])
    general = "everyone" if audience.everyone else f"namespace {audience.namespace or ROOT}"
    reasons = dict.fromkeys(ids, general)
    if not ids:
        return reasons
    here = Q(user_id__gte=ids[0], user_id__lte=ids[-1])  # a foreign key has no `range`
    for rows, why in _ways(audience):
        nearer = dict(rows.filter(here).values_list("user_id").annotate(why=why).order_by())
        reasons |= {user: nearer[user] for user in nearer.keys() & reasons.keys()}
    return reasons | dict.fromkeys(reasons.keys() & set(audience.users), "addressed")


def _gather(audience: Audience, namespace: str, after: int, limit: int) -> dict[int, str]:
    """The next people of each way: whoever is on this page is on the page of each way that leads to them."""
    reasons: dict[int, str] = {}
    here = Q(user_id__gt=after) & _may_be_told("user", namespace, audience.exclude)
    for rows, why in _ways(audience):
        reasons |= dict(rows.filter(here).values_list("user_id").annotate(why=why).order_by("user_id")[:limit])
    return reasons | dict.fromkeys(_named(audience, namespace, after, limit), "addressed")


def _named(audience: Audience, namespace: str, after: int, limit: int) -> list[int]:
    wanted = sorted({user for user in storable(audience.users) if user > after}.difference(audience.exclude))
    found: list[int] = []
    while wanted and len(found) < limit:
        found += [person.pk for person in _NAMED[namespace](id_list(wanted[:limit])[1])]
        del wanted[:limit]
    return found


def _allowed_into(namespace: str) -> Prepared[Any]:
    def named(ids: str) -> QuerySet[Any]:
        return get_user_model().objects.filter(_may_be_told("", namespace, ()), is_one_of("id", ids)).only("pk")

    return Prepared(named)


_NAMED = {namespace: _allowed_into(namespace) for namespace in NAMESPACES}


def _ways(audience: Audience) -> list[Way]:
    """Beside being named oneself; the nearest reason comes last."""
    ways: list[Way] = []
    role = Case(When(~Q(role=""), then="role"))  # none: NULL, which Min() passes over
    there = Coalesce(Min(role), Concat(Value("room "), Min("room__name")))
    if audience.rooms:
        ways.append((Member.objects.filter(room__name__in=list(audience.rooms)), there))
    if audience.related:
        here = Member.objects.filter(room__name=audience.related.room, role__in=list(audience.related.roles))
        ways.append((here, there))
    if audience.roles:
        through = get_user_model().groups.through
        ways.append((through.objects.filter(group__name__in=list(audience.roles)), Min("group__name")))
    return ways


def _may_be_told(user: str, namespace: str, exclude: Sequence[int]) -> Q:
    """Active, not excluded, and allowed into the namespace; `user` leads from the rows to the person."""
    path = f"{user}__" if user else ""
    allowed: Mapping[str, bool] = {f"{path}is_active": True} | ({f"{path}is_staff": True} if namespace == ADMIN else {})
    return Q(**allowed) & ~Q(**{f"{user}_id__in" if user else "id__in": list(exclude)}) if exclude else Q(**allowed)
