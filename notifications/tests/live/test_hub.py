"""The hub: it hears for everybody in its process, passes on what concerns its people, and notices what it missed."""

import asyncio
from typing import Any

import pytest
from channels.layers import channel_layers
from django.contrib.auth.models import User
from django.db import transaction

from notifications import dispatch, inbox
from notifications.live.bell import GROUP, Bell, message
from notifications.live.connection import Connection
from notifications.live.hub import Hub, standings
from notifications.live.resume import Question
from notifications.live.rings import VERSION, ChangeRing, Head, NewRing, SignOutRing, pack
from notifications.live.threads import in_thread

from .. import crowd
from ..lost import send_silently, silently
from ..waiting import until
from .fakes import FakeWire

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(transactional_db: None) -> User:
    return crowd.make_person()


async def connect(hub: Hub, user: User, *, namespace: str | None = None) -> FakeWire:
    """A connection that has caught up with its backlog."""
    wire = FakeWire()
    connection = Connection(user.pk, wire, hub.reader, epoch="e1", namespace=namespace)
    await hub.join(connection)
    backlog = await hub.reader.ask(Question(user.pk, 0, namespace))
    hub.note_rev(user.pk, backlog.rev)
    connection.begin(backlog)
    await until(lambda: connection.live, "going live")
    return wire


async def send(*people: User | int, **fields: Any) -> None:
    await in_thread(crowd.send, *people, **fields)


def new_ring(
    user: User, seq: int, *, rev: int | None = None, unread: int = 1, tail: bytes | None = b'{"a":1}'
) -> NewRing:
    return NewRing("notification", "/", tail, [Head(user.pk, 1000 + seq, seq, unread, seq if rev is None else rev)])


def change(user: User, rev: int, *events: str) -> ChangeRing:
    return ChangeRing(user.pk, [(event, {}) for event in events], 0, 0, rev)


async def test_joining_waits_until_the_bell_is_heard(hub: Hub, person: User) -> None:
    assert not hub.alive
    await connect(hub, person)
    assert hub.alive


async def test_what_commits_is_heard_by_all_devices_of_the_person_and_nobody_else(hub: Hub, person: User) -> None:
    outsider = await in_thread(crowd.make_person)
    phone, laptop, other = [await connect(hub, user) for user in (person, person, outsider)]
    await send(person)
    await until(lambda: phone.seqs() == laptop.seqs() == [1], "the notification")
    await until(lambda: phone.others() == laptop.others() == ["caught_up", "unread_count"], "the badge")
    assert phone.last("unread_count") == {"event": "unread_count", "unread_count": 1, "last_seq": 1, "rev": 1}
    assert other.others() == ["caught_up"]
    assert other.seqs() == []


async def test_one_message_rings_many_people(hub: Hub, person: User) -> None:
    others = await in_thread(crowd.make_crowd, 50)
    wire = await connect(hub, person)
    await send(person, *others)
    await until(lambda: wire.seqs() == [1], "the notification")


async def test_a_rolled_back_transaction_rings_nobody(hub: Hub, person: User) -> None:
    def fail() -> None:
        with transaction.atomic():
            dispatch.notify(crowd.event_to(person))
            raise RuntimeError

    wire = await connect(hub, person)
    with pytest.raises(RuntimeError):
        await in_thread(fail)
    await send(person)
    await until(lambda: wire.seqs() == [1], "the second")


async def test_who_has_left_hears_nothing(hub: Hub, person: User) -> None:
    stays, leaves = await connect(hub, person), await connect(hub, person)
    hub.leave(next(c for c in hub.connections() if c.wire is leaves))
    await send(person)
    await until(lambda: stays.seqs() == [1], "the notification")
    assert leaves.seqs() == []
    assert len(hub.connections()) == 1


async def test_rings_of_another_version_or_an_unknown_kind_are_dropped(hub: Hub, elsewhere: Bell, person: User) -> None:
    wire = await connect(hub, person)
    layer = channel_layers.make_backend("default")
    later = {**message([new_ring(person, 1)]), "v": VERSION + 1}
    unknown = {**message([]), "rings": [["from_the_future", 1, 2]]}
    broken = {**message([]), "rings": [["new", "too few"]]}
    for strange in (later, unknown, broken, {"type": "bell", "v": VERSION}):
        await layer.group_send(GROUP, strange)
    await layer.group_send(GROUP, {**message([]), "rings": [["from_the_future"], pack(new_ring(person, 1))]})
    await until(lambda: wire.seqs() == [1], "the one that is understood")
    await layer.flush()


async def test_a_ring_without_a_body_is_read_from_the_database(hub: Hub, person: User) -> None:
    wire = await connect(hub, person)
    await send(person, data={"map": "x" * 20_000})
    await until(lambda: wire.seqs() == [1], "the large one")
    assert b"x" * 20_000 in wire.last("notification")["body"]


