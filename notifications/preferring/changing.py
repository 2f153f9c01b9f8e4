"""A person says what they want, field by field. Who is signed in may say everything."""

from collections.abc import Callable, Mapping
from typing import Any

from ..audit import Actor
from ..deciding import wishes
from ..events import Refused
from ..locks import lock_inbox, transacting
from ..models import Preference
from . import grid, values
from .showing import shown
from .storing import row_of, save

READ_ONLY = {
    "phone": "Ask for a code at verify_phone/ and say it at confirm_phone/.",
    "unsubscribed": "Say it in kinds.",
}
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
    row = row_of(user_id)
    _refuse_strangers(body, user_id)
    fresh = Preference(user_id=user_id, unsubscribed=row.unsubscribed) if replaces else row_of(user_id)
    for name, value in body.items():
        if name in _COLUMNS:
            setattr(fresh, name, _default(name) if value is None else _COLUMNS[name](value, name))
    _read_quiet_hours(fresh, body)
    fresh.digest = _read_digest(fresh, body)
    _read_kinds(fresh, body, before=row, replaces=replaces)
    save(fresh, before=row, actor=person, via="api")


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
