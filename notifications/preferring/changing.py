"""The writer of what a person wants. Each change holds the person's Inbox row and leaves one entry in the audit."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db.models import Q

from .. import audit
from ..audit import Actor
from ..database import database_now
from ..deciding import wishes
from ..deciding.preferences import EVERY_KIND
from ..delivery import queue
from ..events import Channel, Refused
from ..locks import lock_inbox, transacting
from ..models import Delivery, Preference
from ..words import catalogue
from . import grid, values
from .showing import shown

READ_ONLY = {
    "phone": "Ask for a code at verify_phone/ and say it at confirm_phone/.",
    "unsubscribed": "Say it in kinds.",
}
_DECIDES_WHEN = {"timezone", "quiet_hours.start", "quiet_hours.end"}
_COLUMNS: Mapping[str, Callable[[Any, str], Any]] = {
    "timezone": values.zone,
    "locale": values.locale,
    "min_priority": values.priority,
    "only_categories": values.only_categories,
    "muted_types": lambda value, place: values.each(value, place, is_read=values.to_mute),
    "muted_categories": lambda value, place: values.each(value, place, is_read=values.category_to_mute),
    "muted_sources": lambda value, place: _texts(value, place),
    "muted_tags": lambda value, place: _texts(value, place),
    "muted_threads": lambda value, place: _texts(value, place),
    "max_age_s": lambda value, place: values.number(value, place, least=1, most=values.LONGEST_AGE_S),
}
FIELDS = (*_COLUMNS, "quiet_hours", "digest", "kinds")


@transacting
def change(person: Actor, body: Mapping[str, Any], *, replaces: bool = False) -> None:
    """What docs/protocol.md §4 says of PATCH, or of PUT where it `replaces`. Raises Refused; then nothing has changed.

    What quiet hours hold back is decided again at once when they or the zone change.
    """
    user_id = person[0]
    lock_inbox(user_id)
    row = _row(user_id)
    _refuse_strangers(body, user_id)
    fresh = Preference(user_id=user_id, unsubscribed=row.unsubscribed) if replaces else _row(user_id)
    for name, value in body.items():
        if name in _COLUMNS:
            setattr(fresh, name, _default(name) if value is None else _COLUMNS[name](value, name))
    _read_quiet_hours(fresh, body)
    fresh.digest = _read_digest(fresh, body)
    _read_kinds(fresh, body, before=row, replaces=replaces)
    _save(fresh, before=row, actor=person, via="api")


@transacting
def unsubscribe(user_id: int, kind: str, *, channel: str = Channel.EMAIL, via: str) -> None:
    """Nothing of this kind (EVERY_KIND: of any) goes to the person there. Repeating it changes nothing.

    Raises Refused for what is mandatory.
    """
    if values.is_mandatory(catalogue.find(kind)):
        raise Refused("kind", f"{kind} is mandatory: nobody can unsubscribe from it.", "mandatory")
    _rewrite(user_id, via, lambda writing: writing.leave(kind, channel))


@transacting
def resubscribe(user_id: int, kind: str, *, channel: str = Channel.EMAIL, via: str) -> None:
    """Undo it. Repeating it changes nothing."""

    def rejoin(writing: grid.Writing) -> None:
        writing.rejoin(kind, channel)
        if kind != EVERY_KIND:
            writing.say(kind, channel, on=True)

    _rewrite(user_id, via, rejoin)


def _rewrite(user_id: int, via: str, write: Callable[[grid.Writing], None]) -> None:
    lock_inbox(user_id)
    before, fresh = _row(user_id), _row(user_id)
    writing = grid.Writing(wishes.preferences(before), replaces=False, said=fresh.kinds, left=fresh.unsubscribed)
    write(writing)
    fresh.kinds, fresh.unsubscribed = writing.said, writing.left
    _save(fresh, before=before, actor=None, via=via)


# --- to read what was sent ---------------------------------------------------


def _refuse_strangers(body: Mapping[str, Any], user_id: int) -> None:
    for name, value in body.items():
        if name in READ_ONLY:
            if value != shown(user_id)[name]:
                raise Refused(name, f"It is not changed here. {READ_ONLY[name]}", "read_only")
        elif name not in FIELDS:
            raise Refused(name, f"There is no such preference; there are {', '.join(FIELDS)}.", "unknown_field")


def _texts(value: Any, place: str) -> list[str]:
    longest = values.LONGEST[place]
    return values.each(value, place, is_read=lambda one, where: values.text(one, where, longest=longest))


def _default(name: str) -> Any:
    return getattr(Preference(), name)


def _read_quiet_hours(row: Preference, body: Mapping[str, Any]) -> None:
    if "quiet_hours" not in body:
        return
    given = body["quiet_hours"]
    if given is None:
        row.quiet_start = row.quiet_end = None
        return
    for name, value in values.parts(given, "quiet_hours").items():
        if name not in ("start", "end"):
            raise Refused(f"quiet_hours.{name}", "Say start and end.", "unknown_field")
        setattr(row, f"quiet_{name}", values.clock_time(value, f"quiet_hours.{name}"))
    for name in ("start", "end"):
        if getattr(row, f"quiet_{name}") is None:
            raise Refused(f"quiet_hours.{name}", "Say both start and end.", "required")
    if row.quiet_start == row.quiet_end:
        raise Refused("quiet_hours.end", "It is the same as start. To be left in peace all day, mute.")


def _read_digest(row: Preference, body: Mapping[str, Any]) -> grid.Windows:
    given = body.get("digest", {})
    return {} if given is None else grid.read_windows(given, "digest", windows=row.digest)


def _read_kinds(row: Preference, body: Mapping[str, Any], *, before: Preference, replaces: bool) -> None:
    given = body.get("kinds", {})
    said = {} if given is None else row.kinds
    writing = grid.Writing(wishes.preferences(before), replaces, said, row.unsubscribed)
    if given is not None:
        writing.kinds(given, "kinds")
    row.kinds, row.unsubscribed = writing.said, writing.left


# --- to write it -------------------------------------------------------------


def _row(user_id: int) -> Preference:
    """A copy of its own each time: what is stored, or what is meant when nothing is."""
    return Preference.objects.filter(pk=user_id).first() or Preference(user_id=user_id)


def _save(row: Preference, *, before: Preference, actor: Actor | None, via: str) -> None:
    old, new = dict(_flat(before)), dict(_flat(row))
    changed = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
    if not changed:
        return
    row.updated_at = database_now()
    row.save()
    audit.record(
        "preferences.changed",
        "preferences",
        row.user_id,
        actor=actor,
        target_user_id=row.user_id,
        at=row.updated_at,
        via=via,
        changes={path: {"from": old.get(path), "to": new.get(path)} for path in changed},
    )
    if _DECIDES_WHEN & set(changed):
        _decide_again(row.user_id)


def _flat(row: Preference) -> Iterator[tuple[str, Any]]:
    """(place, what is stored there), in the words of the API."""
    for name in _COLUMNS:
        yield name, getattr(row, name)
    for name in ("start", "end"):
        moment = getattr(row, f"quiet_{name}")
        yield f"quiet_hours.{name}", moment and moment.isoformat()
    for kind, window_s in row.digest.items():
        yield f"digest.{kind}", window_s
    for kind, cells in row.kinds.items():
        for channel, on in cells.items():
            yield f"kinds.{kind}.{channel}", on
    for channel, kinds in row.unsubscribed.items():
        for kind in kinds:
            yield f"unsubscribed.{channel}.{kind}", True


def _decide_again(user_id: int) -> None:
    """What is held for quiet hours is due now. What is just being decided is waited for: it may know the old ones."""
    quiet = Q(state=Delivery.State.HELD, reason="quiet_hours")
    theirs = Delivery.objects.filter(notification__recipient_id=user_id)
    locked = theirs.filter(quiet | Q(lease__isnull=False)).select_for_update(of=("self",), no_key=True)
    ids = list(locked.values_list("pk", flat=True))
    Delivery.objects.filter(quiet, pk__in=ids, lease=None).update(due_at=database_now())
    queue.look_after_commit()
