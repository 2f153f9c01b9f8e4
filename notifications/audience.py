"""Who is addressed: an Audience becomes recipient ids, ascending: the order in which inboxes are locked."""

from collections.abc import Iterator, Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from .database import storable
from .events import ADMIN, NAMESPACES, ROOT, Audience, Refused

LONGEST_REASON = 64  # what a row holds; a role may have a longer name


def check(audience: Audience) -> None:
    """Refuse unknown users, roles and namespaces. Raises Refused with the field's name."""
    _refuse_unknown("to.users", audience.users, get_user_model().objects.all(), "id")
    _refuse_unknown("to.exclude", audience.exclude, get_user_model().objects.all(), "id")
    _refuse_unknown("to.roles", audience.roles, Group.objects.all(), "name")
    if audience.namespace not in (None, *NAMESPACES):
        raise Refused("to.namespace", f"There is no namespace {audience.namespace!r}.", "unknown_namespace")


def _refuse_unknown(field: str, given: Sequence[int | str], known: QuerySet, column: str) -> None:
    if not given:
        return
    found = set(known.filter(**{f"{column}__in": storable(given)}).values_list(column, flat=True))
    if missing := [name for name in given if name not in found]:
        raise Refused(field, f"Unknown: {', '.join(map(str, missing[:10]))}.", "unknown")


def members(audience: Audience, *, namespace: str, after: int, limit: int) -> list[tuple[int, str]]:
    """(user id, reason) of the next `limit` active people beyond `after`, ascending; each of them once."""
    people = _addressed(audience, namespace).filter(id__gt=after).order_by("id")
    ids = list(people.values_list("id", flat=True)[:limit])
    return list(_with_reasons(ids, audience))


def size(audience: Audience, *, namespace: str) -> int:
    """How many people would be told now."""
    return _addressed(audience, namespace).count()


def _addressed(audience: Audience, namespace: str) -> QuerySet:
    users = get_user_model().objects.filter(is_active=True)
    if not audience.everyone:
        users = users.filter(_parts(audience))
    if namespace == ADMIN:
        users = users.filter(is_staff=True)
    return users.exclude(id__in=audience.exclude) if audience.exclude else users


def _parts(audience: Audience) -> Q:
    q = Q(id__in=list(audience.users))
    if audience.roles:
        q |= Q(id__in=_members_of(audience.roles).values("user_id"))
    if _by_namespace_alone(audience):
        q |= Q(is_active=True)  # `_addressed` lets in only those who may enter
    return q


def _by_namespace_alone(audience: Audience) -> bool:
    """With other parts a namespace is a label; alone it addresses all who may enter it."""
    return audience.namespace is not None and not (audience.users or audience.roles)


def _members_of(roles: Sequence[str]) -> QuerySet:
    return get_user_model().groups.through.objects.filter(group__name__in=list(roles))


def _with_reasons(ids: list[int], audience: Audience) -> Iterator[tuple[int, str]]:
    by_role: dict[int, str] = {}
    if audience.roles:
        held = _members_of(audience.roles).filter(user_id__in=ids).order_by("user_id", "-group__name")
        by_role = dict(held.values_list("user_id", "group__name"))
    named = set(audience.users)
    general = "everyone" if audience.everyone else f"namespace {audience.namespace or ROOT}"
    for user in ids:
        reason = audience.reasons.get(user) or ("addressed" if user in named else by_role.get(user, general))
        yield user, reason[:LONGEST_REASON]
