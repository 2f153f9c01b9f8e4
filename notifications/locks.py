"""The one lock rule: whoever writes people's rows first holds their Inbox rows, locked in ascending order.

So no two writers wait for each other in a ring, seq order is commit order, and counters never drift.
"""

import functools
import uuid
from collections.abc import Callable, Collection, Sequence
from typing import ParamSpec, TypeVar

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from .database import id_list
from .models import Event, Inbox
from .prepared import Prepared

P = ParamSpec("P")
R = TypeVar("R")
_TRIES = 3
_COLLISIONS = {"40P01", "40001"}  # Postgres: deadlock detected, serialization failure


def transacting(write: Callable[P, R]) -> Callable[P, R]:
    """The whole function in one transaction, tried again when the database breaks a tie against it."""

    @functools.wraps(write)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        for left in range(_TRIES - 1, -1, -1):
            try:
                with transaction.atomic():
                    return write(*args, **kwargs)
            except OperationalError as error:
                inside = connection.in_atomic_block  # not ours to repeat: the caller's work would be lost
                if not left or inside or getattr(error.__cause__, "sqlstate", None) not in _COLLISIONS:
                    raise
        raise AssertionError("unreachable")

    return tried


class Gone(Exception):
    """There is no inbox, and none is made for an account that is not active: its person was erased a moment ago."""


def lock_inboxes(user_ids: Sequence[int]) -> dict[int, Inbox]:
    """Hold these people's inboxes until the transaction ends; makes those that active people miss."""
    locked = _locked(user_ids)
    if missing := sorted(set(user_ids) - set(locked)):
        # two who make the same row at once may tie; the database breaks it, and `transacting` tries again
        _make(missing)
        locked = _locked(user_ids)
    return locked


def _make(user_ids: Sequence[int]) -> None:
    these, ids = id_list(user_ids)
    people = get_user_model()._meta
    counters = [field.attname for field in Inbox._meta.concrete_fields if not field.primary_key]
    sql = f"""
        INSERT INTO {Inbox._meta.db_table} (user_id, {", ".join(counters)})
        SELECT id, {", ".join("0" for _ in counters)} FROM {people.db_table} WHERE id {these} AND is_active ORDER BY id
        ON CONFLICT DO NOTHING"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids])


def hold_inboxes(user_ids: Sequence[int]) -> None:
    """The same without reading them: for thousands at once, or where nothing in them is wanted."""
    if not user_ids:
        return
    these, ids = id_list(user_ids)
    rows = f"SELECT 1 FROM {Inbox._meta.db_table} WHERE user_id {these} ORDER BY user_id"
    if connection.features.has_select_for_update:
        rows += " FOR NO KEY UPDATE"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM ({rows}) AS held", [ids])
        (held,) = cursor.fetchone()
    if held < len(user_ids):
        lock_inboxes(user_ids)


def lock_free_inboxes(user_ids: Sequence[int]) -> set[int]:
    """Hold as many of these inboxes as nobody else holds just now, and say whose; never waits for one."""
    these, ids = id_list(user_ids)
    sql = f"SELECT user_id FROM {Inbox._meta.db_table} WHERE user_id {these} ORDER BY user_id"
    if connection.features.has_select_for_update_skip_locked:
        sql += " FOR NO KEY UPDATE SKIP LOCKED"
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids])
        return {user_id for (user_id,) in cursor.fetchall()}


def lock_inbox(user_id: int) -> Inbox:
    """Raises Gone."""
    if inbox := lock_inboxes([user_id]).get(user_id):
        return inbox
    raise Gone(f"person {user_id}")


def share_events(event_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Event]:
    """The events as they stay until the transaction ends: a cancel waits for us, or we see it."""
    if connection.vendor != "postgresql":
        return Event.objects.in_bulk(event_ids)
    return {event.pk: event for event in _SHARED(f"{{{','.join(map(str, event_ids))}}}")} if event_ids else {}


def _these(ids: str) -> QuerySet[Event]:
    return Event.objects.filter(RawSQL("id = ANY(%s::uuid[])", [ids], output_field=BooleanField())).order_by("id")


_SHARED = Prepared(_these, lock="FOR SHARE")


def _locked(user_ids: Sequence[int]) -> dict[int, Inbox]:
    # NO KEY: a foreign key that points here must not wait. SQLite's IMMEDIATE transaction is the lock there.
    rows = Inbox.objects.filter(user_id__in=user_ids).order_by("user_id")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return {row.user_id: row for row in rows}