async def test_a_sign_out_is_passed_on(hub: Hub, elsewhere: Bell, person: User) -> None:
    seen: list[int] = []
    hub.on_sign_out = seen.append
    await connect(hub, person)
    elsewhere.ring(SignOutRing(person.pk))
    await until(lambda: seen == [person.pk], "the ring")


# --- the badge ------------------------------------------------------------------
async def test_the_badge_comes_at_most_once_in_250_ms_and_the_last_always(hub: Hub, person: User) -> None:
    wire = await connect(hub, person)
    began = asyncio.get_running_loop().time()
    for seq in range(1, 101):
        hub.hear([new_ring(person, seq, unread=seq)])
        await asyncio.sleep(0.005)
    await until(lambda: wire.last("unread_count")["rev"] == 100, "the last badge")
    took = asyncio.get_running_loop().time() - began
    assert wire.seqs() == list(range(1, 101))
    assert wire.last("unread_count")["unread_count"] == 100
    assert wire.others().count("unread_count") <= took / Hub.badge_every_s + 1


async def test_an_older_badge_never_follows_a_newer_one(hub: Hub, person: User) -> None:
    wire = await connect(hub, person)
    hub.hear([change(person, 1), change(person, 2)])
    await until(lambda: "unread_count" in wire.others(), "the badge")
    hub.hear([change(person, 1), change(person, 2), change(person, 3)])
    await until(lambda: wire.last("unread_count")["rev"] == 3, "the newer badge")
    revs = [frame["rev"] for frame in wire.sent if frame["event"] == "unread_count"]
    assert revs == [2, 3]


# --- what the bell lost -----------------------------------------------------------
async def test_rows_whose_bell_was_lost_are_found_by_the_heads(hub: Hub, person: User) -> None:
    wire = await connect(hub, person)
    lost = await in_thread(send_silently, person)
    await hub.check_heads(ping=False)
    await until(lambda: wire.seqs() == [1], "the row")
    assert wire.last("notification")["id"] == lost
    await until(lambda: "unread_count" in wire.others(), "the badge")


async def test_a_change_whose_bell_was_lost_is_found_by_rev(hub: Hub, person: User) -> None:
    await in_thread(send_silently, person)
    wire = await connect(hub, person)
    await in_thread(silently, inbox.mark_all_as_read, person.pk)
    await hub.check_heads(ping=True)
    assert wire.last("ping") == {"event": "ping", "last_seq": 1, "rev": 2}
    await until(lambda: wire.others().count("caught_up") == 2, "caught_up")
    assert wire.last("caught_up") == {"event": "caught_up", "last_seq": 1, "rev": 2}
    await until(lambda: "unread_count" in wire.others(), "the badge")
    assert wire.last("unread_count")["unread_count"] == 0


async def test_a_lost_change_is_not_hidden_by_the_badge_of_the_next(hub: Hub, person: User) -> None:
    await in_thread(send_silently, person)
    wire = await connect(hub, person)
    await in_thread(silently, inbox.mark_all_as_read, person.pk)
    await send(person)
    await until(lambda: wire.others().count("caught_up") == 2, "caught_up")
    assert wire.last("caught_up")["rev"] == 3
    revs = [frame["rev"] for frame in wire.sent if frame["event"] in {"caught_up", "unread_count"}]
    assert revs == sorted(revs)
    assert revs[1] == 3


async def test_a_bell_that_is_merely_late_is_no_lost_change(hub: Hub, person: User) -> None:
    wire = await connect(hub, person)
    await in_thread(send_silently, person)
    await hub.check_heads(ping=False)
    hub.hear([new_ring(person, 1)])
    await until(lambda: "unread_count" in wire.others(), "the badge")
    await send(person)
    await until(lambda: wire.others().count("unread_count") == 2, "the next badge")
    assert wire.others() == ["caught_up", "unread_count", "unread_count"]
    assert wire.seqs() == [1, 2]


async def test_a_second_device_does_not_hide_from_the_first_what_it_missed(hub: Hub, person: User) -> None:
    await in_thread(send_silently, person)
    first = await connect(hub, person)
    await in_thread(silently, inbox.mark_all_as_read, person.pk)
    await connect(hub, person)
    await hub.check_heads(ping=False)
    await until(lambda: first.others()[:3] == ["caught_up", "caught_up", "unread_count"], "the first device's news")


def test_the_heads_of_many_people_are_one_query(transactional_db: None, django_assert_num_queries: Any) -> None:
    people = crowd.make_crowd(30)
    crowd.send(people[0])
    with django_assert_num_queries(1):
        heads = standings(people)
    assert heads == {**dict.fromkeys(people, (0, 0, 0)), people[0]: (1, 1, 1)}
