"""Who is connected, by lease: what a killed server leaves behind lapses by itself, and the audit knows."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from notifications.database import database_now
from notifications.live import leases
from notifications.live.leases import LEASE_S, Visitor
from notifications.models import AuditEntry, Connection, Server
from notifications.workers import loop

from .. import crowd

Visit = Callable[[uuid.UUID], Visitor]


@pytest.fixture
def visit(person: User) -> Visit:
    def visit(server: uuid.UUID) -> Visitor:
        visitor = Visitor(uuid.uuid4(), person.pk, person.username, "websocket", "10.0.0.1", "curl")
        leases.opened(server, [visitor])
        return visitor

    return visit


@pytest.fixture
def server(db: None) -> uuid.UUID:
    made = uuid.uuid4()
    leases.open_server(made)
    return made


def lapse(server: uuid.UUID) -> None:
    """As if it had been killed 35 s ago."""
    Server.objects.filter(pk=server).update(lease_until=database_now() - timedelta(seconds=1))


def audited(action: str) -> list[str]:
    return sorted(AuditEntry.objects.filter(action=action).values_list("entity_id", flat=True))


def test_an_open_connection_is_listed_and_audited(server: uuid.UUID, visit: Visit, person: User) -> None:
    visitor = visit(server)
    row = Connection.objects.get()
    assert (row.pk, row.user_id, row.transport, row.ip, row.user_agent) == (
        visitor.id,
        person.pk,
        "websocket",
        "10.0.0.1",
        "curl",
    )
    entry = AuditEntry.objects.get(action="connection.opened")
    assert (entry.entity_id, entry.actor_id, entry.target_user_id) == (str(visitor.id), person.pk, person.pk)
    assert entry.metadata == {"transport": "websocket", "ip": "10.0.0.1"}


def test_a_closed_one_is_gone_and_audited_once(server: uuid.UUID, visit: Visit) -> None:
    visitor, other = visit(server), visit(server)
    leases.closed([visitor])
    leases.closed([visitor])
    assert list(Connection.objects.values_list("pk", flat=True)) == [other.id]
    assert audited("connection.closed") == [str(visitor.id)]


def test_a_killed_servers_connections_lapse_and_are_audited(server: uuid.UUID, visit: Visit) -> None:
    other = uuid.uuid4()
    leases.open_server(other)
    ghosts, alive = [visit(server), visit(server)], visit(other)
    assert leases.sweep_lapsed() == 0
    lapse(server)
    assert leases.sweep_lapsed() == 2
    assert leases.sweep_lapsed() == 0
    assert Connection.objects.get().pk == alive.id
    assert Server.objects.get().pk == other
    assert audited("connection.closed") == sorted(str(ghost.id) for ghost in ghosts)


def test_the_workers_sweep_does_it(server: uuid.UUID, visit: Visit) -> None:
    visit(server)
    lapse(server)
    assert loop.sweep()
    assert not Connection.objects.exists()


def test_a_renewed_lease_lies_ahead_by_the_databases_clock(server: uuid.UUID) -> None:
    lapse(server)
    leases.renew(server, [], [])
    left = Server.objects.get().lease_until - database_now()
    assert timedelta(seconds=LEASE_S - 5) < left <= timedelta(seconds=LEASE_S)


def test_a_renewal_is_a_life_sign_for_those_who_were_heard(server: uuid.UUID, visit: Visit) -> None:
    loud, quiet = visit(server), visit(server)
    long_ago = database_now() - timedelta(minutes=5)
    Connection.objects.update(last_seen_at=long_ago)
    leases.renew(server, [loud, quiet], [loud.id])
    assert Connection.objects.get(pk=loud.id).last_seen_at > long_ago
    assert Connection.objects.get(pk=quiet.id).last_seen_at == long_ago


def test_a_server_that_slept_past_its_lease_writes_its_people_down_anew(server: uuid.UUID, visit: Visit) -> None:
    visitor = visit(server)
    lapse(server)
    leases.sweep_lapsed()
    leases.renew(server, [visitor], [visitor.id])
    assert Connection.objects.get().pk == visitor.id
    assert audited("connection.opened") == [str(visitor.id)] * 2
    leases.renew(server, [visitor], [visitor.id])
    assert len(audited("connection.opened")) == 2


def test_a_server_that_signs_off_leaves_nobody_behind(server: uuid.UUID, visit: Visit) -> None:
    visitor = visit(server)
    leases.close_server(server)
    assert not Connection.objects.exists()
    assert not Server.objects.exists()
    assert audited("connection.closed") == [str(visitor.id)]


def test_a_ghost_of_somebody_who_was_deleted_is_no_trouble(server: uuid.UUID, visit: Visit, person: User) -> None:
    visit(server)
    person.delete()
    lapse(server)
    leases.sweep_lapsed()
    assert not Server.objects.exists()
    assert crowd.everything_written()["Connection"] == 0
