"""The bell may fail in every way it likes: nobody who rings notices, and what can still be rung is rung."""

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgpack
import pytest
import redis
from django.db import transaction

from notifications.live.bell import GROUP, MOST_WAITING, bell, message, ring_on_commit, ring_sign_out
from notifications.live.rings import VERSION, ChangeRing, Head, NewRing, Nonce, Ring, SignOutRing, unpack

from ..conftest import Listener
from ..crowd import make_person, rows_of, send
from ..test_crash import database_url

ROOT = Path(__file__).resolve().parents[3]
RINGS: list[Ring] = [
    NewRing("notification", "/", b'{"title":"x"}', [Head(1, 2, 3, 4, 5), Head(2, 3, 4, 5, 6)]),
    NewRing("system_notification", "/admin", None, [Head(1, 2, 3, 4, 5)]),
    ChangeRing(7, [("notification_read", {"ids": [1, 2]}), ("notification_removed", {"ids": []})], 1, 2, 3),
    SignOutRing(7),
    Nonce("once"),
]


class Gate(Listener):
    """A hub that holds the bell's thread until it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.opened = threading.Event(), threading.Event()

    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        self.reached.set()
        assert self.opened.wait(60)
        super().ring_from_thread(rings)


class Broken:
    """A hub whose event loop is closed."""

    alive = False

    def __init__(self) -> None:
        self.asked = 0

    def ring_from_thread(self, rings: Sequence[Ring]) -> None:
        self.asked += 1
        raise RuntimeError("Event loop is closed")


@pytest.fixture
def broken() -> Iterator[Broken]:
    hub = Broken()
    bell.hubs.insert(0, hub)
    yield hub
    bell.hubs.remove(hub)


@pytest.fixture
def gate() -> Iterator[Gate]:
    hub = Gate()
    bell.hubs.append(hub)
    yield hub
    hub.opened.set()
    bell.hubs.remove(hub)


@pytest.mark.parametrize("ring", RINGS, ids=lambda ring: type(ring).__name__)
def test_a_ring_is_the_same_after_its_way_through_the_channel_layer(ring: Ring) -> None:
    [packed] = msgpack.unpackb(msgpack.packb(message([ring])))["rings"]
    heard = unpack(packed)
    assert type(heard) is type(ring)
    if isinstance(heard, ChangeRing):
        heard = replace(heard, frames=[(name, content) for name, content in heard.frames])
    assert heard == ring


def test_a_ring_of_a_newer_process_is_left_alone() -> None:
    assert unpack(["fanfare", 1, 2, 3]) is None
    assert message([])["v"] == VERSION


def test_rings_come_in_order(listener: Listener) -> None:
    several = [SignOutRing(i) for i in range(500)]
    for ring in several:
        bell.ring(ring)
    assert listener.heard() == several


@pytest.mark.django_db(transaction=True)
class TestOnCommit:
    def test_it_rings_when_the_transaction_commits(self, listener: Listener) -> None:
        with transaction.atomic():
            ring_on_commit(SignOutRing(1))
            ring_sign_out(2)
            assert listener.heard() == [SignOutRing(2)]
        assert listener.heard() == [SignOutRing(2), SignOutRing(1)]

    def test_it_does_not_ring_for_what_was_rolled_back(self, listener: Listener) -> None:
        with transaction.atomic():
            ring_on_commit(SignOutRing(1))
            transaction.set_rollback(True)
        assert listener.heard() == []

    def test_without_a_transaction_it_rings_now(self, listener: Listener) -> None:
        ring_on_commit(SignOutRing(1))
        ring_on_commit()
        assert listener.heard() == [SignOutRing(1)]

    def test_a_broken_hub_fails_no_request_and_keeps_no_other_hub_from_hearing(
        self, broken: Broken, listener: Listener
    ) -> None:
        person = make_person()
        send(person)
        assert [type(ring) for ring in listener.heard()] == [NewRing]
        assert broken.asked > 0
        assert len(rows_of(person)) == 1


def test_ringing_waits_for_nobody(gate: Gate) -> None:
    bell.ring(SignOutRing(1))
    assert gate.reached.wait(20)
    bell.ring(SignOutRing(2))  # returns, while the bell's thread is held
    gate.opened.set()
    assert gate.heard() == [SignOutRing(1), SignOutRing(2)]


def test_of_too_many_rings_the_oldest_are_lost(gate: Gate) -> None:
    bell.ring(SignOutRing(-1))
    assert gate.reached.wait(20)
    for i in range(MOST_WAITING + 5):
        bell.ring(SignOutRing(i))
    gate.opened.set()
    heard = gate.heard()
    assert heard[0] == SignOutRing(-1)
    assert heard[-1] == SignOutRing(MOST_WAITING + 4)
    assert len(heard) <= MOST_WAITING + 1


STORY = """
import sys, threading, django
django.setup()
from notifications.dispatch import notify
from notifications.events import Audience, Event
from notifications.live.bell import bell
from notifications.models import NotificationLog

