"""An event becomes a row for each recipient: in chunks, each one transaction, and each at most once."""

import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
from django.db import connection
from django.db.models import F

from . import audience, audit, wire
from .database import as_parameter, database_now, id_list
from .delivery import planning, reporting
from .events import Audience, Channel, Priority
from .live.bell import ring_on_commit
from .live.rings import LARGEST_BODY, Head, NewRing
from .locks import hold_inboxes, transacting
from .models import Event, Inbox, Live, NotificationLog

CHUNK = 2000  # people
SMALL = 200  # people; an audience up to this is written before the request is answered

work = threading.Event()  # set when there is something for the sweep of this process


@transacting
def expand_small(event: Event) -> bool:
    """Write all the rows of an event that was accepted just now; False, and nothing written, if they are too many."""
    people = _next_people(event, limit=SMALL + 1)
    if len(people) > SMALL:
        return False
    _write_next(event, people, finished=True)
    return True


@transacting
def expand_chunk(event_id: uuid.UUID) -> bool:
    """Write the next rows; True while there are more to write. Any number may call this at once."""
    event = Event.objects.get(pk=event_id)
    people = _next_people(event, limit=CHUNK)
    finished = len(people) < CHUNK
    return _write_next(event, people, finished=finished) and not finished


def _next_people(event: Event, *, limit: int) -> list[tuple[int, str]]:
    addressed = Audience.from_json(event.audience)
    return audience.members(addressed, namespace=event.namespace, after=event.position, limit=limit)


def _write_next(event: Event, people: Sequence[tuple[int, str]], *, finished: bool) -> bool:
    if not _take(event, people, finished=finished):
        return False
    if people:
        _write(event, dict(people))
    if finished:
        reporting.report_done(event, now=database_now())
    return True


def _take(event: Event, people: Sequence[tuple[int, str]], *, finished: bool) -> bool:
    """Claim this chunk: fence, replay guard and cancel in one. False: another has it, or there is nothing to do."""
    taken = Event.objects.filter(pk=event.pk, position=event.position, state=Event.State.EXPANDING).update(
        position=people[-1][0] if people else event.position,
        recipients=F("recipients") + len(people),
        state=Event.State.DONE if finished else Event.State.EXPANDING,
        decided=planning.skipped_for_all(event),
    )
    return taken == 1


def _write(event: Event, reasons: Mapping[int, str]) -> None:
    hold_inboxes(list(reasons))
    now = database_now()  # after the wait for the lock: a person's rows are as old as their order says
    standings = _raise_counters(list(reasons))
    by_reason: dict[str, list[int]] = defaultdict(list)
    for user, reason in reasons.items():
        by_reason[reason].append(user)
    ids = {}
    for reason, users in by_reason.items():
        written = _insert(event, users, reason, now)
        ids.update(written)
        heads = [_head(user, written[user], standings[user]) for user in users]
        ring_on_commit(NewRing(wire.frame_name(event), event.namespace, _tail(event, reason, now), heads))
    planning.plan(event, ids, now=now)
    span = (min(ids.values()), max(ids.values()))  # of this event nobody else writes rows meanwhile
    reporting.report(reporting.CREATED, NotificationLog.objects.filter(event=event, pk__range=span), now=now)
    audit.record(
        "notification.created",
        "event",
        event.pk,
        ids=span,
        at=now,
        event_id=str(event.pk),
        count=len(ids),
    )


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
        return {user: (seq, unread, rev) for user, seq, unread, rev in cursor.fetchall()}


def _insert(event: Event, users: Sequence[int], reason: str, now: datetime) -> dict[int, int]:
    """One INSERT … SELECT from the raised counters; the new id by recipient."""
    these, ids = id_list(users)
    moment = as_parameter(now)
    sql = f"""
        INSERT INTO {NotificationLog._meta.db_table}
            (event_id, recipient_id, seq, kind, priority, reason, live, is_read, withdrawn, created_at, updated_at)
        SELECT %s, user_id, last_seq, %s, %s, %s, %s, FALSE, '', %s, %s
          FROM {Inbox._meta.db_table} WHERE user_id {these} ORDER BY user_id
        RETURNING recipient_id, id"""
    event_id = Event._meta.pk.get_db_prep_value(event.pk, connection)
    with connection.cursor() as cursor:
        rank = Priority(event.priority).rank
        cursor.execute(sql, [event_id, event.kind, rank, reason, _live(event, now), moment, moment, ids])
        return dict(cursor.fetchall())


def _live(event: Event, now: datetime) -> Live:
    """Whether open pages show it: not if its channels leave them out, nor if it has expired before its rows came."""
    is_over = event.expires_at is not None and event.expires_at <= now
    return Live.SEND if Channel.WEBSOCKET in planning.channels_of(event) and not is_over else Live.SKIP


def _head(user: int, row_id: int, standing: tuple[int, int, int]) -> Head:
    seq, unread, rev = standing
    return Head(user, row_id, seq, unread, rev)


def _tail(event: Event, reason: str, now: datetime) -> bytes | None:
    """None: whoever needs it reads it, and what is not shown live is not there to be read."""
    if _live(event, now) == Live.SKIP:
        return None
    body = orjson.dumps(wire.brand_new(event, reason, created_at=now))
    return body if len(body) <= LARGEST_BODY else None
