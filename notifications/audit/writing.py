"""One call beside the act, in its transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from ..database import database_now
from ..many import insert_each
from ..models import AuditEntry, NotificationLog

Actor = tuple[int, str]  # id and name: entries outlive people


def record(
    action: str,
    entity_type: str,
    entity_id: object = "",
    *,
    actor: Actor | None = None,
    target_user_id: int | None = None,
    ids: tuple[int, int] | None = None,
    at: datetime | None = None,
    **metadata: Any,
) -> None:
    """One entry. `ids` is the first and last row of an act on many; `at` defaults to now."""
    one = draft(
        action,
        entity_type,
        entity_id,
        actor=actor,
        target_user_id=target_user_id,
        ids=ids,
        at=at or database_now(),
        metadata=metadata,
    )
    write([one])


def draft(
    action: str,
    entity_type: str,
    entity_id: object = "",
    *,
    at: datetime,
    actor: Actor | None = None,
    target_user_id: int | None = None,
    ids: tuple[int, int] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """An entry for the caller to save, alone or with others in one statement."""
    first, last = ids or (None, None)
    return AuditEntry(
        at=at,
        actor_id=actor[0] if actor else None,
        actor_name=actor[1] if actor else "",
        action=action,
        entity_type=entity_type,
        entity_id=str(entity_id),
        first_id=first,
        last_id=last,
        target_user_id=target_user_id,
        metadata={**(metadata or {}), **({"first_id": first, "last_id": last} if ids else {})},
    )


def write(entries: Sequence[AuditEntry]) -> None:
    """Many entries in one statement."""
    insert_each(entries)


def about(entity_id: str) -> Q:
    """Entries about this thing: by its own id, or (for a notification) as part of an act on many."""
    found = Q(entity_id=entity_id)
    if not entity_id.isdecimal():
        return found
    owner: QuerySet = NotificationLog.objects.filter(pk=int(entity_id)).values_list("recipient_id", "event_id")
    for recipient_id, event_id in owner:
        covers = Q(first_id__lte=int(entity_id), last_id__gte=int(entity_id))
        of_its_owner = Q(entity_type="notification", target_user_id=recipient_id)
        found |= covers & (of_its_owner | Q(entity_type="event", entity_id=str(event_id)))
    return found