class Hub:
    alive = True  # so it is rung from here only once the layer is known to have failed
    def ring_from_thread(self, rings):
        print("rung here", flush=True)

bell.hubs.append(Hub())
person = int(sys.argv[1])
notify(Event(kind="general", message="x", audience=Audience(users=[person])))
print("answered", NotificationLog.objects.filter(recipient_id=person).count(), flush=True)
threading.Event().wait(60)  # until we are ended
"""


def tell_in_a_child(person_id: int, redis_url: str, folder: Path) -> Generator[str, None, None]:
    """The lines of a process that tells this person something while its Redis is as it is."""
    environment = {
        **os.environ,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", STORY, str(person_id)], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield from (line.strip() for line in child.stdout)
    finally:
        child.kill()
        child.communicate()


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_redis_that_accepts_and_says_nothing_holds_up_no_request(tmp_path: Path) -> None:
    """The request is answered before the bell has so much as given up."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        person = make_person()
        lines = tell_in_a_child(person.pk, f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path)
        assert next(lines) == "answered 1"
        called, _ = silent.accept()  # so it was Redis that the bell was waiting for
        with called:
            assert next(lines) == "rung here"
        lines.close()
    assert [row.seq for row in rows_of(person)] == [1]


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_redis_that_refuses_fails_no_request_and_the_process_rings_itself(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    person = make_person()
    lines = tell_in_a_child(person.pk, f"redis://127.0.0.1:{port}/0", tmp_path)
    assert {next(lines), next(lines)} == {"answered 1", "rung here"}
    lines.close()
    assert [row.seq for row in rows_of(person)] == [1]


def end_after_telling(person_id: int, redis_url: str, folder: Path, layer_prefix: str) -> None:
    """A short command: it tells, and ends at once. Its bell must neither be lost nor bring the process down."""
    environment = {
        **os.environ,
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "DATABASE_URL": database_url(),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "TIDINGS_LAYER_PREFIX": layer_prefix,
    }
    command = [sys.executable, "manage.py", "notify", "x", "--user", str(person_id), "--type", "general"]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_command_that_ends_at_once_is_heard_by_the_servers(tmp_path: Path, settings: Any) -> None:
    person, prefix = make_person(), secrets.token_hex(4)
    with redis.Redis.from_url(settings.REDIS_URL) as server, server.pubsub(ignore_subscribe_messages=True) as ear:
        ear.subscribe(f"{prefix}__group__{GROUP}")
        end_after_telling(person.pk, settings.REDIS_URL, tmp_path, prefix)
        deadline = time.monotonic() + 20
        while not (heard := ear.get_message(timeout=1)):
            assert time.monotonic() < deadline, "no bell"
        assert b"new" in heard["data"]


@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_command_ends_well_although_its_redis_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        person = make_person()
        end_after_telling(person.pk, f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path, "silent")
    assert [row.seq for row in rows_of(person)] == [1]
