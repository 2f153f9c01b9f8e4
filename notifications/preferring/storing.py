"""The row of a person's preferences: read, and written where it says something new, with one entry in the audit."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from .. import audit
from ..audit import Actor
from ..database import database_now
from ..delivery import queue
from ..models import Delivery, Preference

_DECIDES_WHEN = {"timezone", "quiet_hours.start", "quiet_hours.end"}
PLAIN = (
    "timezone",
    "locale",
    "min_priority",
    "only_categories",
    "muted_types",
    "muted_categories",
    "muted_sources",
    "muted_tags",
    "muted_threads",
    "max_age_s",
)


def row_of(user_id: int) -> Preference:
    """A copy of its own each time: what is stored, or what is meant when nothing is."""
    return Preference.objects.filter(pk=user_id).first() or Preference(user_id=user_id)


def save(row: Preference, *, before: Preference, actor: Actor | None, via: str) -> None:
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
    for name in PLAIN:
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
