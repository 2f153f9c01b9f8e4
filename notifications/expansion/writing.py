"""The rows of a chunk: one INSERT … SELECT for all who are alike, from counters raised under their owners' locks."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from .. import audit, meters, wire
from ..database import as_parameter, database_now, id_list
from ..delivery import reporting
from ..delivery.planning.decisions import Decisions
from ..delivery.planning.plan import plan
from ..events import Priority
from ..live.bell import ring_on_commit
from ..live.rings import Head, NewRing, tail
from ..locks import Gone, hold_inboxes
from ..models import Event, Inbox, NotificationLog
from .replacing import replace

log = logging.getLogger("tidings.expansion")


class Alike(NamedTuple):
    """What people have in common whose rows differ in nothing but their owner and place."""

    reason: str
    live: str
    live_reason: str
    locale: str
    is_silent: bool
    replaces: int | None

    def columns(self) -> dict[str, Any]:
        """What of it stands in the rows."""
        return {name: value for name, value in self._asdict().items() if name != "is_silent"}


def write(event: Event, reasons: Mapping[int, str]) -> None:
    """The rows of these people, {user: why they are told}, their deliveries, and the bell on commit."""
    users = list(reasons)
    hold_inboxes(users)
    now = database_now()  # after the wait for the lock: a person's rows are as old as their order says
    decisions = Decisions(event, users, now=now)
    replaced = replace(event, users, now=now)
    standings = _raise_counters(users)
    ids: dict[int, int] = {}
    for alike, these in _grouped(event, reasons, decisions, replaced).items():
        written = _insert(event, these, alike, now)
        ids.update(written)
        heads = [_head(user, written[user], standings[user]) for user in these]
        untouched = NotificationLog(event=event, created_at=now, **alike.columns())
        told = tail(untouched, now=now, is_silent=alike.is_silent)
        ring_on_commit(NewRing(wire.frame_name(event), event.namespace, told, heads))
    plan(event, ids, decisions)
    span = (min(ids.values()), max(ids.values()))  # of this event nobody else writes rows meanwhile
    reporting.report(reporting.CREATED, NotificationLog.objects.filter(event=event, pk__range=span), now=now)
    meters.after_commit(lambda: _note(event, len(ids)))
    audit.record("notification.created", "event", event.pk, ids=span, at=now, event_id=str(event.pk), count=len(ids))


def _note(event: Event, count: int) -> None:
    meters.created.labels(event.kind).inc(count)
    log.info("notifications created", extra={"event_id": str(event.pk), "kind": event.kind, "count": count})


def _grouped(
    event: Event, reasons: Mapping[int, str], decisions: Decisions, replaced: Mapping[int, int]
) -> Mapping[Alike, Sequence[int]]:
    apart = decisions.wishes.keys() | replaced.keys()
    by_reason: dict[str, list[int]] = defaultdict(list)
    groups: dict[Alike, list[int]] = defaultdict(list)
    for user, reason in reasons.items():
        if user in apart:
            groups[_alike(event, user, reason, decisions, replaced)].append(user)
        else:
            by_reason[reason].append(user)
    for reason, users in by_reason.items():
        groups[_alike(event, users[0], reason, decisions, replaced)] += users
    return groups


def _alike(event: Event, user: int, reason: str, decisions: Decisions, replaced: Mapping[int, int]) -> Alike:
    live, locale = decisions.live(user), event.nearest_locale(decisions.wish(user).locale)
    return Alike(reason, live.outcome, live.reason, locale, decisions.is_silent(user), replaced.get(user))


def _raise_counters(users: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """(seq, unread, rev) of each from now on. Plain SQL: the ORM needs longer to say it than the database to do it."""
    these, ids = id_list(users)
    sql = f"""
        UPDATE {Inbox._meta.db_table}
           SET last_seq = last_seq + 1, unread_count = unread_count + 1, listed_count = listed_count + 1, rev = rev + 1
         WHERE user_id {these}
        RETURNING user_id, last_seq, unread_count, rev"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [ids])
        raised = {user: (seq, unread, rev) for user, seq, unread, rev in cursor.fetchall()}
    if gone := set(users) - raised.keys():
        raise Gone(f"people {sorted(gone)}")  # erased since they were chosen: whoever comes next chooses anew
    return raised


def _insert(event: Event, users: Sequence[int], alike: Alike, now: datetime) -> dict[int, int]:
    """One INSERT … SELECT from the raised counters; the new id by recipient."""
    these, ids = id_list(users)
    said = {
        "event_id": Event._meta.pk.get_db_prep_value(event.pk, connection),
        "kind": event.kind,
        "priority": Priority(event.priority).rank,
        **alike.columns(),
        "is_read": False,
        "withdrawn": "",
        "created_at": as_parameter(now),
        "updated_at": as_parameter(now),
    }
    sql = f"""
        INSERT INTO {NotificationLog._meta.db_table} (recipient_id, seq, {", ".join(said)})
        SELECT user_id, last_seq, {", ".join(["%s"] * len(said))}
          FROM {Inbox._meta.db_table} WHERE user_id {these} ORDER BY user_id
        RETURNING recipient_id, id"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [*said.values(), ids])
        return dict(cursor.fetchall())


def _head(user: int, row_id: int, standing: tuple[int, int, int]) -> Head:
    seq, unread, rev = standing
    return Head(user, row_id, seq, unread, rev)
