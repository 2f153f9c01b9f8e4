"""Who is connected, in the database: rows that live as long as their server renews its lease."""

import logging
import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from .. import audit, meters
from ..database import database_now
from ..locks import transacting
from ..models import AuditEntry, Connection, Server

log = logging.getLogger("tidings.live")
LEASE_S, RENEW_EVERY_S = 35, 10


@dataclass(frozen=True, slots=True)
class Visitor:
    """What is written down of an open connection."""

    id: uuid.UUID
    user_id: int
    username: str
    transport: str
    ip: str
    user_agent: str


def open_server(server_id: uuid.UUID) -> None:
    name = f"{socket.gethostname()}:{os.getpid()}"[:128]
    until = database_now() + timedelta(seconds=LEASE_S)
    Server.objects.update_or_create(pk=server_id, defaults={"name": name, "lease_until": until})


def renew(server_id: uuid.UUID, here: Sequence[Visitor], seen: Sequence[uuid.UUID]) -> None:
    """Another 35 s for this server, and a life sign for the connections that were heard since.

    A server that slept past its lease was written off with all who are `here`; they are written down anew.
    """
    if not Server.objects.filter(pk=server_id).exists():
        open_server(server_id)
        opened(server_id, here)
    open_server(server_id)
    if seen:
        _note_heard(seen)


@transacting
def _note_heard(connections: Sequence[uuid.UUID]) -> None:
    Connection.objects.filter(pk__in=_hold(connections)).update(last_seen_at=database_now())


def _hold(connections: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Those that are still there, locked in one order: whoever writes many never waits in a ring with another."""
    rows = Connection.objects.filter(pk__in=connections).select_for_update().order_by("pk")
    return list(rows.values_list("pk", flat=True))


@transacting
def opened(server_id: uuid.UUID, visitors: Sequence[Visitor]) -> None:
    now = database_now()
    Connection.objects.bulk_create(
        Connection(
            id=visitor.id,
            server_id=server_id,
            user_id=visitor.user_id,
            transport=visitor.transport,
            ip=visitor.ip,
            user_agent=visitor.user_agent,
            connected_at=now,
            last_seen_at=now,
        )
        for visitor in visitors
    )
    _record("connection.opened", visitors)


@transacting
def closed(visitors: Sequence[Visitor]) -> None:
    """Whoever is written off already is not audited again."""
    here = set(_hold([visitor.id for visitor in visitors]))
    Connection.objects.filter(pk__in=here).delete()
    _record("connection.closed", [visitor for visitor in visitors if visitor.id in here])


def _record(action: str, visitors: Sequence[Visitor]) -> None:
    now = database_now()
    audit.write([_entry(action, visitor, now) for visitor in visitors])


def _entry(action: str, visitor: Visitor, now: datetime) -> AuditEntry:
    return audit.draft(
        action,
        "connection",
        visitor.id,
        actor=(visitor.user_id, visitor.username),
        target_user_id=visitor.user_id,
        at=now,
        metadata={"transport": visitor.transport, "ip": visitor.ip},
    )


def close_server(server_id: uuid.UUID) -> None:
    """Sign this server off, with whoever is still written down as connected to it."""
    _write_off(Server.objects.filter(pk=server_id))


def sweep_lapsed() -> int:
    """Write off the connections of servers that died; how many."""
    dead = Server.objects.filter(lease_until__lt=database_now())
    servers = dead.count()
    if not servers:
        return 0
    ghosts = _write_off(dead)
    meters.leases_lapsed.labels("server").inc(servers)
    log.warning("servers written off", extra={"servers": servers, "connections": ghosts})
    return ghosts


@transaction.atomic
def _write_off(dead: QuerySet[Server]) -> int:
    ghosts = list(Connection.objects.filter(server__in=dead).select_related("user"))
    visitors = [Visitor(g.pk, g.user_id, g.user.get_username(), g.transport, g.ip, g.user_agent) for g in ghosts]
    if visitors:
        closed(visitors)
    dead.delete()
    return len(visitors)
